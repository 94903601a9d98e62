#pragma once

#include <c10/util/BFloat16.h>

#include <bit>
#include <cstdint>

// Compiled for several instruction sets, of which the processor at hand gets the best; sanitizers
// and the resolvers of such functions do not go together.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define SECO_VECTOR_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SECO_VECTOR_CLONES
#endif

namespace seco::surrogate {

/// Conversions that loops vectorise over.
inline float to_float(float x) {
  return x;
}

inline float to_float(c10::BFloat16 x) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(x.x) << 16);
}

template <typename Number>
Number rounded(float x);

template <>
inline float rounded<float>(float x) {
  return x;
}

/// To the nearest, ties to even; numbers that are not finite may turn into other such numbers.
template <>
inline c10::BFloat16 rounded<c10::BFloat16>(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t half = 0x7FFFu + ((bits >> 16) & 1u);
  return c10::BFloat16(static_cast<std::uint16_t>((bits + half) >> 16), c10::BFloat16::from_bits());
}

}  // namespace seco::surrogate
