#pragma once

#include <string>

#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// Constants of a power, `scale (q / stress)^exponent`.
struct PowerConstants {
  double scale, stress, exponent;
};

/// Asks for `Reference rate`, `Reference stress` and `Exponent`. @param formula for the help text
/// @throws ParameterError unless the first two are above 0 and the exponent is at least 1
PowerConstants read_rate_power(ParameterReader& reader, const std::string& section,
                               const std::string& formula);
/// Asks for `Reference strain`, `Reference stress` and `Exponent` in the same way.
PowerConstants read_strain_power(ParameterReader& reader, const std::string& section,
                                 const std::string& formula);

}  // namespace seco::materials
