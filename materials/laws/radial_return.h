#pragma once

#include "isotropic_elasticity.h"
#include "point_model.h"

/// Radial return with linear kinematic hardening, X = 2/3 C ep: what J2 plasticity and the
/// overstress of Perzyna share. They differ in how they find the growth dp of the equivalent
/// plastic strain.
namespace seco::materials {

/// A stress deviator and what makes it flow: that deviator less the back stress at the beginning of
/// the step, as its direction and its von Mises stress.
template <typename T>
struct ShiftedStress {
  T deviator[6], direction[6], von_mises;
};

/// Sets direction and von Mises stress of a deviator.
template <typename T>
SECO_INLINE void shift(double kinematic, const T* plastic, ShiftedStress<T>& stress) {
  T shifted[6];
  for (int i = 0; i < 6; ++i)
    shifted[i] = stress.deviator[i] - plastic[i] * (kinematic * (2. / 3.));
  stress.von_mises = length_and_direction(shifted, stress.direction) * sqrt_three_halves;
}

/// The stress if no plastic strain came to that of the beginning.
template <typename T>
SECO_INLINE void trial_stress(const IsotropicElasticity& elasticity, double kinematic,
                              const T* strain, const T* plastic, ShiftedStress<T>& trial) {
  T elastic[6];
  for (int i = 0; i < 6; ++i) elastic[i] = strain[i] - plastic[i];
  deviator(elastic, trial.deviator);
  for (int i = 0; i < 6; ++i) trial.deviator[i] *= 2 * elasticity.shear;
  shift(kinematic, plastic, trial);
}

/// Stress, state and energy for a growth dp.
/// @param trial its deviator becomes that of the stress
/// @param state at the beginning: plastic strain (6), equivalent plastic strain
/// @param hardening_energy what the growth costs, each part as its own summand
template <typename T, int n_state, typename... Part>
SECO_INLINE void return_radially(const IsotropicElasticity& elasticity, double kinematic,
                                 const T& volume, const T* state, const T& dp,
                                 ShiftedStress<T>& trial, PointAnswer<T, n_state>& answer,
                                 const Part&... hardening_energy) {
  T flow[6];
  for (int i = 0; i < 6; ++i) {
    flow[i] = trial.direction[i] * dp * sqrt_three_halves;
    trial.deviator[i] -= flow[i] * (2 * elasticity.shear);
    answer.stress[i] = trial.deviator[i];
    if (i < 3) answer.stress[i] += volume * elasticity.bulk;
    answer.state[i] = state[i] + flow[i];
  }
  answer.state[6] = state[6] + dp;
  answer.energy = volume * volume * (0.5 * elasticity.bulk) +
                  product(trial.deviator, trial.deviator) * (0.25 / elasticity.shear);
  ((answer.energy += hardening_energy), ...);
  if (kinematic > 0)
    answer.energy += product(state, flow) * (kinematic * (2. / 3.)) + dp * dp * (0.5 * kinematic);
}

/// @param trial with the von Mises stress at the beginning
/// @param rise 3 G times the derivative of dp by that stress, zero where nothing flows
template <typename T>
SECO_INLINE void radial_tangent(const IsotropicElasticity& elasticity,
                                const ShiftedStress<T>& trial, const T& dp, const T& rise,
                                T* triangle) {
  const double bulk = elasticity.bulk, shear = elasticity.shear;
  const T zero = number<T>(0.), one = number<T>(1.);
  const auto yields = dp > zero;
  const T theta = select(yields, T(dp * (3 * shear) / select(yields, trial.von_mises, one)), zero);
  const T two_mu = (one - theta) * (2 * shear);
  isotropic_less_dyad(T(number<T>(bulk) - two_mu * (1. / 3.)), two_mu,
                      T((rise - theta) * (2 * shear)), trial.direction, triangle);
}

}  // namespace seco::materials
