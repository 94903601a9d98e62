#include "crystal_points.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/Eigenvalues>
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <set>
#include <stdexcept>

#include "phase_stiffness.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

constexpr double radians_per_degree = M_PI / 180.;
/// As many as an RVE has phases.
constexpr std::size_t most_crystals = 65536;
constexpr const char* unindexed_name = "unindexed";

Rotation turn(double degrees, const Eigen::Vector3d& axis) {
  return Eigen::AngleAxisd(degrees * radians_per_degree, axis.normalized()).toRotationMatrix();
}

/// All products of the generators. @param generators of a finite group
std::vector<Rotation> group_of(const std::vector<Rotation>& generators) {
  std::vector<Rotation> group{Rotation::Identity()};
  for (std::size_t i = 0; i < group.size(); ++i)
    for (const auto& generator : generators) {
      const Rotation product = group[i] * generator;
      const bool known = std::any_of(group.begin(), group.end(), [&](const Rotation& other) {
        return (other - product).cwiseAbs().maxCoeff() < 1e-9;
      });
      if (!known) group.push_back(product);
    }
  return group;
}

/// Calls `visit` for the neighbours of a point across the faces of its voxel.
template <typename Visit>
void for_neighbours(const std::array<int, 3>& shape, std::size_t point, const Visit& visit) {
  const auto n2 = static_cast<std::size_t>(shape[1]), n3 = static_cast<std::size_t>(shape[2]);
  const std::array<std::size_t, 3> stride{n2 * n3, n3, 1};
  const std::array<std::size_t, 3> index{point / stride[0], point / n3 % n2, point % n3};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (index[axis] > 0) visit(point - stride[axis]);
    if (index[axis] + 1 < static_cast<std::size_t>(shape[axis])) visit(point + stride[axis]);
  }
}

/// The group of a phase as quaternions.
std::vector<Eigen::Quaterniond> symmetry_of(const CrystalPoints& points, std::int64_t phase) {
  const auto entry = points.laue_groups.find(phase);
  std::vector<Eigen::Quaterniond> result;
  for (const auto& rotation :
       rotations_of_laue_group(entry == points.laue_groups.end() ? "" : entry->second))
    result.emplace_back(rotation);
  return result;
}

/// The orientation equivalent to `q` that is nearest to `to`, with the sign of `to`.
Eigen::Quaterniond nearest_equivalent(const Eigen::Quaterniond& q, const Eigen::Quaterniond& to,
                                      const std::vector<Eigen::Quaterniond>& symmetry) {
  Eigen::Quaterniond best = q;
  double largest = -1.;
  for (const auto& element : symmetry) {
    const Eigen::Quaterniond equivalent = q * element;
    const double product = equivalent.dot(to);
    if (std::abs(product) <= largest) continue;
    largest = std::abs(product);
    best = equivalent;
    if (product < 0.) best.coeffs() = -best.coeffs();
  }
  return best;
}

double angle_between(const Eigen::Quaterniond& a, const Eigen::Quaterniond& b) {
  // The arc sine of the chord: that of the cosine loses half of the digits near zero.
  const double sign = a.dot(b) < 0. ? -1. : 1.;
  const double chord = (a.coeffs() - sign * b.coeffs()).norm();
  return 4. * std::asin(std::min(1., 0.5 * chord)) / radians_per_degree;
}

void add_crystal(LabelledGrid& grid, std::int64_t phase, const Rotation& orientation) {
  Crystal crystal;
  crystal.phase = phase;
  crystal.orientation = orientation;
  grid.crystals.emplace(static_cast<std::int32_t>(grid.crystals.size()), crystal);
}

/// Points of equal phase and orientation are one crystal. Labels of others stay -1.
void label_equal_points(LabelledGrid& grid, const CrystalPoints& points) {
  std::map<std::array<double, 10>, std::int32_t> label_of;
  for (std::size_t p = 0; p < points.n_points(); ++p) {
    if (!points.indexed[p]) continue;
    std::array<double, 10> key{};
    key[9] = static_cast<double>(points.phase[p]);
    std::copy_n(points.orientation[p].data(), 9, key.begin());
    const auto [entry, is_new] = label_of.emplace(key, static_cast<std::int32_t>(label_of.size()));
    grid.label[p] = entry->second;
    if (is_new) add_crystal(grid, points.phase[p], points.orientation[p]);
  }
}

