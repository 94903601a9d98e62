#pragma once

#include "hardening.h"
#include "pointwise_law.h"

namespace seco::materials {

/// J2 plasticity with isotropic elasticity, isotropic hardening y(p) and linear kinematic hardening
/// X = 2/3 C ep (Prager): `f = q - y(p)`, `q = sqrt(3/2) |dev s - X|`. Radial return (Simo and
/// Hughes 1998, Computational Inelasticity, chapter 3) is the minimizer of
///
///     w(e) = min over dp >= 0 and directions of  e_el:C:e_el / 2 + X_n:dep + C dp^2 / 2
///            + integral of y from p_n to p_n + dp
///     K*(s) = max over dp >= 0 of  q_n dp - C dp^2 / 2 - integral of y,  q_n with X_n
///
/// State: plastic strain ep (6, deviatoric), equivalent plastic strain p.
template <typename Hardening>
struct J2Plasticity {
  static constexpr int n_state_values = 7;

  double bulk, shear;
  Hardening hardening;
  double kinematic = 0;

  template <typename T>
  SECO_INLINE void respond(const T* strain, const T* state, double,
                           PointAnswer<T, n_state_values>& answer) const {
    const T* plastic = state;
    const T& p = state[6];
    const T zero = number<T>(0.), volume = trace(strain);
    T elastic[6], deviatoric[6], trial[6], shifted[6];
    for (int i = 0; i < 6; ++i) elastic[i] = strain[i] - plastic[i];
    deviator(elastic, deviatoric);
    for (int i = 0; i < 6; ++i) {
      trial[i] = deviatoric[i] * (2 * shear);
      shifted[i] = trial[i] - plastic[i] * (kinematic * (2. / 3.));
    }
    const T square = product(shifted, shifted);
    const auto nonzero = square > zero;
    const T norm = sqrt(select(nonzero, square, number<T>(1.)));
    const T q = select(nonzero, T(norm * root), zero);
    T dp;
    answer.found = hardening.solve(q, p, 3 * shear + kinematic, dp);
    const auto yields = dp > zero;

    T n[6], flow[6];
    for (int i = 0; i < 6; ++i) {
      n[i] = select(nonzero, T(shifted[i] / norm), zero);
      flow[i] = n[i] * dp * root;
      trial[i] -= flow[i] * (2 * shear);
      answer.stress[i] = trial[i];
      if (i < 3) answer.stress[i] += volume * bulk;
      answer.state[i] = plastic[i] + flow[i];
    }
    answer.state[6] = p + dp;
    answer.energy = volume * volume * (0.5 * bulk) + product(trial, trial) * (0.25 / shear) +
                    hardening.integral(p, dp);
    if (kinematic > 0)
      answer.energy +=
          product(plastic, flow) * (kinematic * (2. / 3.)) + dp * dp * (0.5 * kinematic);
    if (!answer.wants_tangent) return;
    const T theta = select(yields, T(dp * (3 * shear) / select(yields, q, number<T>(1.))), zero);
    const T beta = select(
        yields, T(number<T>(3 * shear) / (hardening.slope(T(p + dp)) + (3 * shear + kinematic))),
        zero);
    const T two_mu = (number<T>(1.) - theta) * (2 * shear);
    isotropic_less_dyad(T(number<T>(bulk) - two_mu * (1. / 3.)), two_mu,
                        T((beta - theta) * (2 * shear)), n, answer.tangent);
  }

  template <typename T>
  SECO_INLINE T dual(const T* stress, const T* state, double) const {
    const T* plastic = state;
    const T& p = state[6];
    const T zero = number<T>(0.), sum = trace(stress);
    T s[6], shifted[6];
    deviator(stress, s);
    for (int i = 0; i < 6; ++i) shifted[i] = s[i] - plastic[i] * (kinematic * (2. / 3.));
    const T square = product(shifted, shifted);
    const auto nonzero = square > zero;
    const T q = select(nonzero, T(sqrt(select(nonzero, square, number<T>(1.))) * root), zero);
    const T elastic =
        sum * sum * (1. / (18 * bulk)) + product(s, s) * (0.25 / shear) + product(s, plastic);
    // Where no plastic strain balances the stress, K* is infinite. At the very limit it is not, but
    // infinity is an upper bound there too.
    const auto beyond = (q >= number<T>(kinematic > 0 ? HUGE_VAL : hardening.saturation())) &
                        (q > hardening.stress(p));
    T dp;
    const T reachable = select(beyond, hardening.stress(p), q);
    const bool found = hardening.solve(reachable, p, kinematic, dp);
    const T inelastic = reachable * dp - dp * dp * (0.5 * kinematic) - hardening.integral(p, dp);
    const T infinity = number<T>(HUGE_VAL), energy = elastic + inelastic;
    if (!found) return infinity;
    // A plastic strain without bound has no difference of energies.
    return select(beyond, infinity, select(energy < infinity, energy, infinity));
  }

 private:
  static constexpr double root = 1.2247448713915890491;  // sqrt(3/2)
};

}  // namespace seco::materials
