#pragma once

#include <cstddef>
#include <vector>

#include "numbers.h"

namespace seco::materials {

/// `1 - exp(-x)` of x >= 0, without loss of digits where x is small.
template <typename T>
SECO_INLINE T one_less_exp(const T& x) {
  const T one = number<T>(1.), small = minimum(x, one) * 0.5;
  return select(x < one, T(exp(-small) * sinh(small) * 2.), T(one - exp(-x)));
}

/// `y(p) = y0 + H p + Q (1 - exp(-b p)) + K p^n` of the equivalent plastic strain p: linear, Voce
/// and Ludwik hardening together. Concave, since all coefficients are at least 0 and n is at
/// most 1.
struct SumHardening {
  double yield = 0, modulus = 0, voce_stress = 0, voce_exponent = 0, ludwik = 0,
         ludwik_exponent = 1;

  template <typename T>
  SECO_INLINE T stress(const T& p) const {
    T y = number<T>(yield) + p * modulus;
    if (voce_stress > 0) y += (number<T>(1.) - exp(p * -voce_exponent)) * voce_stress;
    if (ludwik > 0) y += pow(p, ludwik_exponent) * ludwik;
    return y;
  }
  template <typename T>
  SECO_INLINE T slope(const T& p) const {
    T s = number<T>(modulus);
    if (voce_stress > 0) s += exp(p * -voce_exponent) * (voce_stress * voce_exponent);
    // Infinite at p = 0, where nobody asks: a point that yields has p > 0.
    if (ludwik > 0)
      s += pow(maximum(p, number<T>(1e-300)), ludwik_exponent - 1) * (ludwik * ludwik_exponent);
    return s;
  }
  /// Integral of y from p to p + dp.
  template <typename T>
  SECO_INLINE T integral(const T& p, const T& dp) const {
    T sum = dp * yield + (p + dp * 0.5) * dp * modulus;
    if (voce_stress > 0)
      sum += (dp - exp(p * -voce_exponent) * one_less_exp(T(dp * voce_exponent)) / voce_exponent) *
             voce_stress;
    if (ludwik > 0) {
      const double k = ludwik_exponent + 1;
      const auto little = dp < p;
      // The difference of two powers, without loss of digits where dp is small.
      const T mean = select(little, T(p * (p + dp)), number<T>(1.));
      const T part = select(little, T(dp / (p * 2. + dp)), number<T>(0.));
      const T close = pow(mean, 0.5 * k) * sinh(atanh(part) * k) * 2.;
      sum += select(little, close, T(pow(p + dp, k) - pow(p, k))) * (ludwik / k);
    }
    return sum;
  }
  /// The largest value of y; infinity if it grows without limit.
  SECO_INLINE double saturation() const {
    return modulus > 0 || ludwik > 0 ? HUGE_VAL : yield + voce_stress;
  }

  /// dp >= 0 with `q = slope dp + y(p + dp)`, 0 where q is at most y(p).
  /// @param slope at least 0
  /// @param q below saturation() where the slope is 0
  /// @return whether it was found at all points
  template <typename T>
  SECO_INLINE bool solve(const T& q, const T& p, double slope_of_line, T& dp) const {
    const T zero = number<T>(0.);
    const T excess = q - stress(p);
    const auto yields = excess > zero;
    dp = zero;
    if (!any(yields)) return true;
    const double linear = slope_of_line + modulus;
    if (voce_stress == 0 && ludwik == 0) {
      dp = select(yields, T(excess / linear), zero);
      return true;
    }
    if (linear == 0 && ludwik == 0) {
      // Voce alone: 1 - r = exp(-b dp).
      const T rest = number<T>(yield + voce_stress) - q,
              all = exp(p * -voce_exponent) * voce_stress;
      dp = select(yields, T(log(select(yields, T(rest / all), number<T>(1.))) / -voce_exponent),
                  zero);
      return true;
    }
    // Newton's method kept between bounds. With bounded slope at the start the function is convex
    // and falls, so that all steps from the left stay on the left.
    T low = zero;
    T high = linear > 0 ? T(excess / linear)
                        : T(pow(maximum(T((q - yield) / ludwik), zero), 1. / ludwik_exponent) - p);
    // Powers with a small exponent spread the root over all magnitudes: beyond these it is infinity
    // and zero.
    constexpr double endless = 1e100, nothing = 1e-280;
    const auto bounded = high < number<T>(endless);
    const auto sought = yields & bounded;
    high = select(sought, high, number<T>(1.));
    T x = ludwik > 0 ? T(high * 0.5) : zero;
    constexpr int most = 200;
    bool found = false;
    for (int i = 0; i < most && !found; ++i) {
      const T f = q - x * slope_of_line - stress(T(p + x));
      const auto left = f > zero;
      low = select(left, x, low);
      high = select(left, high, x);
      const T fall = slope(T(p + x)) + slope_of_line;
      const T step = x + f / fall;
      const auto inside = (step >= low) & (step <= high);
      const auto positive = low > zero;
      const T middle = select(positive, T(sqrt(select(positive, low, number<T>(1.))) * sqrt(high)),
                              T(high * 1e-8));
      const T next = select(inside, step, middle);
      const T change = (next - x) * fall;
      x = next;
      // What round-off of f leaves open.
      const T accuracy = (q + voce_stress) * 1e-15;
      found =
          !any(sought & (high > number<T>(nothing)) & ((change > accuracy) | (change < -accuracy)));
    }
    dp = select(sought, x, select(yields, number<T>(HUGE_VAL), zero));
    return found;
  }
};

/// y(p) by straight lines between points; constant beyond the last.
template <typename Numbers>
struct HardeningTable {
  /// Increasing from 0, and values that do not fall.
  Numbers strain, value;