/// Connected points of one phase within the angle are one crystal.
void label_grains(LabelledGrid& grid, const CrystalPoints& points, double largest_angle) {
  std::map<std::int64_t, std::vector<Eigen::Quaterniond>> symmetries;
  std::vector<Eigen::Quaterniond> equivalent(points.n_points());
  std::vector<std::size_t> grain;
  double largest_spread = 0., sum = 0.;
  std::size_t n_indexed = 0;
  for (std::size_t first = 0; first < points.n_points(); ++first) {
    if (!points.indexed[first] || grid.label[first] >= 0) continue;
    const auto phase = points.phase[first];
    if (!symmetries.count(phase)) symmetries.emplace(phase, symmetry_of(points, phase));
    const auto& symmetry = symmetries.at(phase);
    const auto label = static_cast<std::int32_t>(grid.crystals.size());
    grain.assign(1, first);
    grid.label[first] = label;
    equivalent[first] = Eigen::Quaterniond(points.orientation[first]);
    Eigen::Matrix4d squares = Eigen::Matrix4d::Zero();
    for (std::size_t next = 0; next < grain.size(); ++next) {
      const auto point = grain[next];
      squares += equivalent[point].coeffs() * equivalent[point].coeffs().transpose();
      for_neighbours(points.shape, point, [&](std::size_t other) {
        if (!points.indexed[other] || grid.label[other] >= 0 || points.phase[other] != phase)
          return;
        const auto q = nearest_equivalent(Eigen::Quaterniond(points.orientation[other]),
                                          equivalent[point], symmetry);
        if (angle_between(q, equivalent[point]) > largest_angle) return;
        grid.label[other] = label;
        equivalent[other] = q;
        grain.push_back(other);
      });
    }
    Eigen::Quaterniond mean = equivalent[first];
    if (grain.size() > 1)
      mean.coeffs() = Eigen::SelfAdjointEigenSolver<Eigen::Matrix4d>(squares).eigenvectors().col(3);
    add_crystal(grid, phase,
                grain.size() > 1 ? Rotation(mean.normalized().toRotationMatrix())
                                 : points.orientation[first]);
    for (const auto point : grain) {
      const auto angle = angle_between(nearest_equivalent(equivalent[point], mean, symmetry), mean);
      largest_spread = std::max(largest_spread, angle);
      sum += angle;
    }
    n_indexed += grain.size();
  }
  grid.notes.push_back(fmt::format(
      "{} indexed points are {} grains: neighbours of one phase whose misorientation is at most "
      "{} degrees are of one grain, which has their mean orientation; points are {:.3g} degrees "
      "from it on average, at most {:.3g}",
      n_indexed, grid.crystals.size(), largest_angle,
      n_indexed > 0 ? sum / static_cast<double>(n_indexed) : 0., largest_spread));
}

/// Labels of the nearest labelled points, in steps to neighbours, for points without a label.
void spread_labels(LabelledGrid& grid) {
  std::deque<std::size_t> front;
  for (std::size_t p = 0; p < grid.label.size(); ++p)
    if (grid.label[p] >= 0) front.push_back(p);
  while (!front.empty()) {
    const auto point = front.front();
    front.pop_front();
    for_neighbours(grid.shape, point, [&](std::size_t other) {
      if (grid.label[other] >= 0) return;
      grid.label[other] = grid.label[point];
      front.push_back(other);
    });
  }
}

/// A phase of its own for the points without a label.
void add_unindexed_phase(LabelledGrid& grid) {
  std::int64_t number = 0;
  while (grid.phases.count(number)) --number;
  FilePhase phase;
  phase.name = unindexed_name;
  phase.remark = fmt::format(
      "it stands for the points that are not indexed; give it a stiffness, "
      "'{} = ...', or void",
      unindexed_name);
  grid.phases.emplace(number, phase);
  const auto label = static_cast<std::int32_t>(grid.crystals.size());
  Crystal crystal;
  crystal.phase = number;
  grid.crystals.emplace(label, crystal);
  std::replace(grid.label.begin(), grid.label.end(), std::int32_t{-1}, label);
}

bool has_hexagonal_axes(const std::string& group) {
  return group == "-3" || group == "-3m1" || group == "-31m" || group == "6/m" || group == "6/mmm";
}

