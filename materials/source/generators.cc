#include "seco/materials/generators.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "inclusion_packing.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument(what);
}

MandelMatrix for_dimension(const MandelMatrix& stiffness, int dimension, const std::string& name) {
  if (stiffness.rows() != 6 || stiffness.cols() != 6)
    refuse(fmt::format("generator: stiffness of the {} is {}x{}, expected 6x6", name,
                       stiffness.rows(), stiffness.cols()));
  return dimension == 3 ? stiffness : plane_strain(stiffness);
}

Rve empty_rve(const GeneratorSettings& settings) {
  Rve rve;
  rve.shape = settings.shape;
  rve.lengths = settings.lengths;
  rve.unit = settings.unit;
  if (rve.dimension() != 2 && rve.dimension() != 3)
    refuse(fmt::format("generator: the grid has {} axes, allowed are 2 or 3", rve.dimension()));
  if (rve.lengths.size() != rve.shape.size())
    refuse(fmt::format("generator: {} edge lengths for {} axes", rve.lengths.size(),
                       rve.shape.size()));
  for (std::size_t i = 0; i < rve.shape.size(); ++i)
    if (rve.shape[i] < 1 || rve.shape[i] > 4096 || !(rve.lengths[i] > 0))
      refuse(fmt::format(
          "generator: axis {} has {} voxels and length {}; allowed are 1 to 4096 voxels "
          "and positive lengths",
          i, rve.shape[i], rve.lengths[i]));
  rve.phase.assign(rve.n_voxels(), 0);
  return rve;
}

Rve polycrystal(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  const int d = rve.dimension();
  if (settings.n_grains < 1 || settings.n_grains > 65535)
    refuse(fmt::format("generator: {} grains, allowed are 1 to 65535", settings.n_grains));
  RandomStream positions(mix_seed(settings.seed, 1)), orientations(mix_seed(settings.seed, 2));
  std::vector<double> seeds;
  for (int g = 0; g < settings.n_grains; ++g)
    for (int i = 0; i < d; ++i) seeds.push_back(positions.uniform() * rve.lengths[i]);
  const MandelMatrix crystal = for_dimension(settings.crystal, 3, "crystal");
  for (int g = 0; g < settings.n_grains; ++g) {
    const Rotation orientation = draw_orientation(settings.texture, orientations);
    rve.stiffness.push_back(for_dimension(rotate(crystal, orientation), d, "crystal"));
    rve.orientation.push_back(to_euler(orientation));
  }

  // Squared periodic distance of every grid line to every seed, axis by axis.
  std::vector<std::vector<double>> distance(d);
  for (int i = 0; i < d; ++i)
    for (int x = 0; x < rve.shape[i]; ++x)
      for (int g = 0; g < settings.n_grains; ++g) {
        double delta = std::abs((x + 0.5) * rve.lengths[i] / rve.shape[i] - seeds[g * d + i]);
        delta = std::min(delta, rve.lengths[i] - delta);
        distance[i].push_back(delta * delta);
      }
  const int n = settings.n_grains, depth = d == 3 ? rve.shape[2] : 1;
  std::vector<double> plane(n);
  std::size_t voxel = 0;
  for (int i = 0; i < rve.shape[0]; ++i)
    for (int j = 0; j < rve.shape[1]; ++j) {
      for (int g = 0; g < n; ++g) plane[g] = distance[0][i * n + g] + distance[1][j * n + g];
      for (int k = 0; k < depth; ++k, ++voxel) {
        const double* last =
            d == 3 ? distance[2].data() + static_cast<std::size_t>(k) * n : nullptr;
        double smallest = std::numeric_limits<double>::max();
        int nearest = 0;
        for (int g = 0; g < n; ++g) {
          const double value = last ? plane[g] + last[g] : plane[g];
          if (value < smallest) {
            smallest = value;
            nearest = g;
          }
        }
        rve.phase[voxel] = static_cast<std::uint16_t>(nearest);
      }
    }
  return rve;
}

void check_inclusions(const GeneratorSettings& settings) {
  if (!(settings.volume_fraction >= 0) || !(settings.volume_fraction < 1))
    refuse(fmt::format("generator: volume fraction {}, allowed are values from 0 to below 1",
                       settings.volume_fraction));
  if (settings.n_inclusions < 1 || settings.n_inclusions > 100000)
    refuse(fmt::format("generator: {} inclusions, allowed are 1 to 100000", settings.n_inclusions));
  if (!(settings.radius_ratio > 0) || !(settings.radius_ratio <= 1))
    refuse(fmt::format("generator: radius ratio {}, allowed are values above 0 up to 1",
                       settings.radius_ratio));
  if (!(settings.aspect_ratio >= 1) || !(settings.aspect_ratio <= 100))
    refuse(fmt::format("generator: aspect ratio {}, allowed are values from 1 to 100",
                       settings.aspect_ratio));
  if (settings.n_clusters < 0 || settings.n_clusters > settings.n_inclusions)
    refuse(fmt::format("generator: {} clusters, allowed are 0 to the number of inclusions, {}",
                       settings.n_clusters, settings.n_inclusions));
  if (settings.n_clusters > 0 &&
      (!(settings.cluster_radius > 0) || !std::isfinite(settings.cluster_radius)))
    refuse(fmt::format("generator: cluster radius {}, allowed are positive lengths",
                       settings.cluster_radius));
  if (!(settings.inclusion_factor >= 0) || !std::isfinite(settings.inclusion_factor))
    refuse(fmt::format("generator: inclusion factor {}, allowed are finite values from 0",
                       settings.inclusion_factor));
}

