#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "seco/materials/damask_material.h"
#include "seco/materials/labelled_grid.h"
#include "seco/materials/microstructure_file.h"

namespace seco::materials {

/// Gives every phase its stiffness (MPa): from the options by name or number, else from the grid's
/// own file, else from the material file of the options by name, or by number where the phase has
/// no name. Notes where a stiffness does not have the symmetry that the file says the crystal has.
/// A key that is the name of one phase and the number of another is taken as name where all keys
/// can be names but not all can be numbers. One that is the name of several phases in use gives all
/// of them the stiffness, which is noted, if the file says the same of their symmetry.
/// @throws std::invalid_argument for an entry of the options that names no phase, or names one and
///   numbers another, or names phases of different symmetries, or one that has been given before,
///   or whose text is not a stiffness.
void assign_stiffness(LabelledGrid& grid, const std::string& path,
                      const MicrostructureOptions& options);

/// The material file of the options, at their temperature.
/// @throws std::invalid_argument for a temperature that is none, or has no effect.
DamaskMaterial read_material_file(const MicrostructureOptions& options);

/// Name and number of a phase, for messages.
std::string described(std::int64_t number, const FilePhase& phase);

/// What each phase is called where no two may be the same: its name, or its number where it has
/// none; the number with the name, as `2 'Titanium'`, where another phase is called the same.
std::map<std::int64_t, std::string> distinct_names(const std::map<std::int64_t, FilePhase>& phases);

}  // namespace seco::materials