/// Phases of the points whose Laue group is not known.
std::set<std::int64_t> phases_without_laue_group(const CrystalPoints& points) {
  std::set<std::int64_t> unknown;
  for (std::size_t p = 0; p < points.n_points(); ++p) {
    if (!points.indexed[p]) continue;
    const auto group = points.laue_groups.find(points.phase[p]);
    if (group == points.laue_groups.end() || group->second.empty()) unknown.insert(points.phase[p]);
  }
  return unknown;
}

/// Whether the Laue group of a phase of the points is not known. Refused where it matters: axes may
/// have to be turned from a* to a, and points of one grain may have equivalent orientations.
bool lacks_laue_groups(const CrystalPoints& points, const std::string& along,
                       const std::string& path, const MicrostructureOptions& options) {
  const auto unknown = phases_without_laue_group(points);
  if (unknown.empty()) return false;
  if (along == "a" && options.grain_angle == 0.) return true;
  const auto phase = points.phases.find(*unknown.begin());
  throw std::invalid_argument(fmt::format(
      "{}: the file tells no Laue group that is known of phase {}{}, {}", path, *unknown.begin(),
      phase == points.phases.end() || phase->second.name.empty()
          ? ""
          : fmt::format(" '{}'", phase->second.name),
      options.grain_angle > 0.
          ? "on which it depends what orientations are the same (--grain-angle, 'Grain angle'); "
            "correct it in the file, or do without grains"
          : "on which it depends whether axis 1 of its angles is a*; correct it in the file, or "
            "say that it is a (--hexagonal-axis, 'Hexagonal axis')"));
}

/// Turns orientations to the axes of the map, and crystal axes to those of elastic constants.
void turn_axes(CrystalPoints& points, const std::string& path,
               const MicrostructureOptions& options) {
  const auto text = options.sample_axes.empty() ? points.sample_axes : options.sample_axes;
  Rotation axes = Rotation::Identity();
  try {
    axes = sample_axes_from_text(text);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(
        fmt::format("{}: {} (--sample-axes, 'Sample axes')", path, error.what()));
  }
  points.notes.push_back(fmt::format(
      "orientations refer to the axes {} of the map, whose axis 0 is x of the file{}", text,
      options.sample_axes.empty() ? ", as the program that wrote it has it" : ", as asked for"));
  if (options.sample_axes.empty() && !points.sample_axes_warning.empty())
    points.notes.push_back(points.sample_axes_warning);
  std::map<std::int64_t, Rotation> crystal_axes;
  std::vector<std::string> hexagonal;
  const auto names = distinct_names(points.phases);
  const auto along =
      options.hexagonal_axis.empty() ? points.hexagonal_axis : options.hexagonal_axis;
  if (along != "a" && along != "a*")
    throw std::invalid_argument(fmt::format(
        "{}: hexagonal axis '{}' (--hexagonal-axis, 'Hexagonal axis'): allowed are a and a*", path,
        along));
  const bool lacks_groups = lacks_laue_groups(points, along, path, options);
  for (const auto& [number, group] : points.laue_groups) {
    if (!has_hexagonal_axes(group)) continue;
    const auto name = names.find(number);
    hexagonal.push_back(name == names.end() ? std::to_string(number) : name->second);
    // a is 30 degrees before a* about c.
    if (along == "a*") crystal_axes.emplace(number, turn(-30., Eigen::Vector3d::UnitZ()));
  }
  if (hexagonal.empty() && !lacks_groups && !options.hexagonal_axis.empty())
    throw std::invalid_argument(fmt::format(
        "{}: hexagonal axis '{}' (--hexagonal-axis, 'Hexagonal axis') has no effect: no phase of "
        "the file is hexagonal or trigonal",
        path, along));
  if (!hexagonal.empty())
    points.notes.push_back(fmt::format(
        "hexagonal and trigonal phases ({}): axis 1 of the angles is {} of the crystal{}; axis 1 "
        "of the elastic constants is a, axis 3 is c",
        fmt::join(hexagonal, ", "), along,
        !options.hexagonal_axis.empty()   ? ", as asked for"
        : points.hexagonal_source.empty() ? std::string()
                                          : fmt::format(" ({})", points.hexagonal_source)));
  const bool same = (axes - Rotation::Identity()).cwiseAbs().maxCoeff() == 0.;
  for (std::size_t p = 0; p < points.n_points(); ++p) {
    if (!points.indexed[p]) continue;
    auto& orientation = points.orientation[p];
    if (!same) orientation = axes * orientation;
    if (const auto crystal = crystal_axes.find(points.phase[p]); crystal != crystal_axes.end())
      orientation = orientation * crystal->second;
  }
}

