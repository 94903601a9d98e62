#pragma once

#include <string>

#include "seco/materials/microstructure_family.h"
#include "seco/materials/parameter_file.h"
#include "seco/surrogate/dataset.h"
#include "seco/surrogate/training.h"

namespace seco {

/// What `seco generate` and `seco train` read from one parameter file.
struct StudyParameters {
  materials::MicrostructureFamily family;
  surrogate::DatasetSettings dataset;
  surrogate::TrainingSettings training;

  /// RVE number `index` of the dataset; its seed depends on the base seed and the index only.
  materials::Rve make_rve(std::size_t index) const { return materials::draw(family, index); }
};

/// @throws std::invalid_argument naming file, line, section, key, value and what is allowed.
StudyParameters read_study(materials::ParameterFile& file);

/// All parameters with their defaults and meaning, in `.prm` syntax.
std::string study_documentation();

}  // namespace seco
