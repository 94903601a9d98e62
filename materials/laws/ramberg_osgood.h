#pragma once

#include "power_flow.h"

namespace seco::materials {

/// Deformation theory of Ramberg and Osgood (1943, NACA Technical Note 902): the total strain is
/// the function `e = C^-1 : s + e0 (q/s0)^n 3/2 dev s / q` of the stress, in tension
/// `s/E + e0 (s/s0)^n`.
///
///     w*(s) = s:C^-1:s / 2 + e0 s0/(n+1) (q/s0)^(n+1)
///
/// No state: unloading follows the curve of loading.
struct RambergOsgood {
  static constexpr ModelKind kind = ModelKind::ramberg_osgood;
  static constexpr int n_state_values = 0;

  IsotropicElasticity elasticity;
  PowerFlow flow;

  template <typename T>
  SECO_INLINE void respond(const T* strain, const T*, double,
                           PointAnswer<T, n_state_values>& answer) const {
    T inelastic[6], size;
    respond_with_flow(elasticity, flow, T(trace(strain)), strain, answer, inelastic, size);
  }
  template <typename T>
  SECO_INLINE T dual(const T* stress, const T*, double) const {
    T s[6];
    return dual_with_flow(elasticity, flow, stress, s);
  }
};

}  // namespace seco::materials
