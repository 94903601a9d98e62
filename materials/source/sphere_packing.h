#pragma once

#include <cstdint>
#include <vector>

namespace seco::materials {

/// Spheres (discs) in a periodic cell: d coordinates per centre, one radius each.
struct Spheres {
  int dimension = 3;
  std::vector<double> centre;
  std::vector<double> radius;
};

/// Non-overlapping spheres of the given total volume fraction by random sequential addition,
/// largest first. @throws std::invalid_argument if they do not fit.
Spheres pack_spheres(const std::vector<double>& lengths, double volume_fraction, int n_spheres,
                     double radius_ratio, std::uint64_t seed);

/// For every voxel centre the smallest ratio of distance to radius over all spheres: below one
/// inside. Last axis fastest.
std::vector<double> relative_depth(const Spheres& spheres, const std::vector<int>& shape,
                                   const std::vector<double>& lengths);

}  // namespace seco::materials
