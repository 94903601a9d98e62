#pragma once

#include <string>

#include "seco/materials/parameter_reader.h"

namespace seco::surrogate {

constexpr const char* certified_name = "certified";
constexpr const char* first_check_key = "First check";
constexpr const char* smooth_stress_key = "Smooth stress";

/// The parameters that the engine `certified` alone has.
struct CertifiedParameters {
  /// Steps before the bounds are evaluated for the first time, 0 for the engine's own rule.
  unsigned int first_check = 0;
  /// CertifiedSettings::smooth_stress.
  bool smooth_stress = true;
};

/// @throws materials::ParameterError
CertifiedParameters read_certified_parameters(materials::ParameterReader& reader,
                                              const std::string& section);

}  // namespace seco::surrogate
