#pragma once

#include <string>

#include "seco/materials/parameter_reader.h"
#include "seco/surrogate/deforming_points.h"

namespace seco::surrogate {

/// What a section `homogenized laws` says of its points, beside where their RVEs come from.
struct PointParameters {
  /// The file with the laws of the phases.
  std::string laws_file;
  /// Without the folder of the scratch file.
  PointSettings settings;
  PointRequest request;
  /// Whether states are kept on the disk, and in which folder; empty for that of the caller.
  bool on_disk = false;
  std::string state_folder;
};

/// Asks for `Laws`, `Tolerance`, `Stop on` and what else points have. @throws
/// materials::ParameterError
PointParameters read_point_parameters(materials::ParameterReader& reader,
                                      const std::string& section);
/// Refuses a section without a file of laws. @throws materials::ParameterError
void require_laws(const materials::ParameterReader& reader, const std::string& section,
                  const PointParameters& parameters);

/// The settings with the folder of the scratch file, if states are kept on the disk.
/// @param folder where `State folder` names none; of temporary files if empty, too
PointSettings settings_in(const PointParameters& parameters, const std::string& folder);

}  // namespace seco::surrogate