/// What the file does not say and the options do not either.
void ask(const CrystalPoints& points, std::size_t n_unindexed, const std::string& path,
         const MicrostructureOptions& options) {
  std::vector<std::string> questions;
  if (points.sample_axes.empty() && options.sample_axes.empty())
    questions.push_back(fmt::format(
        "the file does not say which axes of the map x, y, z (x along rows, y along columns as on "
        "file) its angles refer to; give the three axes (--sample-axes, 'Sample axes'): {}",
        points.usual_sample_axes));
  if (n_unindexed > 0 && options.unindexed.empty())
    questions.push_back(fmt::format(
        "{} of {} points are not indexed ({:.3g} %); say what they are (--unindexed, 'Unindexed'): "
        "nearest, the crystal of the nearest indexed point, or phase, a phase '{}' with a "
        "stiffness",
        n_unindexed, points.n_points(),
        100. * static_cast<double>(n_unindexed) / static_cast<double>(points.n_points()),
        unindexed_name));
  if (!questions.empty())
    throw std::invalid_argument(fmt::format("{}: {}", path, fmt::join(questions, "; and ")));
}

}  // namespace

std::size_t CrystalPoints::n_points() const {
  return static_cast<std::size_t>(shape[0]) * static_cast<std::size_t>(shape[1]) *
         static_cast<std::size_t>(shape[2]);
}

void CrystalPoints::resize() {
  phase.assign(n_points(), 0);
  orientation.assign(n_points(), Rotation::Identity());
  indexed.assign(n_points(), 0);
}

std::size_t CrystalPoints::position(int i, int j, int k) const {
  return (static_cast<std::size_t>(i) * static_cast<std::size_t>(shape[1]) +
          static_cast<std::size_t>(j)) *
             static_cast<std::size_t>(shape[2]) +
         static_cast<std::size_t>(k);
}

bool is_near_grid_point(double found, double expected, double step) {
  return std::abs(found - expected) <= 0.5 * step + 0.05 * std::abs(expected);
}

double length_of_map(const std::string& axis, int n, double step, double span, double rounding,
                     std::vector<std::string>& notes) {
  const double expected = (n - 1) * step;
  if (std::abs(span - expected) <= rounding + 1e-3 * expected) return n * step;
  const double measured = span / (n - 1);
  notes.push_back(fmt::format(
      "warning: the step along {} is {:.6g} by the header, but {:.6g} by the coordinates of the "
      "points, which is used",
      axis, step, measured));
  return n * measured;
}

std::string symmetry_of_laue_group(const std::string& group) {
  static const std::map<std::string, std::string> classes{{"2/m11", "monoclinic 2/m11"},
                                                          {"12/m1", "monoclinic 12/m1"},
                                                          {"112/m", "monoclinic 112/m"},
                                                          {"mmm", "orthotropic"},
                                                          {"4/m", "tetragonal"},
                                                          {"4/mmm", "tetragonal"},
                                                          {"-3", "trigonal"},
                                                          {"-3m1", "trigonal -3m1"},
                                                          {"-31m", "trigonal -31m"},
                                                          {"6/m", "hexagonal"},
                                                          {"6/mmm", "hexagonal"},
                                                          {"m-3", "cubic"},
                                                          {"m-3m", "cubic"}};
  const auto entry = classes.find(group);
  return entry == classes.end() ? "" : entry->second;
}

std::vector<Rotation> rotations_of_laue_group(const std::string& group) {
  const Eigen::Vector3d x = Eigen::Vector3d::UnitX(), y = Eigen::Vector3d::UnitY(),
                        z = Eigen::Vector3d::UnitZ(), diagonal = Eigen::Vector3d::Ones();
  if (group == "2/m11") return group_of({turn(180, x)});
  if (group == "12/m1") return group_of({turn(180, y)});
  if (group == "112/m") return group_of({turn(180, z)});
  if (group == "mmm") return group_of({turn(180, x), turn(180, z)});
  if (group == "4/m") return group_of({turn(90, z)});
  if (group == "4/mmm") return group_of({turn(90, z), turn(180, x)});
  if (group == "-3") return group_of({turn(120, z)});
  if (group == "-3m1") return group_of({turn(120, z), turn(180, x)});
  if (group == "-31m") return group_of({turn(120, z), turn(180, y)});
  if (group == "6/m") return group_of({turn(60, z)});
  if (group == "6/mmm") return group_of({turn(60, z), turn(180, x)});
  if (group == "m-3") return group_of({turn(180, z), turn(120, diagonal)});
  if (group == "m-3m") return group_of({turn(90, z), turn(120, diagonal)});
  return {Rotation::Identity()};
}

