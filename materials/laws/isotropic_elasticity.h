#pragma once

#include "numbers.h"

/// What laws with isotropic elasticity and the von Mises stress `q = sqrt(3/2) |dev s|` share.
namespace seco::materials {

inline constexpr double sqrt_three_halves = 1.2247448713915890491;

/// Bulk and shear modulus.
struct IsotropicElasticity {
  double bulk, shear;

  /// `s : C^-1 : s / 2` of the trace of a stress and its deviator.
  template <typename T>
  SECO_INLINE T energy_of(const T& stress_trace, const T* stress_deviator) const {
    return stress_trace * stress_trace * (1. / (18 * bulk)) +
           product(stress_deviator, stress_deviator) * (0.25 / shear);
  }
};

/// Splits a deviator: `a = |a| n` with the direction n, zero if a is.
/// @return |a|
template <typename T>
SECO_INLINE T length_and_direction(const T* a, T* n) {
  const T square = product(a, a), zero = number<T>(0.);
  const auto nonzero = square > zero;
  const T length = sqrt(select(nonzero, square, number<T>(1.)));
  for (int i = 0; i < 6; ++i) n[i] = select(nonzero, T(a[i] / length), zero);
  return select(nonzero, length, zero);
}

}  // namespace seco::materials
