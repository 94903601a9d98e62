#pragma once

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wpsabi"  // all functions that take vectors are inlined
#endif

namespace seco::simd {

template <typename Number, int bytes>
struct VectorOf {
  using type [[gnu::vector_size(bytes)]] = Number;
};

/// A few numbers that are computed together, one operation on each, in vector registers where the
/// processor has them (GCC vector extension). 64 bytes are one register of AVX-512; with other
/// instruction sets the compiler takes several.
template <typename Number, int bytes = 64>
using Vector = typename VectorOf<Number, bytes>::type;

template <typename Number, int bytes = 64>
inline constexpr int lanes = bytes / static_cast<int>(sizeof(Number));

}  // namespace seco::simd

/// Before a function: compiles it, with everything that it calls inlined, for several instruction
/// sets, of which the processor at hand gets the best. Only functions are compiled so, not
/// templates; these are called from one. Sanitizers and the resolvers of such functions do not go
/// together.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SECO_SIMD_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), flatten))
#else
#define SECO_SIMD_CLONES __attribute__((flatten))
#endif
