#include "seco/materials/microstructure_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <set>
#include <stdexcept>

#include "grid_block.h"
#include "microstructure_reader.h"
#include "phase_stiffness.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/guarded_read.h"
#include "seco/materials/rotation.h"
#include "seco/materials/rve_file.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

/// More values than this without thresholds are grey levels rather than labels.
constexpr std::size_t most_likely_labels = 16;

/// Says of the labels of an array what helps where they have no stiffness, and gives a phase to
/// those that have a stiffness but no voxel in the part that was read.
/// @throws std::invalid_argument if grey levels seem to be taken for labels
void name_labels(LabelledGrid& grid, const std::string& path,
                 const MicrostructureOptions& options) {
  const auto has = [&](const std::string& key) {
    const auto number = to_count(key);
    return !number || grid.phases.count(static_cast<std::int64_t>(*number)) > 0;
  };
  if (options.thresholds.empty() && grid.phases.size() > most_likely_labels) {
    const auto remark = fmt::format(
        "the array has {} different values; if these are grey levels, thresholds tell the phases "
        "apart: --thresholds, 'Thresholds'",
        grid.phases.size());
    for (auto& [number, phase] : grid.phases) phase.remark = remark;
    for (const auto& [key, text] : options.stiffness)
      if (!has(key))
        throw std::invalid_argument(
            fmt::format("{}: a stiffness is given for phase '{}', which no voxel is of; {}", path,
                        key, remark));
  }
  std::vector<std::string> unused;
  const bool part = !options.crop.empty() || !options.coarsen.empty() || !options.phases.empty() ||
                    !options.thresholds.empty();
  for (const auto& [key, text] : options.stiffness) {
    if (!part || has(key)) continue;
    grid.phases.emplace(static_cast<std::int64_t>(*to_count(key)), FilePhase{});
    unused.push_back(key);
  }
  if (!unused.empty())
    grid.notes.push_back(fmt::format("no voxel is of phase {}, whose stiffness is not used",
                                     fmt::join(unused, ", ")));
}

/// Says what becomes of the boundaries, and how periodic the grid is.
void note_boundaries(LabelledGrid& grid, const std::vector<int>& mirrored, int dimension) {
  for (int axis = 0; axis < dimension; ++axis) {
    const auto [across, inside] = mismatch_across_faces_and_inside(grid, axis);
    grid.notes.push_back(
        fmt::format("axis {}: {}; labels differ in {:.1f} % of the voxel pairs across the opposite "
                    "faces and {:.1f} % of the neighbours inside",
                    axis,
                    std::find(mirrored.begin(), mirrored.end(), axis) != mirrored.end()
                        ? "mirrored, which doubles its length"
                        : "treated as periodic",
                    100. * across, 100. * inside));
  }
}

int dimension_of(const LabelledGrid& grid, const std::string& path,
                 const MicrostructureOptions& options) {
  const bool plane = grid.shape[2] == 1;
  if (options.dimension != 0 && options.dimension != 2 && options.dimension != 3)
    throw std::invalid_argument(fmt::format("{}: dimension {}: allowed are 2, 3 and 0 for either",
                                            path, options.dimension));
  if (options.dimension == 2 && !plane)
    throw std::invalid_argument(
        fmt::format("{} has {} voxels along axis 2, which must be 1 for 2D; crop it to one layer",
                    path, grid.shape[2]));
  if (options.dimension != 0) return options.dimension;
  return plane ? 2 : 3;
}

/// Parts that the mirror image or the periodic continuation adds to are not taken for smaller ones.
void drop_parts(LabelledGrid& grid, const MicrostructureOptions& options) {
  if (options.smallest_part < 2) return;
  PeriodicAxes periodic{true, true, true};
  for (const int axis : options.mirror) periodic[static_cast<std::size_t>(axis)] = false;
  const auto dropped = drop_small_parts(grid.shape, grid.label, options.smallest_part, periodic);
  grid.notes.push_back(fmt::format(
      "{} connected parts (by faces) of fewer than {} voxels took the label of most of their "
      "neighbours; {:.3g} % of the voxels changed",
      dropped.n_parts, options.smallest_part,
      100. * static_cast<double>(dropped.n_voxels) / static_cast<double>(grid.n_voxels())));
}

std::array<int, 3> shape_of(const Rve& rve) {
  std::array<int, 3> shape{1, 1, 1};
  std::copy(rve.shape.begin(), rve.shape.end(), shape.begin());
  return shape;
}

