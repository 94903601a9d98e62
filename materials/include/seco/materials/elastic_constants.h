#pragma once

#include <string>
#include <vector>

#include "seco/materials/mandel.h"

namespace seco::materials {

/// One material of the table of elastic constants.
struct ElasticConstants {
  std::string name;
  /// Elastic symmetry class, for example "cubic".
  std::string symmetry;
  /// Stiffness in crystal axes, 6 x 6, Mandel, MPa, at room temperature.
  MandelMatrix stiffness;
  /// Where the constants come from.
  std::string source;
};

/// Looks a material up by name (for example "Cu", "Ti", "epoxy").
/// @throws std::invalid_argument listing the known names and the nearest match.
const ElasticConstants& elastic_constants(const std::string& name);

std::vector<std::string> elastic_constant_names();

/// Megapascals per unit for "Pa", "kPa", "MPa" and "GPa".
/// @throws std::invalid_argument for any other text.
double megapascals_per(const std::string& unit);

}  // namespace seco::materials
