#pragma once

#include "hardening.h"
#include "radial_return.h"

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
  static constexpr ModelKind kind =
      std::is_same_v<Hardening, SumHardening> ? ModelKind::j2_sum : ModelKind::j2_table;
  static constexpr int n_state_values = 7;

  IsotropicElasticity elasticity;
  Hardening hardening;
  double kinematic = 0;

  template <typename T>
  SECO_INLINE void respond(const T* strain, const T* state, double,
                           PointAnswer<T, n_state_values>& answer) const {
    const double shear = elasticity.shear;
    const T& p = state[6];
    const T zero = number<T>(0.);
    ShiftedStress<T> trial;
    trial_stress(elasticity, kinematic, strain, state, trial);
    T dp;
    answer.found = hardening.solve(trial.von_mises, p, 3 * shear + kinematic, dp);
    return_radially(elasticity, kinematic, T(trace(strain)), state, dp, trial, answer,
                    T(hardening.integral(p, dp)));
    if (!answer.wants_tangent) return;
    const T rise = select(
        dp > zero, T(number<T>(3 * shear) / (hardening.slope(T(p + dp)) + (3 * shear + kinematic))),
        zero);
    radial_tangent(elasticity, trial, dp, rise, answer.tangent);
  }

  template <typename T>
  SECO_INLINE T dual(const T* stress, const T* state, double) const {
    const T& p = state[6];
    ShiftedStress<T> s;
    deviator(stress, s.deviator);
    shift(kinematic, state, s);
    const T& q = s.von_mises;
    // Where no plastic strain balances the stress, K* is infinite. At the very limit it is not, but
    // infinity is an upper bound there too.
    const auto beyond = (q >= number<T>(kinematic > 0 ? HUGE_VAL : hardening.saturation())) &
                        (q > hardening.stress(p));
    T dp;
    const T reachable = select(beyond, hardening.stress(p), q);
    const bool found = hardening.solve(reachable, p, kinematic, dp);
    const T inelastic = reachable * dp - dp * dp * (0.5 * kinematic) - hardening.integral(p, dp);
    const T infinity = number<T>(HUGE_VAL),
            energy = elasticity.energy_of(T(trace(stress)), s.deviator) +
                     product(s.deviator, state) + inelastic;
    if (!found) return infinity;
    // A plastic strain without bound has no difference of energies.
    return select(beyond, infinity, select(energy < infinity, energy, infinity));
  }
};

}  // namespace seco::materials
