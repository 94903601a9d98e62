#pragma once

#include <string>
#include <variant>

#include "hardening.h"
#include "seco/materials/law.h"
#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// What can be guaranteed of a law with this hardening: along a path only if hardening is linear or
/// none, since the stored energy is then a quadratic form of the state.
Guarantee guarantee_of(const SumHardening& hardening);
Guarantee guarantee_of(const TabulatedHardening& hardening);

/// Asks for `Yield stress` with `Hardening modulus`, `Voce stress`, `Voce exponent`,
/// `Ludwik coefficient` and `Ludwik exponent`, or for `Hardening curve`.
/// @throws ParameterError if the yield stress is missing, both ways are used, constants do not fit
///   together or the material softens
std::variant<SumHardening, TabulatedHardening> read_isotropic_hardening(ParameterReader& reader,
                                                                        const std::string& section);

/// Asks for `Kinematic modulus`, 0 by default. @throws ParameterError if it is negative
double read_kinematic_hardening(ParameterReader& reader, const std::string& section);

}  // namespace seco::materials