Rotation sample_axes_from_text(const std::string& text) {
  Rotation axes = Rotation::Zero();
  const auto words = split(text, ',');
  bool fits = words.size() == 3;
  for (std::size_t a = 0; fits && a < 3; ++a) {
    const auto name =
        words[a].starts_with('-') || words[a].starts_with('+') ? words[a].substr(1) : words[a];
    fits = name == "x" || name == "y" || name == "z";
    if (fits)
      axes(name[0] - 'x', static_cast<Eigen::Index>(a)) = words[a].starts_with('-') ? -1. : 1.;
  }
  if (!fits || std::abs(axes.determinant() - 1.) > 1e-12)
    throw std::invalid_argument(fmt::format(
        "axes '{}': allowed are three of x, y, z, each once, with or without a minus sign, in an "
        "order and with signs that make them right-handed, as y, x, -z",
        text));
  return axes;
}

LabelledGrid crystals_of(CrystalPoints points, const std::string& path,
                         const MicrostructureOptions& options) {
  const auto n = points.n_points();
  const auto n_unindexed =
      static_cast<std::size_t>(std::count(points.indexed.begin(), points.indexed.end(), 0));
  if (n_unindexed == n)
    throw std::runtime_error(fmt::format("{}: none of the {} points is indexed", path, n));
  if (!options.unindexed.empty() && options.unindexed != "nearest" && options.unindexed != "phase")
    throw std::invalid_argument(
        fmt::format("{}: points that are not indexed are '{}' (--unindexed, 'Unindexed'): allowed "
                    "are nearest and phase",
                    path, options.unindexed));
  if (!std::isfinite(options.grain_angle) || options.grain_angle < 0. || options.grain_angle > 60.)
    throw std::invalid_argument(fmt::format(
        "{}: grain angle {} (--grain-angle, 'Grain angle'): allowed are degrees from 0, for no "
        "grains, to 60",
        path, options.grain_angle));
  ask(points, n_unindexed, path, options);
  turn_axes(points, path, options);
  LabelledGrid grid;
  grid.shape = points.shape;
  grid.lengths = points.lengths;
  grid.phases = points.phases;
  grid.notes = std::move(points.notes);
  grid.label.assign(n, -1);
  if (options.grain_angle > 0.)
    label_grains(grid, points, options.grain_angle);
  else
    label_equal_points(grid, points);
  if (options.grain_angle == 0.) {
    grid.notes.push_back(
        fmt::format("{} indexed points of {} different orientations and phases, "
                    "each of which is a crystal",
                    n - n_unindexed, grid.crystals.size()));
    if (grid.crystals.size() > most_crystals && options.crop.empty() && options.coarsen.empty())
      throw std::runtime_error(fmt::format(
          "{}: has {} different orientations and phases, an RVE at most {}; {}crop or coarsen it",
          path, grid.crystals.size(), most_crystals,
          phases_without_laue_group(points).empty()
              ? "join points to grains (--grain-angle, 'Grain angle', usual are 5 degrees), "
              : ""));
  }
  if (n_unindexed > 0 && options.unindexed == "nearest") spread_labels(grid);
  if (n_unindexed > 0 && options.unindexed == "phase") add_unindexed_phase(grid);
  if (n_unindexed > 0)
    grid.notes.push_back(fmt::format(
        "{} of {} points ({:.3g} %) are not indexed; they {}", n_unindexed, n,
        100. * static_cast<double>(n_unindexed) / static_cast<double>(n),
        options.unindexed == "nearest" ? "take the crystal of the nearest indexed point, in steps "
                                         "along the axes"
                                       : fmt::format("are the phase '{}'", unindexed_name)));
  else if (!options.unindexed.empty())
    grid.notes.push_back("all points are indexed");
  for (const auto& [label, crystal] : grid.crystals)
    grid.phases.emplace(crystal.phase, FilePhase{});
  return grid;
}

}  // namespace seco::materials
