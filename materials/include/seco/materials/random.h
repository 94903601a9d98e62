#pragma once

#include <cstdint>
#include <random>

namespace seco::materials {

/// Random numbers that are the same on every platform for the same seed; the distributions of the
/// standard library are not.
class RandomStream {
 public:
  explicit RandomStream(std::uint64_t seed);
  /// Uniform in [0, 1).
  double uniform();
  double uniform(double from, double to) { return from + (to - from) * uniform(); }
  /// Standard normal.
  double normal();
  /// Uniform in 0 ... n - 1.
  std::uint64_t index(std::uint64_t n);

 private:
  std::mt19937_64 generator_;
};

/// A well-mixed seed from two numbers, for streams that must not depend on each other.
std::uint64_t mix_seed(std::uint64_t a, std::uint64_t b);

}  // namespace seco::materials
