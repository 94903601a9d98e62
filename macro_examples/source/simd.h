#pragma once

#include "seco/materials/vector_clones.h"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"  // all functions that take lanes are inlined
#endif

namespace seco::macro {

/// A few numbers that are computed together, one operation on each, in vector registers where the
/// processor has them (GCC vector extension).
template <typename Number>
struct Lanes;
template <>
struct Lanes<double> {
  using type [[gnu::vector_size(64)]] = double;
  static constexpr unsigned int n = 8;
};
template <>
struct Lanes<float> {
  using type [[gnu::vector_size(64)]] = float;
  static constexpr unsigned int n = 16;
};

}  // namespace seco::macro

/// As SECO_VECTOR_CLONES, with everything that is called inlined.
#define SECO_SIMD_CLONES SECO_VECTOR_CLONES __attribute__((flatten))