Rve inclusions(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  check_inclusions(settings);
  rve.stiffness = {
      for_dimension(settings.matrix, rve.dimension(), "matrix"),
      settings.inclusion_factor * for_dimension(settings.inclusion, rve.dimension(), "inclusion")};
  if (settings.volume_fraction == 0.) return rve;
  rve.phase = voxels_inside(pack_inclusions(settings, rve.lengths), settings.volume_fraction,
                            rve.shape, rve.lengths);
  return rve;
}

Rve fibres(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  check_inclusions(settings);
  if (rve.dimension() != 3) refuse("generator: fibres need a 3D grid; in 2D use inclusions");
  if (settings.axis < 0 || settings.axis > 2)
    refuse(fmt::format("generator: fibre axis {}, allowed are 0, 1, 2", settings.axis));
  rve.stiffness = {for_dimension(settings.matrix, 3, "matrix"),
                   settings.inclusion_factor * for_dimension(settings.inclusion, 3, "inclusion")};
  if (settings.volume_fraction == 0.) return rve;
  std::vector<int> shape;
  std::vector<double> lengths;
  for (int i = 0; i < 3; ++i)
    if (i != settings.axis) {
      shape.push_back(rve.shape[i]);
      lengths.push_back(rve.lengths[i]);
    }
  const auto section =
      voxels_inside(pack_inclusions(settings, lengths), settings.volume_fraction, shape, lengths);
  std::size_t voxel = 0;
  for (int i = 0; i < rve.shape[0]; ++i)
    for (int j = 0; j < rve.shape[1]; ++j)
      for (int k = 0; k < rve.shape[2]; ++k, ++voxel) {
        const int a = settings.axis == 0 ? j : i, b = settings.axis == 2 ? j : k;
        rve.phase[voxel] = section[static_cast<std::size_t>(a) * shape[1] + b];
      }
  return rve;
}

Rve laminate(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  const int d = rve.dimension();
  if (settings.axis < 0 || settings.axis >= d)
    refuse(fmt::format("generator: layer normal {}, allowed are 0 to {}", settings.axis, d - 1));
  const double sum = std::accumulate(settings.fractions.begin(), settings.fractions.end(), 0.);
  if (settings.layers.empty() || settings.layers.size() != settings.fractions.size() ||
      !(sum > 0) || *std::min_element(settings.fractions.begin(), settings.fractions.end()) < 0)
    refuse(fmt::format(
        "generator: {} layers with fractions {}; every layer needs a fraction that is not "
        "negative",
        settings.layers.size(), fmt::join(settings.fractions, ", ")));
  for (const auto& layer : settings.layers)
    rve.stiffness.push_back(for_dimension(layer, d, "layer"));
  const int n = rve.shape[settings.axis];
  std::vector<std::uint16_t> layer_of(n, 0);
  for (int x = 0; x < n; ++x) {
    double top = 0;
    std::size_t layer = 0;
    for (; layer + 1 < settings.fractions.size(); ++layer) {
      top += settings.fractions[layer] / sum;
      if ((x + 0.5) / n < top) break;
    }
    layer_of[x] = static_cast<std::uint16_t>(layer);
  }
  std::size_t stride = 1;
  for (int i = d - 1; i > settings.axis; --i) stride *= static_cast<std::size_t>(rve.shape[i]);
  for (std::size_t v = 0; v < rve.phase.size(); ++v) rve.phase[v] = layer_of[v / stride % n];
  return rve;
}

Rve homogeneous(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  rve.stiffness = {for_dimension(settings.matrix, rve.dimension(), "matrix")};
  return rve;
}

}  // namespace

std::vector<std::string> generator_names() {
  return {"polycrystal", "inclusions", "fibres", "laminate", "homogeneous"};
}

Rve generate(const GeneratorSettings& settings) {
  Rve rve;
  if (settings.type == "polycrystal")
    rve = polycrystal(settings);
  else if (settings.type == "inclusions")
    rve = inclusions(settings);
  else if (settings.type == "fibres")
    rve = fibres(settings);
  else if (settings.type == "laminate")
    rve = laminate(settings);
  else if (settings.type == "homogeneous")
    rve = homogeneous(settings);
  else
    refuse(fmt::format("generator '{}' is not known; known are {}{}", settings.type,
                       fmt::join(generator_names(), ", "),
                       did_you_mean(settings.type, generator_names(), true)));
  check(rve, fmt::format("generated {}", settings.type));
  return rve;
}

}  // namespace seco::materials
