#pragma once

#include <optional>
#include <string>
#include <vector>

#include "seco/materials/load_path.h"
#include "seco/materials/parameter_file.h"
#include "seco/surrogate/deformation.h"

namespace seco {

/// A run of `seco deform`.
struct DeformRun {
  surrogate::DeformationSettings settings;
  surrogate::LawRve rve;
  std::vector<materials::PathPoint> path;
  /// The state that the path begins with; at rest if there is none.
  std::optional<surrogate::DeformationStart> start;
  /// Name of the files of fields without their ending, empty for none, and the increments, from 1,
  /// after which they are written.
  std::string fields;
  std::vector<std::int64_t> fields_at;
  /// What was assumed when files were read.
  std::vector<std::string> notes;
};

/// @throws materials::ParameterError and std::invalid_argument for what does not fit
DeformRun read_deform_run(materials::ParameterFile& file);

}  // namespace seco
