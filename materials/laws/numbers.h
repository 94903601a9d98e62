#pragma once

#include <cmath>
#include <cstring>

#include "seco/simd/vectors.h"

/// Laws are written once, for a type T of numbers: double; Row, a few points at once; and in the
/// tests a type that differentiates. What T has to have beyond arithmetic stands here.
namespace seco::materials {

/// Vectors are neither passed to functions nor returned by them: how depends on the instruction
/// set.
#define SECO_INLINE __attribute__((always_inline)) inline

using Row = simd::Vector<double>;
inline constexpr int row_length = simd::lanes<double>;
using RowMask = decltype(Row{} > Row{});

/// `mask ? a : b`, point by point. A function of T is evaluated on both sides, so that neither may
/// divide by zero.
SECO_INLINE Row select(RowMask mask, Row a, Row b) {
  return mask ? a : b;
}
template <typename T>
SECO_INLINE T select(bool mask, const T& a, const T& b) {
  return mask ? a : b;
}
SECO_INLINE bool any(RowMask mask) {
  bool result = false;
  for (int i = 0; i < row_length; ++i) result = result || mask[i] != 0;
  return result;
}
SECO_INLINE bool any(bool mask) {
  return mask;
}

template <typename Function>
SECO_INLINE Row of_each(Row x, const Function& f) {
  Row y;
  for (int i = 0; i < row_length; ++i) y[i] = f(x[i]);
  return y;
}
SECO_INLINE Row sqrt(Row x) {
  return of_each(x, [](double v) { return std::sqrt(v); });
}
SECO_INLINE Row exp(Row x) {
  return of_each(x, [](double v) { return std::exp(v); });
}
SECO_INLINE Row log(Row x) {
  return of_each(x, [](double v) { return std::log(v); });
}
SECO_INLINE Row sinh(Row x) {
  return of_each(x, [](double v) { return std::sinh(v); });
}
SECO_INLINE Row atanh(Row x) {
  return of_each(x, [](double v) { return std::atanh(v); });
}
SECO_INLINE Row pow(Row x, double exponent) {
  return of_each(x, [=](double v) { return std::pow(v, exponent); });
}
using std::atanh;
using std::exp;
using std::log;
using std::pow;
using std::sinh;
using std::sqrt;

template <typename T>
SECO_INLINE T minimum(const T& a, const T& b) {
  return select(a < b, a, b);
}
template <typename T>
SECO_INLINE T maximum(const T& a, const T& b) {
  return select(a > b, a, b);
}

/// A number of the type T; T() is zero.
template <typename T>
SECO_INLINE T number(double value) {
  return T() + value;
}

/// Symmetric tensors in Mandel notation.
template <typename T>
SECO_INLINE T trace(const T* a) {
  return a[0] + a[1] + a[2];
}
template <typename T>
SECO_INLINE void deviator(const T* a, T* result) {
  const T mean = trace(a) * (1. / 3.);
  for (int i = 0; i < 6; ++i) result[i] = i < 3 ? T(a[i] - mean) : a[i];
}
template <typename T>
SECO_INLINE T product(const T* a, const T* b) {
  T sum = a[0] * b[0];
  for (int i = 1; i < 6; ++i) sum += a[i] * b[i];
  return sum;
}

/// `lambda I x I + two_mu I - factor n x n`, upper triangle row by row.
template <typename T>
SECO_INLINE void isotropic_less_dyad(const T& lambda, const T& two_mu, const T& factor, const T* n,
                                     T* triangle) {
  int at = 0;
  for (int i = 0; i < 6; ++i)
    for (int j = i; j < 6; ++j, ++at) {
      triangle[at] = -factor * n[i] * n[j];
      if (j < 3) triangle[at] += lambda;
      if (i == j) triangle[at] += two_mu;
    }
}

}  // namespace seco::materials
