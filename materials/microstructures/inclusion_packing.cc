#include "inclusion_packing.h"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "seco/materials/interruption.h"
#include "seco/materials/random.h"

namespace seco::materials {
namespace {

// A gap of this share of the radii keeps neighbours apart when radii are adjusted to the voxels.
constexpr double clearance = 1.03;

/// Calls `visit` with every periodic image of the distance that is shorter than `reach` along each
/// axis, until it returns true. @returns whether it did.
template <typename Visitor>
bool any_image(const Eigen::Vector3d& distance, const std::vector<double>& lengths, double reach,
               const Visitor& visit) {
  std::array<int, 3> first{0, 0, 0}, last{0, 0, 0};
  Eigen::Vector3d nearest = distance;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    nearest[i] -= lengths[i] * std::round(distance[i] / lengths[i]);
    first[i] = static_cast<int>(std::ceil((-reach - nearest[i]) / lengths[i]));
    last[i] = static_cast<int>(std::floor((reach - nearest[i]) / lengths[i]));
  }
  for (int i = first[0]; i <= last[0]; ++i)
    for (int j = first[1]; j <= last[1]; ++j)
      for (int k = first[2]; k <= last[2]; ++k) {
        Eigen::Vector3d image = nearest;
        image[0] += i * lengths[0];
        image[1] += j * lengths[1];
        if (lengths.size() == 3) image[2] += k * lengths[2];
        if (visit(image)) return true;
      }
  return false;
}

bool too_close(const Inclusion& a, const Inclusion& b, const Eigen::Vector3d& distance) {
  const double norm = distance.norm();
  if (norm >= clearance * (a.largest_axis + b.largest_axis)) return false;
  if (norm < clearance * (a.smallest_axis + b.smallest_axis)) return true;
  return contact_function(a.shape, b.shape, distance, clearance * clearance) <
         clearance * clearance;
}

bool overlap(const Inclusion& a, const Inclusion& b, const std::vector<double>& lengths) {
  const double reach = clearance * (a.largest_axis + b.largest_axis);
  return any_image(b.centre - a.centre, lengths, reach,
                   [&](const Eigen::Vector3d& image) { return too_close(a, b, image); });
}

bool overlaps_itself(const Inclusion& a, const std::vector<double>& lengths) {
  return any_image(Eigen::Vector3d::Zero(), lengths, 2. * clearance * a.largest_axis,
                   [&](const Eigen::Vector3d& image) {
                     return image != Eigen::Vector3d::Zero() && too_close(a, a, image);
                   });
}

Eigen::Vector3d random_point(const std::vector<double>& lengths, RandomStream& random) {
  Eigen::Vector3d point = Eigen::Vector3d::Zero();
  for (std::size_t i = 0; i < lengths.size(); ++i) point[i] = random.uniform() * lengths[i];
  return point;
}

Eigen::Vector3d random_direction(std::size_t dimension, RandomStream& random) {
  const double angle = 2. * M_PI * random.uniform();
  if (dimension == 2) return {std::cos(angle), std::sin(angle), 0.};
  const double z = random.uniform(-1., 1.), radius = std::sqrt(1. - z * z);
  return {radius * std::cos(angle), radius * std::sin(angle), z};
}

/// Uniform in a sphere (disc) of the given radius about the centre, wrapped into the cell.
Eigen::Vector3d random_point_near(const Eigen::Vector3d& centre, double radius,
                                  const std::vector<double>& lengths, RandomStream& random) {
  const double distance =
      radius * std::pow(random.uniform(), 1. / static_cast<double>(lengths.size()));
  Eigen::Vector3d point = centre + distance * random_direction(lengths.size(), random);
  for (std::size_t i = 0; i < lengths.size(); ++i)
    point[i] -= lengths[i] * std::floor(point[i] / lengths[i]);
  return point;
}

/// A spheroid (ellipse) of the volume of a sphere (disc) of this radius, its long axis along
/// `direction`.
void set_shape(Inclusion& inclusion, double radius, double aspect_ratio, std::size_t dimension,
               const Eigen::Vector3d& direction) {
  const double short_axis = radius * std::pow(aspect_ratio, -1. / static_cast<double>(dimension)),
               long_axis = aspect_ratio * short_axis, square = short_axis * short_axis;
  inclusion.smallest_axis = short_axis;
  inclusion.largest_axis = long_axis;
  inclusion.direction = direction;
  inclusion.shape = square * Eigen::Matrix3d::Identity() +
                    (long_axis * long_axis - square) * direction * direction.transpose();
}

/// Radii, largest first, of inclusions whose volumes add up to this share of the cell.
std::vector<double> draw_radii(const GeneratorSettings& settings, double share,
                               const std::vector<double>& lengths, RandomStream& random) {
  std::vector<double> radii;
  for (int s = 0; s < settings.n_inclusions; ++s)
    radii.push_back(random.uniform(settings.radius_ratio, 1.));
  std::sort(radii.rbegin(), radii.rend());
  double cell = 1, volume = 0;
  for (const double length : lengths) cell *= length;
  for (const double r : radii)
    volume += (lengths.size() == 3 ? 4. / 3. * M_PI * r * r * r : M_PI * r * r);
  const double scale = std::pow(share * cell / volume, 1. / static_cast<double>(lengths.size()));
  for (double& r : radii) r *= scale;
  return radii;
}

std::vector<Eigen::Vector3d> draw_clusters(const GeneratorSettings& settings,
                                           const std::vector<double>& lengths,
                                           RandomStream& random) {
  std::vector<Eigen::Vector3d> clusters;
  for (int c = 0; c < settings.n_clusters; ++c) clusters.push_back(random_point(lengths, random));
  return clusters;
}

/// Inclusion `number` at a random place, within its cluster where there are clusters.
Inclusion draw_inclusion(const GeneratorSettings& settings, std::size_t number, double radius,
                         const std::vector<Eigen::Vector3d>& clusters,
                         const std::vector<double>& lengths, RandomStream& random) {
  Inclusion inclusion;
  inclusion.centre = clusters.empty() ? random_point(lengths, random)
                                      : random_point_near(clusters[number % clusters.size()],
                                                          settings.cluster_radius, lengths, random);
  set_shape(inclusion, radius, settings.aspect_ratio, lengths.size(),
            settings.aspect_ratio > 1. ? random_direction(lengths.size(), random)
                                       : Eigen::Vector3d::UnitX());
  return inclusion;
}

bool place_all(const GeneratorSettings& settings, const std::vector<double>& radii,
               const std::vector<double>& lengths, RandomStream& random,
               std::vector<Inclusion>& placed) {
  constexpr int tries = 2000;
  const auto clusters = draw_clusters(settings, lengths, random);
  placed.clear();
  for (const double radius : radii) {
    check_interruption();
    bool fits = false;
    for (int t = 0; t < tries && !fits; ++t) {
      const auto candidate =
          draw_inclusion(settings, placed.size(), radius, clusters, lengths, random);
      fits = !overlaps_itself(candidate, lengths) &&
             std::none_of(placed.begin(), placed.end(), [&](const Inclusion& other) {
               return overlap(candidate, other, lengths);
             });
      if (fits) placed.push_back(candidate);
    }
    if (!fits) return false;
  }
  return true;
}

}  // namespace

