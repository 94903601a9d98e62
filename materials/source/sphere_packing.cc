#include "sphere_packing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "seco/materials/random.h"

namespace seco::materials {
namespace {

double periodic_distance(const double* a, const double* b, const std::vector<double>& lengths) {
  double square = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    double delta = std::abs(a[i] - b[i]);
    delta = std::min(delta, lengths[i] - delta);
    square += delta * delta;
  }
  return std::sqrt(square);
}

// A gap of this share of the radii keeps neighbours apart when radii are adjusted to the voxels.
constexpr double clearance = 1.03;

bool place_all(Spheres& spheres, const std::vector<double>& lengths, RandomStream& random) {
  constexpr int tries = 2000;
  const std::size_t d = lengths.size();
  spheres.centre.clear();
  for (std::size_t s = 0; s < spheres.radius.size(); ++s) {
    bool placed = false;
    for (int t = 0; t < tries && !placed; ++t) {
      std::vector<double> point;
      for (const double length : lengths) point.push_back(random.uniform() * length);
      placed = true;
      for (std::size_t other = 0; other < s && placed; ++other)
        placed = periodic_distance(point.data(), spheres.centre.data() + other * d, lengths) >=
                 clearance * (spheres.radius[s] + spheres.radius[other]);
      if (placed) spheres.centre.insert(spheres.centre.end(), point.begin(), point.end());
    }
    if (!placed) return false;
  }
  return true;
}

}  // namespace

Spheres pack_spheres(const std::vector<double>& lengths, double volume_fraction, int n_spheres,
                     double radius_ratio, std::uint64_t seed) {
  Spheres spheres;
  spheres.dimension = static_cast<int>(lengths.size());
  const int d = spheres.dimension;
  RandomStream random(mix_seed(seed, 3));
  for (int s = 0; s < n_spheres; ++s) spheres.radius.push_back(random.uniform(radius_ratio, 1.));
  std::sort(spheres.radius.rbegin(), spheres.radius.rend());
  double cell = 1, volume = 0;
  for (const double length : lengths) cell *= length;
  for (const double r : spheres.radius)
    volume += (d == 3 ? 4. / 3. * M_PI * r * r * r : M_PI * r * r);
  const double scale = std::pow(volume_fraction * cell / volume, 1. / d);
  for (double& r : spheres.radius) r *= scale;
  const double shortest = *std::min_element(lengths.begin(), lengths.end());
  constexpr int restarts = 200;
  if (2. * clearance * spheres.radius.front() <= shortest)
    for (int attempt = 0; attempt < restarts; ++attempt)
      if (place_all(spheres, lengths, random)) return spheres;
  throw std::invalid_argument(fmt::format(
      "generator: {} non-overlapping inclusions do not reach a volume fraction of {}; random "
      "placement ends near 0.3 in 3D and 0.5 in 2D. Lower the fraction or, for few large "
      "inclusions, change their number",
      n_spheres, volume_fraction));
}

std::vector<double> relative_depth(const Spheres& spheres, const std::vector<int>& shape,
                                   const std::vector<double>& lengths) {
  const int d = spheres.dimension;
  const std::size_t n = spheres.radius.size();
  const int depth = d == 3 ? shape[2] : 1;
  std::vector<double> result;
  std::vector<double> point(d);
  for (int i = 0; i < shape[0]; ++i)
    for (int j = 0; j < shape[1]; ++j)
      for (int k = 0; k < depth; ++k) {
        point[0] = (i + 0.5) * lengths[0] / shape[0];
        point[1] = (j + 0.5) * lengths[1] / shape[1];
        if (d == 3) point[2] = (k + 0.5) * lengths[2] / shape[2];
        double smallest = std::numeric_limits<double>::max();
        for (std::size_t s = 0; s < n; ++s)
          smallest = std::min(
              smallest, periodic_distance(point.data(), spheres.centre.data() + s * d, lengths) /
                            spheres.radius[s]);
        result.push_back(smallest);
      }
  return result;
}

}  // namespace seco::materials