/// Warns where the void percolates through the periodic grid, or the solid does not: often a
/// threshold on the wrong side of a peak, or swapped phases.
void note_voids(Microstructure& result) {
  const auto& rve = result.rve;
  std::vector<std::uint16_t> is_void;
  for (const auto& stiffness : rve.stiffness) is_void.push_back(stiffness.isZero(0.) ? 1 : 0);
  if (std::count(is_void.begin(), is_void.end(), 1) == 0 || rve.n_voxels() > most_voxels_with_parts)
    return;
  const auto parts = connected_parts(shape_of(rve), rve.phase, is_void, 2, {true, true, true});
  std::vector<std::size_t> open, cut;
  for (std::size_t axis = 0; axis < rve.shape.size(); ++axis) {
    if (parts[1].spans[axis]) open.push_back(axis);
    if (!parts[0].spans[axis]) cut.push_back(axis);
  }
  const auto axes = [](const std::vector<std::size_t>& list) {
    return fmt::format("{} {}", list.size() == 1 ? "axis" : "axes", fmt::join(list, ", "));
  };
  if (!open.empty())
    result.notes.push_back(fmt::format(
        "warning: the void ({:.4g} % of the voxels, {} parts) percolates along {}, where a part of "
        "it goes on without end in the periodic grid: an open pore space, or a threshold on the "
        "wrong side",
        100. * static_cast<double>(parts[1].n_voxels) / static_cast<double>(rve.n_voxels()),
        parts[1].n_parts, axes(open)));
  if (!cut.empty())
    result.notes.push_back(
        fmt::format("warning: no part of the solid percolates along {} through shared faces of "
                    "voxels of the periodic grid",
                    axes(cut)));
}

/// The stiffness of a crystal in sample axes in the unit of the RVE: 6 x 6, and 3 x 3 where no more
/// is known of a 2D one.
MandelMatrix stiffness_of_label(const LabelledGrid& grid, std::int32_t label,
                                const Crystal& crystal, const std::string& path, int dimension,
                                double factor) {
  if (crystal.stiffness) {
    const auto& stiffness = *crystal.stiffness;
    if (dimension == 3 && stiffness.rows() == 3)
      throw std::invalid_argument(fmt::format("{} is a 2D RVE and cannot be read in 3D", path));
    return stiffness;
  }
  const auto& phase = grid.phases.at(crystal.phase);
  if (!phase.stiffness)
    throw std::invalid_argument(fmt::format(
        "{}: {}, of voxels with label {}, has no stiffness{}; give one for its name or number",
        path, described(crystal.phase, phase), label,
        phase.remark.empty() ? "" : fmt::format(" ({})", phase.remark)));
  const MandelMatrix turned =
      crystal.orientation ? rotate(*phase.stiffness, *crystal.orientation) : *phase.stiffness;
  return factor * turned;
}

/// Numbers the labels in use from 0 and gives them stiffnesses.
void fill(Microstructure& result, const LabelledGrid& grid, const std::string& path,
          int dimension) {
  auto& rve = result.rve;
  rve.shape.assign(grid.shape.begin(), grid.shape.begin() + dimension);
  rve.lengths.assign(grid.lengths.begin(), grid.lengths.begin() + dimension);
  std::set<std::int32_t> used;
  std::int32_t last = -1;
  for (const auto label : grid.label) {
    if (label != last || used.empty()) used.insert(label);
    last = label;
  }
  constexpr std::size_t most = std::numeric_limits<std::uint16_t>::max() + 1;
  if (used.size() > most)
    throw std::runtime_error(
        fmt::format("{}: the grid has {} different labels (grains or orientations), an RVE at most "
                    "{}; crop or coarsen it",
                    path, used.size(), most));
  std::map<std::int32_t, std::uint16_t> number_of;
  bool oriented = false;
  const auto names = distinct_names(grid.phases);
  const double factor = 1. / megapascals_per(rve.unit);
  for (const auto label : used) {
    const auto crystal = grid.crystals.find(label);
    if (crystal == grid.crystals.end())
      throw std::runtime_error(fmt::format(
          "{}: voxels have the label {}, which the file does not describe", path, label));
    number_of.emplace(label, static_cast<std::uint16_t>(rve.stiffness.size()));
    const auto stiffness =
        stiffness_of_label(grid, label, crystal->second, path, dimension, factor);
    const bool spatial = stiffness.rows() == 6;
    rve.stiffness.push_back(dimension == 2 && spatial ? plane_strain(stiffness) : stiffness);
    if (dimension == 2 && spatial) rve.stiffness_3d.push_back(stiffness);
    const auto& orientation = crystal->second.orientation;
    oriented = oriented || orientation;
    rve.orientation.push_back(orientation ? to_euler(*orientation) : Eigen::Vector3d::Zero());
    result.phase_of.push_back(names.at(crystal->second.phase));
  }
  if (!oriented) rve.orientation.clear();
  if (rve.stiffness_3d.size() != rve.stiffness.size()) rve.stiffness_3d.clear();
  rve.phase.reserve(grid.label.size());
  std::uint16_t number = 0;
  last = -1;
  for (const auto label : grid.label) {
    if (label != last || rve.phase.empty()) number = number_of.at(label);
    last = label;
    rve.phase.push_back(number);
  }
  if (*used.rbegin() + 1 != static_cast<std::int32_t>(used.size()) || *used.begin() != 0)
    result.notes.push_back(fmt::format("the {} labels in use, {} to {}, are numbered from 0",
                                       used.size(), *used.begin(), *used.rbegin()));
  check(rve, path);
}

}  // namespace

