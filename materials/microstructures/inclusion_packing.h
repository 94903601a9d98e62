#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "seco/materials/generators.h"

namespace seco::materials {

/// An ellipsoid (an ellipse in 2D, where the third coordinate is left out): the points x with
/// `(x - centre) . shape^-1 . (x - centre) <= 1`. The eigenvalues of `shape` are the squares of the
/// semi-axes.
struct Inclusion {
  Eigen::Vector3d centre = Eigen::Vector3d::Zero();
  Eigen::Matrix3d shape = Eigen::Matrix3d::Identity();
  double smallest_axis = 1, largest_axis = 1;
  /// Of the long axis; any for a sphere.
  Eigen::Vector3d direction = Eigen::Vector3d::UnitX();
};

/// Non-overlapping inclusions in a periodic cell of these edge lengths (2 or 3), by random
/// sequential addition, largest first. Of the settings, the volume fraction, the number, radii and
/// aspect ratio of the inclusions, the clusters and the seed are used.
/// @throws PackingError if they do not fit.
std::vector<Inclusion> pack_inclusions(const GeneratorSettings& settings,
                                       const std::vector<double>& lengths);

/// Inclusions at independent random places. A cell of many such has the volume fraction
/// `1 - exp(-v)`, v the sum of their volumes over that of the cell; their radii are those of that
/// sum. Of the settings, the same are used.
std::vector<Inclusion> scatter_inclusions(const GeneratorSettings& settings,
                                          const std::vector<double>& lengths);

/// The given share of all voxels, those that lie deepest in the inclusions, have the number of
/// their inclusion, counted from 1, and the others 0, last axis fastest: the fraction is met to one
/// voxel, with the inclusions scaled by a factor close to one.
std::vector<std::uint32_t> voxels_inside(const std::vector<Inclusion>& inclusions, double fraction,
                                         const std::vector<int>& shape,
                                         const std::vector<double>& lengths);

/// The contact function of two ellipsoids at a distance (Perram and Wertheim 1985, Journal of
/// Computational Physics 58, 409-416),
///     F = max over s in [0, 1] of  s (1 - s) distance . [(1 - s) a + s b]^-1 . distance :
/// scaled about their centres by sqrt(F) they touch, so that they are disjoint for F > 1.
/// The search ends early once F is known to be above `enough`.
double contact_function(const Eigen::Matrix3d& a, const Eigen::Matrix3d& b,
                        const Eigen::Vector3d& distance, double enough);

}  // namespace seco::materials
