#pragma once

#include <string>
#include <variant>

#include "hardening.h"
#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// Whether the stored energy is a quadratic form of the state: hardening is linear or none.
bool stores_quadratically(const SumHardening& hardening);
bool stores_quadratically(const TabulatedHardening& hardening);

/// Asks for `Yield stress` with `Hardening modulus`, `Voce stress`, `Voce exponent`,
/// `Ludwik coefficient` and `Ludwik exponent`, or for `Hardening curve`.
/// @throws ParameterError if the yield stress is missing, both ways are used, constants do not fit
///   together or the material softens
std::variant<SumHardening, TabulatedHardening> read_isotropic_hardening(ParameterReader& reader,
                                                                        const std::string& section);

/// Asks for `Kinematic modulus`, 0 by default. @throws ParameterError if it is negative
double read_kinematic_hardening(ParameterReader& reader, const std::string& section);

}  // namespace seco::materials