double contact_function(const Eigen::Matrix3d& a, const Eigen::Matrix3d& b,
                        const Eigen::Vector3d& distance, double enough) {
  const auto value = [&](double s) {
    return s * (1. - s) * distance.dot(((1. - s) * a + s * b).inverse() * distance);
  };
  // The function of s is concave; golden section (Kiefer 1953).
  const double golden = 0.5 * (std::sqrt(5.) - 1.);
  double left = 0, right = 1, low = 1. - golden, high = golden;
  double at_low = value(low), at_high = value(high);
  while (right - left > 1e-6 && std::max(at_low, at_high) < enough) {
    if (at_low < at_high) {
      left = low;
      low = high;
      at_low = at_high;
      high = left + golden * (right - left);
      at_high = value(high);
    } else {
      right = high;
      high = low;
      at_high = at_low;
      low = right - golden * (right - left);
      at_low = value(low);
    }
  }
  return std::max(at_low, at_high);
}

std::vector<Inclusion> pack_inclusions(const GeneratorSettings& settings,
                                       const std::vector<double>& lengths) {
  const auto d = static_cast<double>(lengths.size());
  RandomStream random(mix_seed(settings.seed, 3));
  const auto radii = draw_radii(settings, settings.volume_fraction, lengths, random);
  const double shortest = *std::min_element(lengths.begin(), lengths.end());
  const double short_axis = radii.front() * std::pow(settings.aspect_ratio, -1. / d);
  constexpr int restarts = 200;
  std::vector<Inclusion> inclusions;
  if (2. * clearance * short_axis <= shortest)
    for (int attempt = 0; attempt < restarts; ++attempt)
      if (place_all(settings, radii, lengths, random, inclusions)) return inclusions;
  std::string where, remedy;
  if (settings.aspect_ratio > 1.) {
    where += fmt::format(" of aspect ratio {}", settings.aspect_ratio);
    remedy += " or the aspect ratio";
  }
  if (settings.n_clusters > 0) {
    where +=
        fmt::format(" in {} clusters of radius {}", settings.n_clusters, settings.cluster_radius);
    remedy += ", enlarge the clusters";
  }
  throw PackingError(fmt::format(
      "generator: {} non-overlapping inclusions{} do not reach a volume fraction of {}; random "
      "placement of spheres ends near 0.3 in 3D and 0.5 in 2D. Lower the fraction{} or, for few "
      "large inclusions, change their number",
      settings.n_inclusions, where, settings.volume_fraction, remedy));
}

