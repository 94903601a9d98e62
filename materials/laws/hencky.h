#pragma once

#include "isotropic_elasticity.h"
#include "point_model.h"

namespace seco::materials {

/// Deformation theory of Hencky with a power law: pressure is elastic, and the von Mises stress a
/// function of the equivalent strain `g = sqrt(2/3) |dev e|`,
///
///     q = min(3 G g, y (g/g0)^n)    g0 = y/(3G)
///     w = K tr(e)^2 / 2 + 3 G g^2 / 2         up to g0, beyond it
///         K tr(e)^2 / 2 + y g0/2 + y g0/(n+1) [(g/g0)^(n+1) - 1]
///     w* = tr(s)^2 / (18 K) + q^2 / (6 G)     up to y, beyond it
///         tr(s)^2 / (18 K) + y g0/2 + y g0/(1/n+1) [(q/y)^(1/n+1) - 1]
///
/// (Hencky 1924, Zeitschrift fuer angewandte Mathematik und Mechanik 4). No state: unloading
/// follows the curve of loading.
struct HenckyPowerLaw {
  static constexpr ModelKind kind = ModelKind::hencky;
  static constexpr int n_state_values = 0;

  IsotropicElasticity elasticity;
  double yield;
  /// n, above 0, at most 1.
  double exponent;

  template <typename T>
  SECO_INLINE void respond(const T* strain, const T*, double,
                           PointAnswer<T, n_state_values>& answer) const {
    const double bulk = elasticity.bulk, shear = elasticity.shear, limit = yield / (3 * shear);
    const T one = number<T>(1.), volume = trace(strain);
    T e[6], n[6];
    deviator(strain, e);
    const T ratio = length_and_direction(e, n) * (1 / (sqrt_three_halves * limit));
    const auto beyond = ratio > one;
    const T outside = select(beyond, ratio, one), inside = select(beyond, one, ratio);
    // Secant modulus over that of elasticity.
    const T secant = pow(outside, exponent - 1);
    for (int i = 0; i < 6; ++i) {
      answer.stress[i] = e[i] * secant * (2 * shear);
      if (i < 3) answer.stress[i] += volume * bulk;
    }
    answer.energy = volume * volume * (0.5 * bulk) + inside * inside * (0.5 * yield * limit) +
                    (secant * outside * outside - one) * (yield * limit / (exponent + 1));
    if (!answer.wants_tangent) return;
    const T two_mu = secant * (2 * shear);
    isotropic_less_dyad(T(number<T>(bulk) - two_mu * (1. / 3.)), two_mu,
                        select(beyond, T(two_mu * (1 - exponent)), number<T>(0.)), n,
                        answer.tangent);
  }

  template <typename T>
  SECO_INLINE T dual(const T* stress, const T*, double) const {
    const T one = number<T>(1.), sum = trace(stress);
    T s[6], n[6];
    deviator(stress, s);
    const T ratio = length_and_direction(s, n) * (sqrt_three_halves / yield);
    const auto beyond = ratio > one;
    const T outside = select(beyond, ratio, one), inside = select(beyond, one, ratio);
    const double limit = yield / (3 * elasticity.shear), power = 1 / exponent + 1;
    return sum * sum * (1. / (18 * elasticity.bulk)) + inside * inside * (0.5 * yield * limit) +
           (pow(outside, power) - one) * (yield * limit / power);
  }
};

}  // namespace seco::materials