  template <typename T>
  SECO_INLINE T stress(const T& p) const {
    T y = number<T>(value.front());
    for (std::size_t i = 1; i < strain.size(); ++i) y += advance(i, p) * slope_of(i);
    return y;
  }
  template <typename T>
  SECO_INLINE T slope(const T& p) const {
    T s = number<T>(0.);
    for (std::size_t i = 1; i < strain.size(); ++i)
      s = select((p >= number<T>(strain[i - 1])) & (p < number<T>(strain[i])),
                 number<T>(slope_of(i)), s);
    return s;
  }
  template <typename T>
  SECO_INLINE T integral(const T& p, const T& dp) const {
    // In strains beyond p, so that no digits are lost where dp is small.
    T sum = number<T>(0.), level = stress(p), passed = number<T>(0.);
    for (std::size_t i = 1; i < strain.size(); ++i) {
      const T until = minimum(dp, maximum(T(number<T>(strain[i]) - p), number<T>(0.)));
      const T piece = until - passed;
      sum += piece * (level + piece * (0.5 * slope_of(i)));
      level += piece * slope_of(i);
      passed = until;
    }
    sum += (dp - passed) * level;
    return sum;
  }
  SECO_INLINE double saturation() const { return value.back(); }

  template <typename T>
  SECO_INLINE bool solve(const T& q, const T& p, double slope_of_line, T& dp) const {
    const T zero = number<T>(0.);
    dp = zero;
    // f(dp) = q - slope dp - y(p + dp) falls: the root is in the last piece that begins above 0.
    for (std::size_t i = 0; i < strain.size(); ++i) {
      const T begin = maximum(T(number<T>(strain[i]) - p), zero);
      const double slope = slope_of_line + (i + 1 < strain.size() ? slope_of(i + 1) : 0.);
      const T f = q - begin * slope_of_line - stress(T(p + begin));
      if (slope > 0)
        dp = select(f > zero, T(begin + f / slope), dp);
      else
        dp = select(f > zero, begin, dp);
    }
    return true;
  }

 private:
  SECO_INLINE double slope_of(std::size_t i) const {
    return (value[i] - value[i - 1]) / (strain[i] - strain[i - 1]);
  }
  template <typename T>
  SECO_INLINE T advance(std::size_t i, const T& p) const {
    return minimum(maximum(T(p - strain[i - 1]), number<T>(0.)),
                   number<T>(strain[i] - strain[i - 1]));
  }
};

using TabulatedHardening = HardeningTable<std::vector<double>>;

/// A few numbers in place: what a GPU can hold of a curve.
struct ShortNumbers {
  static constexpr std::size_t most = 128;
  std::size_t n = 0;
  double values[most] = {};

  SECO_INLINE std::size_t size() const { return n; }
  SECO_INLINE double operator[](std::size_t i) const { return values[i]; }
  SECO_INLINE double front() const { return values[0]; }
  SECO_INLINE double back() const { return values[n - 1]; }
};
using ShortTable = HardeningTable<ShortNumbers>;

}  // namespace seco::materials