std::vector<Inclusion> scatter_inclusions(const GeneratorSettings& settings,
                                          const std::vector<double>& lengths) {
  RandomStream random(mix_seed(settings.seed, 3));
  const auto radii = draw_radii(settings, -std::log1p(-settings.volume_fraction), lengths, random);
  const auto clusters = draw_clusters(settings, lengths, random);
  std::vector<Inclusion> inclusions;
  for (const double radius : radii)
    inclusions.push_back(
        draw_inclusion(settings, inclusions.size(), radius, clusters, lengths, random));
  return inclusions;
}

std::vector<std::uint32_t> voxels_inside(const std::vector<Inclusion>& inclusions, double fraction,
                                         const std::vector<int>& shape,
                                         const std::vector<double>& lengths) {
  const std::size_t d = shape.size();
  const std::array<int, 3> n{shape[0], shape[1], d == 3 ? shape[2] : 1};
  const std::size_t n_voxels = static_cast<std::size_t>(n[0]) * n[1] * n[2];
  std::vector<std::uint32_t> inside(n_voxels, 0), nearest(n_voxels, 0);
  const auto count =
      static_cast<std::size_t>(std::llround(fraction * static_cast<double>(n_voxels)));
  if (count == 0) return inside;

  // Scale at which the surface of an inclusion passes through the voxel's centre, the smallest of
  // all inclusions; exact below `scale`, which grows until it covers enough voxels.
  std::vector<double> depth(n_voxels);
  std::size_t covered = 0;
  for (double scale = 1.25; covered < count; scale *= 1.5) {
    depth.assign(n_voxels, std::numeric_limits<double>::max());
    for (std::size_t number = 0; number < inclusions.size(); ++number) {
      const auto& inclusion = inclusions[number];
      const Eigen::Matrix3d inverse = inclusion.shape.inverse();
      std::array<int, 3> first{0, 0, 0}, last{0, 0, 0};
      Eigen::Vector3d h = Eigen::Vector3d::Zero();
      for (std::size_t i = 0; i < d; ++i) {
        h[i] = lengths[i] / n[i];
        const double half_width = scale * std::sqrt(inclusion.shape(i, i));
        first[i] = static_cast<int>(std::ceil((inclusion.centre[i] - half_width) / h[i] - 0.5));
        last[i] = static_cast<int>(std::floor((inclusion.centre[i] + half_width) / h[i] - 0.5));
      }
      const auto wrapped = [](int index, int size) { return (index % size + size) % size; };
      for (int i = first[0]; i <= last[0]; ++i)
        for (int j = first[1]; j <= last[1]; ++j)
          for (int k = first[2]; k <= last[2]; ++k) {
            Eigen::Vector3d r((i + 0.5) * h[0], (j + 0.5) * h[1], (k + 0.5) * h[2]);
            r -= inclusion.centre;
            const auto voxel =
                (static_cast<std::size_t>(wrapped(i, n[0])) * n[1] + wrapped(j, n[1])) * n[2] +
                wrapped(k, n[2]);
            const double own = std::sqrt(r.dot(inverse * r));
            if (own >= depth[voxel]) continue;
            depth[voxel] = own;
            nearest[voxel] = static_cast<std::uint32_t>(number + 1);
          }
    }
    covered = static_cast<std::size_t>(
        std::count_if(depth.begin(), depth.end(), [&](double value) { return value <= scale; }));
  }

  std::vector<std::size_t> order(n_voxels);
  std::iota(order.begin(), order.end(), 0);
  const auto by_depth = [&](std::size_t a, std::size_t b) {
    return depth[a] != depth[b] ? depth[a] < depth[b] : a < b;
  };
  std::nth_element(order.begin(), order.begin() + static_cast<long>(std::min(count, n_voxels - 1)),
                   order.end(), by_depth);
  for (std::size_t i = 0; i < count; ++i) inside[order[i]] = nearest[order[i]];
  return inside;
}

}  // namespace seco::materials
