#pragma once

#include "isotropic_elasticity.h"
#include "point_model.h"

namespace seco::materials {

/// Strain in the direction of the stress deviator that grows as a power of the von Mises stress:
/// `c(q) = c0 (q/s0)^n`, n at least 1, derivative of the potential `c0 s0/(n+1) (q/s0)^(n+1)`.
struct PowerFlow {
  /// c0 and s0.
  double strain, stress;
  double exponent;

  template <typename T>
  SECO_INLINE T strain_of(const T& q) const {
    return pow(T(q * (1. / stress)), exponent) * strain;
  }
  template <typename T>
  SECO_INLINE T slope_of(const T& q) const {
    return pow(T(q * (1. / stress)), exponent - 1) * (strain * exponent / stress);
  }
  template <typename T>
  SECO_INLINE T potential(const T& q) const {
    return strain_of(q) * q * (1. / (exponent + 1));
  }
  /// Conjugate of the potential at c = strain_of(q).
  template <typename T>
  SECO_INLINE T conjugate(const T& q, const T& c) const {
    return q * c * (exponent / (exponent + 1));
  }

  /// q with `q + stiffness c(q) = trial`, all at least 0. @return whether it was found everywhere
  template <typename T>
  SECO_INLINE bool relax(const T& trial, double stiffness, T& q) const {
    const T zero = number<T>(0.), one = number<T>(1.);
    const double flow = stiffness * strain;
    q = trial;
    if (!(flow > 0)) return true;
    // The left side is convex and at least either of its terms, so that the start is above the
    // root, by a factor of two at most, and Newton's method comes down to it.
    q = minimum(T(pow(T(trial * (1. / flow)), 1 / exponent) * stress), trial);
    constexpr int most = 100;
    for (int i = 0; i < most; ++i) {
      const T part = strain_of(q) * stiffness;
      const T slope = one + part * exponent / select(q > zero, q, one);
      const T step = (q + part - trial) / slope;
      q -= step;
      // Round-off leaves a few units of the last place of q open.
      const T accuracy = q * 4e-15;
      if (!any((step > accuracy) | (step < -accuracy))) return true;
    }
    return false;
  }
};

/// Answer of isotropic elasticity in series with such a flow: stress, energy, tangent.
/// @param volume trace of the strain
/// @param strain without the inelastic strain at the beginning of the step, which has no trace
/// @param flow_strain the tensor by which the inelastic strain grows, and `size` its equivalent
template <typename T, int n_state>
SECO_INLINE void respond_with_flow(const IsotropicElasticity& elasticity, const PowerFlow& flow,
                                   const T& volume, const T* strain,
                                   PointAnswer<T, n_state>& answer, T* flow_strain, T& size) {
  const double bulk = elasticity.bulk, shear = elasticity.shear;
  const T zero = number<T>(0.);
  T trial[6], n[6], q;
  deviator(strain, trial);
  const T q_trial = length_and_direction(trial, n) * (2 * shear * sqrt_three_halves);
  answer.found = flow.relax(q_trial, 3 * shear, q);
  // Of the two parts of the strain the smaller one as a function of q, and the larger one what it
  // leaves, so that neither loses digits and both together are the strain.
  const auto flows_most = q < q_trial * 0.5;
  size = select(flows_most, T((q_trial - q) * (1. / (3 * shear))), flow.strain_of(q));
  const T rest = select(flows_most, q, T(q_trial - size * (3 * shear)));
  for (int i = 0; i < 6; ++i) {
    flow_strain[i] = n[i] * size * sqrt_three_halves;
    answer.stress[i] = n[i] * q * (1 / sqrt_three_halves);
    if (i < 3) answer.stress[i] += volume * bulk;
  }
  answer.energy =
      volume * volume * (0.5 * bulk) + rest * rest * (1. / (6 * shear)) + flow.conjugate(q, size);
  if (!answer.wants_tangent) return;
  const T radial = number<T>(2 * shear) / (number<T>(1.) + flow.slope_of(q) * (3 * shear));
  const auto nonzero = q_trial > zero;
  const T two_mu =
      select(nonzero, T(q * (2 * shear) / select(nonzero, q_trial, number<T>(1.))), radial);
  isotropic_less_dyad(T(number<T>(bulk) - two_mu * (1. / 3.)), two_mu, T(two_mu - radial), n,
                      answer.tangent);
}

/// w* without the work of an inelastic strain at the beginning of the step.
/// @param stress_deviator is set
template <typename T>
SECO_INLINE T dual_with_flow(const IsotropicElasticity& elasticity, const PowerFlow& flow,
                             const T* stress, T* stress_deviator) {
  T n[6];
  deviator(stress, stress_deviator);
  const T q = length_and_direction(stress_deviator, n) * sqrt_three_halves;
  return elasticity.energy_of(T(trace(stress)), stress_deviator) + flow.potential(q);
}

}  // namespace seco::materials
