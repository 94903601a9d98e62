#pragma once

#include "hardening.h"
#include "radial_return.h"

namespace seco::materials {

/// Viscoplasticity with the overstress of Perzyna (1966, Advances in Applied Mechanics 9):
/// isotropic elasticity, isotropic hardening y(p), linear kinematic hardening X = 2/3 C ep, and
/// plastic strain that grows at the rate `dp/dt = e0 <(q - y(p))/s0>^n`, `q = sqrt(3/2) |dev s -
/// X|`. Backward Euler over the step dt, with y and X at its end, is the minimizer of
///
///     w(e) = min over dp >= 0 and directions of  e_el:C:e_el / 2 + X_n:dep + C dp^2 / 2
///            + integral of y from p_n to p_n + dp + dt s0 e0 n/(n+1) (dp/(dt e0))^(1/n+1)
///     K*(s) = max over dp >= 0 of  q_n dp - C dp^2 / 2 less the last two terms,  q_n with X_n
///
/// State: viscoplastic strain ep (6, deviatoric), equivalent viscoplastic strain p.
template <typename Hardening>
struct Perzyna {
  static constexpr ModelKind kind =
      std::is_same_v<Hardening, SumHardening> ? ModelKind::perzyna_sum : ModelKind::perzyna_table;
  static constexpr int n_state_values = 7;

  IsotropicElasticity elasticity;
  Hardening hardening;
  double kinematic, reference_rate, reference_stress, exponent;

  template <typename T>
  SECO_INLINE void respond(const T* strain, const T* state, double time_step,
                           PointAnswer<T, n_state_values>& answer) const {
    const double shear = elasticity.shear;
    const T& p = state[6];
    const T zero = number<T>(0.), one = number<T>(1.);
    ShiftedStress<T> trial;
    trial_stress(elasticity, kinematic, strain, state, trial);
    T root, dp;
    answer.found = solve(trial.von_mises, p, 3 * shear + kinematic, time_step, root, dp);
    return_radially(elasticity, kinematic, T(trace(strain)), state, dp, trial, answer,
                    T(hardening.integral(p, dp)), T(viscous_energy(root, dp)));
    if (!answer.wants_tangent) return;
    const auto yields = dp > zero;
    // Rise of dp per overstress.
    const T rate = pow(select(yields, root, one), exponent - 1) *
                   (time_step * reference_rate * exponent / reference_stress);
    const T rise = select(yields,
                          T(rate * (3 * shear) /
                            (rate * (hardening.slope(T(p + dp)) + (3 * shear + kinematic)) + one)),
                          zero);
    radial_tangent(elasticity, trial, dp, rise, answer.tangent);
  }

  template <typename T>
  SECO_INLINE T dual(const T* stress, const T* state, double time_step) const {
    const T& p = state[6];
    ShiftedStress<T> s;
    deviator(stress, s.deviator);
    shift(kinematic, state, s);
    const T& q = s.von_mises;
    T root, dp;
    const bool found = solve(q, p, kinematic, time_step, root, dp);
    const T inelastic =
        q * dp - dp * dp * (0.5 * kinematic) - hardening.integral(p, dp) - viscous_energy(root, dp);
    const T energy =
        elasticity.energy_of(T(trace(stress)), s.deviator) + product(s.deviator, state) + inelastic;
    const T infinity = number<T>(HUGE_VAL);
    if (!found) return infinity;
    // Where the power overflows, so do its differences.
    return select(energy < infinity, energy, infinity);
  }

 private:
  /// `dt psi(dp/dt)` with psi conjugate to the potential of the overstress.
  template <typename T>
  SECO_INLINE T viscous_energy(const T& root, const T& dp) const {
    return root * dp * (reference_stress * exponent / (exponent + 1));
  }

  /// dp >= 0 with `q = slope dp + y(p + dp) + s0 r`, `r = (dp/(dt e0))^(1/n)`, 0 where q is at most
  /// y(p). @return whether it was found at all points
  template <typename T>
  SECO_INLINE bool solve(const T& q, const T& p, double slope, double time_step, T& root,
                         T& dp) const {
    const double scale = time_step * reference_rate;
    const T zero = number<T>(0.), one = number<T>(1.), yield = hardening.stress(p);
    const auto yields = q > yield;
    root = zero;
    dp = zero;
    if (!any(yields) || !(scale > 0)) return true;
    // The unknown is r: in dp the slope of the overstress is infinite at 0. Neither the overstress
    // alone nor the plastic strain without any may be passed.
    T high = select(yields, T((q - yield) / reference_stress), zero), low = zero;
    const auto bounded = q < number<T>(slope > 0 ? HUGE_VAL : hardening.saturation());
    T most_dp;
    const bool plastic_found = hardening.solve(select(bounded, q, yield), p, slope, most_dp);
    if (plastic_found) {
      const auto useful = bounded & (most_dp > zero);
      const T bound = pow(select(useful, T(most_dp / scale), one), 1 / exponent);
      high = select(useful & (bound < high), bound, high);
    }
    // Newton's method, and halving where it does not halve the residual: the sum of a saturating
    // and a growing function is neither convex nor concave.
    T x = high, last = number<T>(HUGE_VAL);
    // What round-off leaves open, beside the last place of x.
    const T accuracy = maximum(q, zero) * (2.2e-16 * (16 + exponent));
    constexpr int most = 200;
    bool found = false;
    for (int i = 0; i < most && !found; ++i) {
      const T power = pow(x, exponent);
      const T part = power * scale, end = p + part;
      T excess = hardening.stress(end) + x * reference_stress - q;
      if (slope > 0) excess += part * slope;
      const T rise = (hardening.slope(end) + slope) * part * exponent / select(x > zero, x, one) +
                     reference_stress;
      const auto above = excess > zero;
      high = select(above, x, high);
      low = select(above, low, x);
      const T size = select(above, excess, T(-excess));
      const auto far = yields & (size > accuracy) & (size > x * rise * 4.5e-16);
      const T newton = x - excess / rise, middle = (low + high) * 0.5;
      const auto usable = (newton >= low) & (newton <= high) & (size <= last * 0.5);
      // The last step of a point that is near is one of Newton's too, whatever the bounds are.
      x = select(far, select(usable, newton, middle), newton);
      last = size;
      found = !any(far);
    }
    root = select(yields, x, zero);
    dp = select(yields, T(pow(x, exponent) * scale), zero);
    return found;
  }
};

}  // namespace seco::materials
