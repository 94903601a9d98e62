#pragma once

#include <memory>
#include <string>
#include <vector>

#include "seco/materials/law.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/rve.h"

namespace seco::materials {

/// The laws of the phases of an RVE, each from the section `Phase N` of its number, or from `All
/// phases` where it has none of its own: [phase], null for numbers that no voxel has. Crystals take
/// the orientation of their phase.
/// @param has_stiffnesses whether those of the RVE are meant, so that a law may refer to them;
///   voids have none
/// @throws ParameterError, and std::invalid_argument for a phase without a section or a section
///   `Phase N` without a voxel
std::vector<std::shared_ptr<const Law>> read_phase_laws(ParameterFile& file, const Rve& rve,
                                                        bool has_stiffnesses);

/// The same of a file that is not read otherwise, for one RVE after another: sections that are not
/// those of phases are not looked at, and keys in these that no law knows are refused.
std::vector<std::shared_ptr<const Law>> laws_of_file(const ParameterFile& file, const Rve& rve,
                                                     bool has_stiffnesses);

/// The sections of the phases of such a file, as text of a parameter file that may stand in any
/// folder: paths in it are absolute.
std::string laws_as_text(const ParameterFile& file, const Rve& rve, bool has_stiffnesses);

}  // namespace seco::materials
