#pragma once

#include <string>

#include "seco/materials/labelled_grid.h"
#include "seco/materials/microstructure_file.h"

namespace seco::materials {

/// Gives every phase its stiffness (MPa): from the options by name or number, else from the grid's
/// own file, else from the material file of the options by name. Notes where a stiffness does not
/// have the symmetry that the file says the crystal has.
/// @throws std::invalid_argument for an entry of the options that names no phase, or whose text is
///   not a stiffness.
void assign_stiffness(LabelledGrid& grid, const std::string& path,
                      const MicrostructureOptions& options);

/// Name and number of a phase, for messages.
std::string described(std::int64_t number, const FilePhase& phase);

}  // namespace seco::materials
