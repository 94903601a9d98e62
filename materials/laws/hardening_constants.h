#pragma once

#include <optional>
#include <string>
#include <variant>

#include "hardening.h"
#include "pointwise_law.h"
#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// What can be guaranteed of a law with this hardening: along a path only if hardening is linear or
/// none, since the stored energy is then a quadratic form of the state.
Guarantee guarantee_of(const SumHardening& hardening);
Guarantee guarantee_of(const TabulatedHardening& hardening);

/// The curve in place; none if it has too many points for that.
std::optional<ShortTable> short_table(const TabulatedHardening& hardening);

/// What a GPU may hold of the model that `make` makes of a hardening.
template <typename Make>
std::optional<PlainModel> plain_form(const SumHardening& hardening, const Make& make) {
  return plain_form(make(hardening));
}
template <typename Make>
std::optional<PlainModel> plain_form(const TabulatedHardening& hardening, const Make& make) {
  const auto table = short_table(hardening);
  return table ? plain_form(make(*table)) : std::nullopt;
}

/// Asks for `Yield stress` with `Hardening modulus`, `Voce stress`, `Voce exponent`,
/// `Ludwik coefficient` and `Ludwik exponent`, or for `Hardening curve`.
/// @throws ParameterError if the yield stress is missing, both ways are used, constants do not fit
///   together or the material softens
std::variant<SumHardening, TabulatedHardening> read_isotropic_hardening(ParameterReader& reader,
                                                                        const std::string& section);

/// Asks for `Kinematic modulus`, 0 by default. @throws ParameterError if it is negative
double read_kinematic_hardening(ParameterReader& reader, const std::string& section);

}  // namespace seco::materials
