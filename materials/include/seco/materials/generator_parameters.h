#pragma once

#include <string>

#include "seco/materials/generators.h"
#include "seco/materials/parameter_reader.h"
#include "seco/materials/stiffness_text.h"

namespace seco::materials {

/// Reads a stiffness parameter, a text for `stiffness_from_text`. @throws ParameterError
MandelMatrix read_stiffness(ParameterReader& reader, const std::string& section,
                            const std::string& key, const std::string& default_value,
                            const std::string& unit, const std::string& help, int dimension = 3);

/// Reads the settings of the microstructure generators from one section.
/// @throws ParameterError
GeneratorSettings read_generator_settings(ParameterReader& reader, const std::string& section);

}  // namespace seco::materials