std::vector<MicrostructureFormat> microstructure_formats() {
  std::vector<MicrostructureFormat> formats;
  for (const auto* reader : microstructure_readers()) formats.push_back(reader->format);
  return formats;
}

std::vector<PhaseShare> phase_shares(const Microstructure& microstructure) {
  const auto& rve = microstructure.rve;
  std::map<std::string, std::uint16_t> kinds;
  for (const auto& name : microstructure.phase_of) kinds.emplace(name, 0);
  std::vector<PhaseShare> shares(kinds.size());
  std::uint16_t n = 0;
  for (auto& [name, kind] : kinds) {
    kind = n++;
    shares[kind].phase = name;
  }
  std::vector<std::uint16_t> kind_of_phase;
  for (const auto& name : microstructure.phase_of) kind_of_phase.push_back(kinds.at(name));
  const auto parts =
      connected_parts(shape_of(rve), rve.phase, kind_of_phase, shares.size(), {true, true, true});
  for (std::size_t kind = 0; kind < shares.size(); ++kind) {
    shares[kind].parts = parts[kind];
    shares[kind].volume_fraction =
        static_cast<double>(parts[kind].n_voxels) / static_cast<double>(rve.n_voxels());
  }
  return shares;
}

Microstructure read_microstructure(const std::string& path, const MicrostructureOptions& options) {
  with_option(path, "--unit", "Unit", [&] { megapascals_per(options.unit); });
  Microstructure result;
  LabelledGrid grid;
  bool reduced = false;
  const auto read = [&] {
    const auto& reader = chosen_reader(path, options);
    result.format = reader.format.name;
    check_options(path, reader, options);
    reduced = reader.open != nullptr;
    grid = {};
    grid = reduced ? read_labels(*reader.open(path, options), path, options)
                   : reader.read(path, options);
  };
  if (const char* library = library_of(path))
    guarded_read(path, read, library);
  else
    read();
  const bool own = result.format == "seco";
  if (reduced) name_labels(grid, path, options);
  if (!own) assign_stiffness(grid, path, options);
  if (!reduced) {
    with_option(path, "--crop", "Crop", [&] { crop(grid, options.crop); });
    with_option(path, "--coarsen", "Coarsen",
                [&] { coarsen(grid, coarsening_of(options.coarsen, grid.shape[2])); });
  }
  const int dimension = dimension_of(grid, path, options);
  if (dimension == 2 && !own)
    grid.notes.push_back("one voxel along axis 2: read as 2D, plane strain");
  with_option(path, "--mirror", "Mirror", [&] {
    for (const int axis : options.mirror)
      if (std::count(options.mirror.begin(), options.mirror.end(), axis) > 1)
        throw std::invalid_argument(
            fmt::format("mirror axis {} is listed twice; one mirror image makes the grid periodic "
                        "along it",
                        axis));
      else if (axis < 0 || axis >= dimension)
        throw std::invalid_argument(fmt::format(
            "mirror axis {}: the grid is {}D, with axes 0 to {}", axis, dimension, dimension - 1));
  });
  with_option(path, "--smallest-part", "Smallest part", [&] { drop_parts(grid, options); });
  note_boundaries(grid, options.mirror, dimension);
  with_option(path, "--mirror", "Mirror", [&] { mirror(grid, options.mirror); });
  result.rve.unit = own ? grid.unit : options.unit;
  result.notes = grid.notes;
  fill(result, grid, path, dimension);
  std::vector<std::int32_t>().swap(grid.label);  // gives back the memory, which = {} does not
  note_voids(result);
  // Angles pass through rotations above; an RVE that nothing is done to stays as it is, bit by bit.
  if (own && options.crop.empty() && options.coarsen.empty() && options.mirror.empty() &&
      options.smallest_part == 0) {
    result.rve = read_rve(path);
    result.phase_of.clear();
    for (std::size_t p = 0; p < result.rve.stiffness.size(); ++p)
      result.phase_of.push_back(std::to_string(p));
  }
  return result;
}

}  // namespace seco::materials
