#pragma once

#include <cmath>
#include <type_traits>

#ifndef __CUDACC__
#include "seco/simd/vectors.h"
#endif

#ifdef __clang__
#if __has_warning("-Wbitwise-instead-of-logical")
// What rows compare has no && and ||.
#pragma clang diagnostic ignored "-Wbitwise-instead-of-logical"
#endif
#endif

/// Laws are written once, for a type T of numbers: double; a row, a few points at once; and in the
/// tests a type that differentiates. What T has to have beyond arithmetic stands here. A CUDA
/// compiler takes them for double, as C++17.
namespace seco::materials {

/// Vectors are neither passed to functions nor returned by them: how depends on the instruction
/// set.
#ifdef __CUDACC__
#define SECO_INLINE __host__ __device__ __forceinline__
#else
#define SECO_INLINE __attribute__((always_inline)) inline
#endif

template <typename T>
SECO_INLINE T select(bool mask, const T& a, const T& b) {
  return mask ? a : b;
}
SECO_INLINE bool any(bool mask) {
  return mask;
}

#ifndef __CUDACC__
/// A row that fills registers of so many bytes.
template <int bytes>
using RowOf = simd::Vector<double, bytes>;
template <typename T>
concept Row = !std::is_class_v<T> && !std::is_pointer_v<T> && requires(T x) {
  x[0] + 1;
};
template <Row T>
inline constexpr int row_length = static_cast<int>(sizeof(T) / sizeof(double));

/// `mask ? a : b`, point by point. A function of T is evaluated on both sides, so that neither may
/// divide by zero.
template <Row Mask, Row T>
SECO_INLINE T select(Mask mask, T a, T b) {
  return mask ? a : b;
}
template <Row Mask>
SECO_INLINE bool any(Mask mask) {
  // Without a branch per lane.
  auto lanes = mask[0];
  for (int i = 1; i < row_length<Mask>; ++i) lanes |= mask[i];
  return lanes != 0;
}

template <Row T, typename Function>
SECO_INLINE T of_each(T x, const Function& f) {
  T y;
  for (int i = 0; i < row_length<T>; ++i) y[i] = f(x[i]);
  return y;
}
template <Row T>
SECO_INLINE T sqrt(T x) {
  return of_each(x, [](double v) { return std::sqrt(v); });
}
template <Row T>
SECO_INLINE T exp(T x) {
  return of_each(x, [](double v) { return std::exp(v); });
}
template <Row T>
SECO_INLINE T log(T x) {
  return of_each(x, [](double v) { return std::log(v); });
}
template <Row T>
SECO_INLINE T sinh(T x) {
  return of_each(x, [](double v) { return std::sinh(v); });
}
template <Row T>
SECO_INLINE T atanh(T x) {
  return of_each(x, [](double v) { return std::atanh(v); });
}
template <Row T>
SECO_INLINE T pow(T x, double exponent) {
  return of_each(x, [=](double v) { return std::pow(v, exponent); });
}
#endif
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
