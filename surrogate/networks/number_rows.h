#pragma once

#include <c10/util/BFloat16.h>

#include <bit>
#include <cstdint>

#include "seco/simd/vectors.h"

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
