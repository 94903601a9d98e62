#pragma once

#include "power_flow.h"

namespace seco::materials {

/// Isotropic elasticity and creep at the rate `e0 (q/s0)^n 3/2 dev s / q` (Norton 1929, The Creep
/// of Steel at High Temperatures; Odqvist 1966, Mathematical Theory of Creep and Creep Rupture),
/// backward Euler over the step dt:
///
///     K*(s) = dt e0 s0/(n+1) (q/s0)^(n+1)
///
/// State: creep strain ec (6, deviatoric), equivalent creep strain (1).
struct NortonCreep {
  static constexpr ModelKind kind = ModelKind::norton_creep;
  static constexpr int n_state_values = 7;

  IsotropicElasticity elasticity;
  double reference_rate, reference_stress, exponent;

  template <typename T>
  SECO_INLINE void respond(const T* strain, const T* state, double time_step,
                           PointAnswer<T, n_state_values>& answer) const {
    T elastic[6], creep[6], size;
    for (int i = 0; i < 6; ++i) elastic[i] = strain[i] - state[i];
    respond_with_flow(elasticity, flow(time_step), T(trace(strain)), elastic, answer, creep, size);
    for (int i = 0; i < 6; ++i) answer.state[i] = state[i] + creep[i];
    answer.state[6] = state[6] + size;
  }
  template <typename T>
  SECO_INLINE T dual(const T* stress, const T* state, double time_step) const {
    T s[6];
    const T energy = dual_with_flow(elasticity, flow(time_step), stress, s);
    return energy + product(s, state);
  }

 private:
  SECO_INLINE PowerFlow flow(double time_step) const {
    return {reference_rate * time_step, reference_stress, exponent};
  }
};

}  // namespace seco::materials
