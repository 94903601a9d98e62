#pragma once

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

/// Compiles a function for several instruction sets; the program takes the best that the processor
/// has. What it calls must be inlined.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define SECO_SIMD_CLONES \
  [[gnu::target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4"), gnu::flatten]]
#else
#define SECO_SIMD_CLONES
#endif
