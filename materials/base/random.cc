#include "seco/materials/random.h"

#include <cmath>

namespace seco::materials {

RandomStream::RandomStream(std::uint64_t seed) : generator_(mix_seed(seed, 0)) {}

double RandomStream::uniform() {
  return static_cast<double>(generator_() >> 11) * 0x1.0p-53;
}

double RandomStream::normal() {
  // Box and Muller 1958.
  const double radius = std::sqrt(-2. * std::log(1. - uniform()));
  return radius * std::cos(2. * M_PI * uniform());
}

std::uint64_t RandomStream::index(std::uint64_t n) {
  return static_cast<std::uint64_t>(uniform() * static_cast<double>(n));
}

std::uint64_t mix_seed(std::uint64_t a, std::uint64_t b) {
  // The finalizer of SplitMix64 (Steele, Lea and Flood 2014).
  std::uint64_t z = a + 0x9e3779b97f4a7c15ULL * (b + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace seco::materials
