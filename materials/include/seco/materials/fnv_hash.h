#pragma once

#include <cstddef>
#include <cstdint>

namespace seco::materials {

/// FNV-1a over bytes (Fowler, Noll and Vo), 64 bits.
class FnvHash {
 public:
  void add(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) value_ = (value_ ^ bytes[i]) * 1099511628211ULL;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 14695981039346656037ULL;
};

}  // namespace seco::materials
