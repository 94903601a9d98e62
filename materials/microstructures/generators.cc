#include "seco/materials/generators.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "inclusion_packing.h"
#include "phase_placement.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw std::invalid_argument(what);
}

/// Adds a phase; one that is given in plane strain only has no 6 x 6 stiffness.
void add_phase(Rve& rve, const MandelMatrix& stiffness) {
  const bool spatial = stiffness.rows() == 6;
  const bool all_spatial = rve.stiffness_3d.size() == rve.stiffness.size();
  rve.stiffness.push_back(rve.dimension() == 2 && spatial ? plane_strain(stiffness) : stiffness);
  if (rve.dimension() == 3) return;
  if (spatial && all_spatial)
    rve.stiffness_3d.push_back(stiffness);
  else
    rve.stiffness_3d.clear();
}

void check_grid(const GeneratorSettings& settings) {
  const auto& shape = settings.shape;
  const auto& lengths = settings.lengths;
  if (shape.size() != 2 && shape.size() != 3)
    refuse(fmt::format("generator: the grid has {} axes, allowed are 2 or 3", shape.size()));
  if (lengths.size() != shape.size())
    refuse(fmt::format("generator: {} edge lengths for {} axes", lengths.size(), shape.size()));
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] < 1 || shape[i] > 4096 || !(lengths[i] > 0))
      refuse(fmt::format(
          "generator: axis {} has {} voxels and length {}; allowed are 1 to 4096 voxels "
          "and positive lengths",
          i, shape[i], lengths[i]));
}

Rve empty_rve(const GeneratorSettings& settings) {
  check_grid(settings);
  Rve rve;
  rve.shape = settings.shape;
  rve.lengths = settings.lengths;
  rve.unit = settings.unit;
  rve.phase.assign(rve.n_voxels(), 0);
  return rve;
}

/// The Voronoi grain of every voxel of a periodic cell.
/// @throws std::invalid_argument for more grains than voxels
std::vector<std::uint16_t> voronoi_grains(const GeneratorSettings& settings, const Rve& rve) {
  const int d = rve.dimension();
  if (settings.n_grains < 1 || settings.n_grains > 65535)
    refuse(fmt::format("generator: {} grains, allowed are 1 to 65535", settings.n_grains));
  if (static_cast<std::size_t>(settings.n_grains) > rve.n_voxels())
    refuse(
        fmt::format("generator: {} grains in {} voxels, where at least {} of them would vanish; "
                    "allowed are at most as many grains as voxels",
                    settings.n_grains, rve.n_voxels(), settings.n_grains - rve.n_voxels()));
  RandomStream positions(mix_seed(settings.seed, 1));
  std::vector<double> seeds;
  for (int g = 0; g < settings.n_grains; ++g)
    for (int i = 0; i < d; ++i) seeds.push_back(positions.uniform() * rve.lengths[i]);

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
  std::vector<std::uint16_t> grain(rve.n_voxels());
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
        grain[voxel] = static_cast<std::uint16_t>(nearest);
      }
    }
  return grain;
}

