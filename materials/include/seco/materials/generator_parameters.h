#pragma once

#include <string>

#include "seco/materials/generators.h"
#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// The stiffness (6 x 6, Mandel, in `unit`) that a text describes:
///   `Cu`                       a name of the table of elastic constants;
///   `70e3, 0.34`               Young's modulus and Poisson's ratio;
///   `cubic: 168e3, 121e3, 75e3` a symmetry class and its Voigt constants, in the order of
///                              elastic_symmetry.h, for isotropic, cubic, hexagonal, tetragonal,
///                              orthotropic (9) and triclinic (21).
/// Numbers are in `unit`. @throws std::invalid_argument saying what is wrong with the text.
MandelMatrix stiffness_from_text(const std::string& text, const std::string& unit);

/// Reads a stiffness parameter; see `stiffness_from_text`.
MandelMatrix read_stiffness(ParameterReader& reader, const std::string& section,
                            const std::string& key, const std::string& otherwise,
                            const std::string& unit, const std::string& help);

/// Reads the settings of the microstructure generators from one section.
/// @throws ParameterError
GeneratorSettings read_generator_settings(ParameterReader& reader, const std::string& section);

}  // namespace seco::materials