Rve polycrystal(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  rve.phase = voronoi_grains(settings, rve);
  if (settings.crystal.rows() != 6 || settings.crystal.cols() != 6)
    refuse(fmt::format("generator: stiffness of the crystal is {}x{}, expected 6x6",
                       settings.crystal.rows(), settings.crystal.cols()));
  RandomStream orientations(mix_seed(settings.seed, 2));
  for (int g = 0; g < settings.n_grains; ++g) {
    const Rotation orientation = draw_orientation(settings.texture, orientations);
    add_phase(rve, rotate(settings.crystal, orientation));
    rve.orientation.push_back(to_euler(orientation));
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

/// Voxels of the inclusions of a fraction, of so many.
/// @throws PackingError if a phase would have none
std::size_t n_voxels_inside(const GeneratorSettings& settings, std::size_t n_voxels) {
  const auto n = static_cast<double>(n_voxels);
  const auto inside = static_cast<std::size_t>(std::llround(settings.volume_fraction * n));
  if (settings.volume_fraction > 0 && (inside == 0 || inside == n_voxels))
    throw PackingError(fmt::format(
        "generator: volume fraction {:g} is {:.3g} of {} voxels{}, so that the {} would vanish; "
        "allowed are 0 and values from {:.3g} to {:.3g}, or more voxels",
        settings.volume_fraction, settings.volume_fraction * n, n_voxels,
        settings.type == "fibres" ? " in the section" : "", inside == 0 ? "inclusions" : "matrix",
        0.5 / n, 1. - 0.5 / n));
  return inside;
}

/// Grid and lengths of the section across the fibres.
std::pair<std::vector<int>, std::vector<double>> section_of(const GeneratorSettings& settings) {
  std::pair<std::vector<int>, std::vector<double>> section;
  for (int i = 0; i < 3; ++i)
    if (i != settings.axis) {
      section.first.push_back(settings.shape[i]);
      section.second.push_back(settings.lengths[i]);
    }
  return section;
}

void check_fibres(const GeneratorSettings& settings) {
  if (settings.shape.size() != 3) refuse("generator: fibres need a 3D grid; in 2D use inclusions");
  if (settings.axis < 0 || settings.axis > 2)
    refuse(fmt::format("generator: fibre axis {}, allowed are 0, 1, 2", settings.axis));
}

Rve inclusions(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  check_inclusions(settings);
  const auto placed = placed_phases(settings);
  add_phase(rve, placed[0].stiffness);
  const bool own_phases = placed[1].along_each_inclusion;
  if (!own_phases) add_phase(rve, settings.inclusion_factor * placed[1].stiffness);
  n_voxels_inside(settings, rve.n_voxels());
  if (settings.volume_fraction == 0.) {
    if (own_phases) add_phase(rve, settings.inclusion_factor * placed[1].stiffness);
    return rve;
  }
  const auto packed = settings.type == "overlapping" ? scatter_inclusions(settings, rve.lengths)
                                                     : pack_inclusions(settings, rve.lengths);
  if (own_phases)
    for (const auto& inclusion : packed)
      add_phase(rve, settings.inclusion_factor * turned_to(placed[1], inclusion.direction));
  const auto inside = voxels_inside(packed, settings.volume_fraction, rve.shape, rve.lengths);
  for (std::size_t v = 0; v < inside.size(); ++v)
    rve.phase[v] = static_cast<std::uint16_t>(own_phases ? inside[v] : inside[v] > 0);
  return rve;
}

Rve grains(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  check_inclusions(settings);
  for (const auto& placed : placed_phases(settings)) add_phase(rve, placed.stiffness);
  rve.stiffness[1] *= settings.inclusion_factor;
  if (!rve.stiffness_3d.empty()) rve.stiffness_3d[1] *= settings.inclusion_factor;
  const auto grain = voronoi_grains(settings, rve);
  std::vector<std::size_t> size(static_cast<std::size_t>(settings.n_grains), 0);
  for (const auto g : grain) ++size[g];
  // Grains in a random order, as many as bring the volume nearest to the fraction.
  RandomStream random(mix_seed(settings.seed, 5));
  std::vector<std::pair<double, std::size_t>> order;
  for (std::size_t g = 0; g < size.size(); ++g) order.emplace_back(random.uniform(), g);
  std::sort(order.begin(), order.end());
  const double asked = settings.volume_fraction * static_cast<double>(grain.size());
  std::vector<bool> included(size.size(), false);
  double inside = 0;
  for (const auto& [key, g] : order) {
    const double more = inside + static_cast<double>(size[g]);
    if (std::abs(more - asked) > std::abs(inside - asked)) continue;
    included[g] = true;
    inside = more;
  }
  if (settings.volume_fraction > 0 && (inside == 0 || inside == static_cast<double>(grain.size())))
    throw PackingError(fmt::format(
        "generator: {} grains do not reach a volume fraction of {:g} to better than {:g}, so that "
        "the {} would vanish; allowed are 0, or more grains",
        settings.n_grains, settings.volume_fraction, inside / static_cast<double>(grain.size()),
        inside == 0 ? "inclusions" : "matrix"));
  for (std::size_t v = 0; v < grain.size(); ++v) rve.phase[v] = included[grain[v]] ? 1 : 0;
  return rve;
}

Rve fibres(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  check_inclusions(settings);
  check_fibres(settings);
  const auto placed = placed_phases(settings);
  add_phase(rve, placed[0].stiffness);
  add_phase(rve, settings.inclusion_factor * placed[1].stiffness);
  const auto [shape, lengths] = section_of(settings);
  n_voxels_inside(settings, static_cast<std::size_t>(shape[0]) * shape[1]);
  if (settings.volume_fraction == 0.) return rve;
  const auto section =
      voxels_inside(pack_inclusions(settings, lengths), settings.volume_fraction, shape, lengths);
  std::size_t voxel = 0;
  for (int i = 0; i < rve.shape[0]; ++i)
    for (int j = 0; j < rve.shape[1]; ++j)
      for (int k = 0; k < rve.shape[2]; ++k, ++voxel) {
        const int a = settings.axis == 0 ? j : i, b = settings.axis == 2 ? j : k;
        rve.phase[voxel] = section[static_cast<std::size_t>(a) * shape[1] + b] > 0 ? 1 : 0;
      }
  return rve;
}

/// The layer of every slice of voxels. @throws std::invalid_argument if a layer has none
std::vector<std::uint16_t> layers_of_slices(const GeneratorSettings& settings) {
  const int d = static_cast<int>(settings.shape.size());
  const auto& fractions = settings.fractions;
  if (settings.axis < 0 || settings.axis >= d)
    refuse(fmt::format("generator: layer normal {}, allowed are 0 to {}", settings.axis, d - 1));
  const double sum = std::accumulate(fractions.begin(), fractions.end(), 0.);
  if (settings.layers.empty() || settings.layers.size() != fractions.size() || !(sum > 0) ||
      !std::isfinite(sum) || !(*std::min_element(fractions.begin(), fractions.end()) > 0))
    refuse(fmt::format(
        "generator: {} layers with fractions {}; every layer needs a fraction above 0 (leave out a "
        "layer that has none)",
        settings.layers.size(), fmt::join(fractions, ", ")));
  const int n = settings.shape[settings.axis];
  std::vector<std::uint16_t> layer_of(n, 0);
  std::vector<int> count(fractions.size(), 0);
  for (int x = 0; x < n; ++x) {
    double top = 0;
    std::size_t layer = 0;
    for (; layer + 1 < fractions.size(); ++layer) {
      top += fractions[layer] / sum;
      if ((x + 0.5) / n < top) break;
    }
    layer_of[x] = static_cast<std::uint16_t>(layer);
    ++count[layer];
  }
  for (std::size_t layer = 0; layer < count.size(); ++layer)
    if (count[layer] == 0)
      refuse(fmt::format(
          "generator: layer {} of the laminate is {:.3g} of {} voxels along axis {} thick and "
          "holds "
          "the centre of none, so that it would vanish; allowed are fractions that do, or more "
          "voxels",
          layer, fractions[layer] / sum * n, n, settings.axis));
  return layer_of;
}

Rve laminate(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  const int d = rve.dimension();
  const auto layer_of = layers_of_slices(settings);
  for (const auto& placed : placed_phases(settings)) add_phase(rve, placed.stiffness);
  const int n = rve.shape[settings.axis];
  std::size_t stride = 1;
  for (int i = d - 1; i > settings.axis; --i) stride *= static_cast<std::size_t>(rve.shape[i]);
  for (std::size_t v = 0; v < rve.phase.size(); ++v) rve.phase[v] = layer_of[v / stride % n];
  return rve;
}

Rve homogeneous(const GeneratorSettings& settings) {
  Rve rve = empty_rve(settings);
  add_phase(rve, placed_phases(settings)[0].stiffness);
  return rve;
}

/// Whether the type places inclusions whose fraction is met to a voxel.
bool has_inclusions(const std::string& type) {
  return type == "inclusions" || type == "overlapping" || type == "fibres";
}

/// Differences that are said.
bool differs(double reached, double asked) {
  return std::abs(reached - asked) > 1e-3 * asked;
}

std::vector<std::string> notes_on_fractions(const GeneratorSettings& settings) {
  std::vector<std::string> notes;
  if (settings.type == "laminate") {
    const auto layer_of = layers_of_slices(settings);
    const auto n = static_cast<double>(layer_of.size());
    const double sum = std::accumulate(settings.fractions.begin(), settings.fractions.end(), 0.);
    std::vector<double> asked, reached;
    bool different = false;
    for (std::size_t layer = 0; layer < settings.fractions.size(); ++layer) {
      asked.push_back(settings.fractions[layer] / sum);
      reached.push_back(static_cast<double>(std::count(layer_of.begin(), layer_of.end(), layer)) /
                        n);
      different = different || differs(reached.back(), asked.back());
    }
    if (different)
      notes.push_back(fmt::format(
          "laminate: {} voxels along axis {} give the layers the fractions {:.4g}, "
          "asked are {:.4g}",
          layer_of.size(), settings.axis, fmt::join(reached, ", "), fmt::join(asked, ", ")));
  }
  if (has_inclusions(settings.type)) {
    std::size_t n = 1;
    for (const int size : settings.type == "fibres" ? section_of(settings).first : settings.shape)
      n *= static_cast<std::size_t>(size);
    const auto inside = n_voxels_inside(settings, n);
    const double reached = static_cast<double>(inside) / static_cast<double>(n);
    if (differs(reached, settings.volume_fraction))
      notes.push_back(
          fmt::format("{}: {} of {} voxels{} give the volume fraction {:.4g}, asked is {:.4g}",
                      settings.type, inside, n, settings.type == "fibres" ? " in the section" : "",
                      reached, settings.volume_fraction));
    const double each = static_cast<double>(inside) / settings.n_inclusions;
    if (inside > 0 && each < 4.)
      notes.push_back(fmt::format(
          "{}: {} of them share {} voxels, {:.2g} each: {}", settings.type, settings.n_inclusions,
          inside, each,
          each < 1. ? fmt::format("at least {} have none", settings.n_inclusions - inside)
                    : std::string("small ones may have none")));
  }
  if (settings.type == "polycrystal" || settings.type == "grains") {
    std::size_t n = 1;
    for (const int size : settings.shape) n *= static_cast<std::size_t>(size);
    const double each = static_cast<double>(n) / settings.n_grains;
    if (each < 8.)
      notes.push_back(fmt::format("{}: {} grains share {} voxels, {:.2g} each: some may have none",
                                  settings.type, settings.n_grains, n, each));
  }
  return notes;
}

}  // namespace

std::vector<std::string> generator_names() {
  return {"polycrystal", "inclusions", "overlapping", "grains",
          "fibres",      "laminate",   "homogeneous"};
}

Rve generate(const GeneratorSettings& settings) {
  Rve rve;
  if (settings.type == "polycrystal")
    rve = polycrystal(settings);
  else if (settings.type == "inclusions" || settings.type == "overlapping")
    rve = inclusions(settings);
  else if (settings.type == "grains")
    rve = grains(settings);
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

std::vector<std::string> notes_on(const GeneratorSettings& settings, bool with_fractions,
                                  bool any_axis) {
  check_grid(settings);
  std::vector<std::string> notes;
  if (has_inclusions(settings.type) || settings.type == "grains") check_inclusions(settings);
  if (settings.type == "fibres") check_fibres(settings);
  if (settings.type != "polycrystal")
    for (const auto& placed : placed_phases(settings, any_axis))
      if (!placed.note.empty()) notes.push_back(placed.note);
  if (with_fractions)
    for (auto& note : notes_on_fractions(settings)) notes.push_back(std::move(note));
  return notes;
}

std::size_t n_phases(const GeneratorSettings& settings) {
  if (settings.type == "polycrystal") return static_cast<std::size_t>(settings.n_grains);
  if (settings.type == "laminate") return settings.layers.size();
  if (settings.type == "homogeneous") return 1;
  if (has_inclusions(settings.type) && placed_phases(settings)[1].along_each_inclusion)
    return 1 + static_cast<std::size_t>(settings.n_inclusions);
  return 2;
}

}  // namespace seco::materials
