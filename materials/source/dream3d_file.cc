#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>

#include "grid_readers.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/names.h"
#include "seco/materials/rotation.h"

namespace seco::materials {
namespace {

constexpr double degree = M_PI / 180;
/// Where the search for geometries ends, also if groups are linked in a circle.
constexpr int deepest = 5, most_groups = 10000;

/// Crystal structures of the ensemble by the number that DREAM.3D gives them (Laue classes).
std::string symmetry_of(std::int64_t structure) {
  static const std::map<std::int64_t, std::string> known{
      {0, "hexagonal"},  {1, "cubic"},      {2, "hexagonal"}, {3, "cubic"},    {6, "orthotropic"},
      {7, "tetragonal"}, {8, "tetragonal"}, {9, "trigonal"},  {10, "trigonal"}};
  const auto entry = known.find(structure);
  return entry == known.end() ? "" : entry->second;
}

/// An image geometry with the groups of attributes beside it.
struct Container {
  std::string path;
  std::array<int, 3> shape{};
  std::array<double, 3> lengths{};
};

class Reader {
 public:
  Reader(const std::string& path, const MicrostructureOptions& options)
      : file_(path), options_(options), container_(chosen_container()) {}

  LabelledGrid grid();

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", file_.path(), what));
  }
  std::vector<std::string> containers() const;
  void find_geometries(const std::string& group, int depth, int& n_groups,
                       std::vector<std::string>& found) const;
  Container chosen_container() const;
  /// Paths of the groups of attributes of the container.
  std::vector<std::string> groups() const;
  /// First dataset of the names that has a value of `n` components, or any of `n`, per tuple of the
  /// shape; empty if there is none.
  std::string find(const std::string& group, const std::vector<std::string>& names,
                   const std::vector<std::size_t>& tuples) const;
  std::vector<std::size_t> cells() const;
  std::string feature_group(const std::string& cell_group) const;
  void read_phases(LabelledGrid& grid, const std::string& cell_group) const;
  /// @param of_features whether entry 0 stands for no feature and may be a quaternion of zeros
  std::vector<Rotation> orientations(const std::string& dataset, std::size_t n,
                                     bool of_features) const;
  std::vector<std::int64_t> integers(const std::string& dataset, std::size_t n) const;
  /// Values of the cells in our order, from the order z, y, x on file.
  template <typename Value>
  std::vector<Value> reordered(const std::vector<Value>& values) const;
  std::vector<std::string> orientation_names(bool of_features) const;
  void read_grains(LabelledGrid& grid, const std::string& ids, const std::string& group) const;
  /// Voxels of equal phase and orientation as crystals.
  /// @param ids, features of the grains where these have phases; empty otherwise
  /// @param reason why the grains are not the crystals
  void read_points(LabelledGrid& grid, const std::string& group, const std::string& ids,
                   const std::string& features, const std::string& reason) const;
  std::string grain_phases(const std::string& group) const;
  /// Label of the grain of each voxel, below the number of grains that `group` describes.
  std::vector<std::int32_t> grain_of_voxels(const LabelledGrid& grid, const std::string& ids,
                                            const std::string& group, std::size_t n_grains) const;
  /// The dataset of orientations of grains, or of voxels; empty if there is none.
  std::string grain_orientations(const std::string& group) const;
  /// Refuses a name of orientations that neither grains nor voxels have.
  [[noreturn]] void refuse_orientations() const;
  /// Refuses a dataset of voxels that has the name of `FeatureIds` but not their shape.
  void check_shape_of_ids(const std::string& name) const;

  Hdf5Reader file_;
  const MicrostructureOptions& options_;
  Container container_;
};

void Reader::find_geometries(const std::string& group, int depth, int& n_groups,
                             std::vector<std::string>& found) const {
  if (file_.has_attribute("_DIMENSIONS", group)) found.push_back(group);
  if (depth == 0 || ++n_groups > most_groups) return;
  for (const auto& member : file_.members(group))
    find_geometries(group + "/" + member, depth - 1, n_groups, found);
}

std::vector<std::string> Reader::containers() const {
  std::vector<std::string> found;
  for (const auto& member : file_.members("DataContainers")) {
    const auto path = "DataContainers/" + member;
    if (!file_.shape(path + "/_SIMPL_GEOMETRY/DIMENSIONS").empty()) found.push_back(path);
  }
  int n_groups = 0;
  find_geometries("DataStructure", deepest, n_groups, found);
  return found;
}

Container Reader::chosen_container() const {
  auto found = containers();
  if (found.empty())
    fail(
        "holds no image geometry, neither a data container with '_SIMPL_GEOMETRY/DIMENSIONS' nor "
        "a group of 'DataStructure' with the attribute '_DIMENSIONS'");
  std::vector<std::string> names;
  for (const auto& path : found) names.push_back(path.substr(path.find('/') + 1));
  std::size_t chosen = 0;
  if (!options_.container.empty()) {
    chosen = static_cast<std::size_t>(std::find(names.begin(), names.end(), options_.container) -
                                      names.begin());
    if (chosen == names.size())
      fail(fmt::format("has no container '{}' with an image geometry; it has {}{}",
                       options_.container, fmt::join(names, ", "),
                       did_you_mean(options_.container, names, true)));
  } else if (found.size() > 1) {
    fail(fmt::format("has the containers {}; say which one to read", fmt::join(names, ", ")));
  }
  Container container;
  container.path = found[chosen];
  const bool attributes = container.path.rfind("DataContainers", 0) != 0;
  const auto read = [&](const std::string& name) {
    if (attributes) return file_.numbers("_" + name, container.path);
    return file_.dataset<double>(container.path + "/_SIMPL_GEOMETRY/" + name, 1).values;
  };
  const auto dimensions = read("DIMENSIONS"), spacing = read("SPACING");
  const auto where = attributes ? container.path : container.path + "/_SIMPL_GEOMETRY";
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (dimensions.size() != 3 || !(dimensions[axis] >= 1) || !(dimensions[axis] < 1 << 30))
      fail(fmt::format("DIMENSIONS of '{}' are {}, expected three positive integers", where,
                       fmt::join(dimensions, ", ")));
    if (spacing.size() != 3 || !std::isfinite(spacing[axis]) || !(spacing[axis] > 0))
      fail(fmt::format("SPACING of '{}' is {}, expected three positive numbers", where,
                       fmt::join(spacing, ", ")));
    container.shape[axis] = static_cast<int>(dimensions[axis]);
    container.lengths[axis] = container.shape[axis] * spacing[axis];
  }
  return container;
}

std::vector<std::string> Reader::groups() const {
  std::vector<std::string> result;
  for (const auto& member : file_.members(container_.path)) {
    const auto path = container_.path + "/" + member;
    if (member != "_SIMPL_GEOMETRY" && !file_.members(path).empty()) result.push_back(path);
  }
  return result;
}

std::vector<std::size_t> Reader::cells() const {
  return {static_cast<std::size_t>(container_.shape[2]),
          static_cast<std::size_t>(container_.shape[1]),
          static_cast<std::size_t>(container_.shape[0])};
}

std::string Reader::find(const std::string& group, const std::vector<std::string>& names,
                         const std::vector<std::size_t>& tuples) const {
  for (const auto& name : names) {
    auto shape = file_.shape(group + "/" + name);
    if (shape.size() == tuples.size() + 1) shape.pop_back();
    if (!shape.empty() && shape == tuples) return group + "/" + name;
  }
  return "";
}

std::vector<std::int64_t> Reader::integers(const std::string& dataset, std::size_t n) const {
  auto values = file_.dataset<std::int64_t>(dataset).values;
  if (values.size() != n)
    fail(fmt::format("dataset '{}' holds {} values, expected {}", dataset, values.size(), n));
  return values;
}

template <typename Value>
std::vector<Value> Reader::reordered(const std::vector<Value>& values) const {
  const auto [n3, n2, n1] = std::array<std::size_t, 3>{cells()[0], cells()[1], cells()[2]};
  std::vector<Value> result;
  result.reserve(values.size());
  for (std::size_t i = 0; i < n1; ++i)
    for (std::size_t j = 0; j < n2; ++j)
      for (std::size_t k = 0; k < n3; ++k) result.push_back(values[(k * n2 + j) * n1 + i]);
  return result;
}

std::vector<std::string> Reader::orientation_names(bool of_features) const {
  if (!options_.orientations.empty()) return {options_.orientations};
  // Angles first: the average quaternions of synthetic structures are not brought up to date when
  // DREAM.3D swaps orientations between grains.
  if (of_features) return {"EulerAngles", "AvgEulerAngles", "AvgEulers", "AvgQuats", "Quats"};
  return {"EulerAngles", "Eulers", "Quats"};
}

std::vector<Rotation> Reader::orientations(const std::string& dataset, std::size_t n,
                                           bool of_features) const {
  const auto array = file_.dataset<double>(dataset);
  const std::size_t width = array.shape.back();
  if ((width != 3 && width != 4) || array.values.size() != n * width)
    fail(
        fmt::format("dataset '{}' has the shape {}, expected {} tuples of 3 Euler angles or a "
                    "quaternion of 4",
                    dataset, fmt::join(array.shape, "x"), n));
  const bool degrees = options_.angles == "degrees";
  std::vector<Rotation> result;
  result.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double* v = array.values.data() + i * width;
    for (std::size_t c = 0; c < width; ++c)
      if (!std::isfinite(v[c]))
        fail(
            fmt::format("dataset '{}' holds {} in entry {}, component {}; allowed are finite "
                        "numbers",
                        dataset, v[c], i, c));
    if (width == 3) {
      const double largest = degrees ? 360.1 : 6.30, unit = degrees ? degree : 1.;
      for (std::size_t c = 0; c < width; ++c)
        if (std::abs(v[c]) > largest)
          fail(fmt::format("dataset '{}' holds {} in entry {}, allowed are {}", dataset, v[c], i,
                           degrees ? "angles up to 360 degrees"
                                   : "angles up to 2 pi in radians; if these are degrees, say so"));
      result.push_back(from_euler(unit * v[0], unit * v[1], unit * v[2]));
      continue;
    }
    const double norm = std::hypot(std::hypot(v[0], v[1]), std::hypot(v[2], v[3]));
    if (norm == 0. && of_features && i == 0) {
      result.push_back(Rotation::Identity());
      continue;
    }
    if (!(std::abs(norm - 1.) <= 1e-3))
      fail(
          fmt::format("dataset '{}' holds a quaternion of the norm {:g} in entry {}, allowed are "
                      "unit quaternions{}",
                      dataset, norm, i,
                      of_features ? ", and zeros in entry 0, which stands for no feature" : ""));
    // Imaginary part first; the rotation from sample to crystal axes in the usual matrix.
    result.push_back(from_quaternion(v[3], v[0], v[1], v[2]).transpose());
  }
  return result;
}

std::string Reader::grain_orientations(const std::string& group) const {
  for (const auto& name : orientation_names(true))
    if (const auto n = file_.shape(group + "/" + name).size(); n == 1 || n == 2)
      return group + "/" + name;
  return "";
}

void Reader::refuse_orientations() const {
  std::vector<std::string> known;
  for (const auto& group : groups())
    for (const auto& member : file_.members(group))
      if (member.find("Quat") != std::string::npos || member.find("Euler") != std::string::npos)
        known.push_back(fmt::format("{}/{} ({})", group.substr(container_.path.size() + 1), member,
                                    fmt::join(file_.shape(group + "/" + member), "x")));
  fail(
      fmt::format("'{}' has no dataset '{}' of orientations, neither of grains nor of the cells "
                  "{} (z, y, x); it has {}",
                  container_.path, options_.orientations, fmt::join(cells(), "x"),
                  known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))));
}

void Reader::check_shape_of_ids(const std::string& name) const {
  for (const auto& group : groups())
    if (const auto shape = file_.shape(group + "/" + name); !shape.empty())
      fail(fmt::format("dataset '{}/{}' has the shape {}, expected that of the cells, {} (z, y, x)",
                       group, name, fmt::join(shape, "x"), fmt::join(cells(), "x")));
}

std::string Reader::feature_group(const std::string& cell_group) const {
  for (const auto& group : groups()) {
    if (group == cell_group || !file_.shape(group + "/CrystalStructures").empty()) continue;
    auto names = orientation_names(true);
    names.insert(names.end(), {"Phases", "FeaturePhases"});
    for (const auto& name : names) {
      const auto shape = file_.shape(group + "/" + name);
      if (shape.size() == 1 || shape.size() == 2) return group;
    }
  }
  return "";
}

void Reader::read_phases(LabelledGrid& grid, const std::string& cell_group) const {
  for (const auto& group : groups()) {
    if (group == cell_group || file_.shape(group + "/CrystalStructures").empty()) continue;
    const auto structures = file_.dataset<std::int64_t>(group + "/CrystalStructures").values;
    std::vector<std::string> names(structures.size());
    for (const char* name : {"PhaseName", "MaterialName"})
      if (!file_.shape(group + "/" + name).empty()) {
        names = file_.texts(group + "/" + name);
        break;
      }
    if (names.size() != structures.size())
      fail(fmt::format("'{}' names {} phases but has {} crystal structures", group, names.size(),
                       structures.size()));
    for (std::size_t p = 0; p < structures.size(); ++p) {
      FilePhase phase;
      phase.name = names[p];
      phase.symmetry = symmetry_of(structures[p]);
      grid.phases.emplace(static_cast<std::int64_t>(p), phase);
    }
    return;
  }
  grid.notes.push_back("the file has no 'CrystalStructures'; phases are known by number only");
}

std::string Reader::grain_phases(const std::string& group) const {
  for (const char* name : {"Phases", "FeaturePhases"})
    if (!file_.shape(group + "/" + name).empty()) return group + "/" + name;
  return "";
}

std::vector<std::int32_t> Reader::grain_of_voxels(const LabelledGrid& grid, const std::string& ids,
                                                  const std::string& group,
                                                  std::size_t n_grains) const {
  std::vector<std::int32_t> label;
  label.reserve(grid.n_voxels());
  for (const auto id : reordered(integers(ids, grid.n_voxels()))) {
    if (id < 0 || static_cast<std::size_t>(id) >= n_grains)
      fail(fmt::format("dataset '{}' holds {}, but '{}' describes the features 0 to {}", ids, id,
                       group, n_grains - 1));
    label.push_back(static_cast<std::int32_t>(id));
  }
  return label;
}

void Reader::read_grains(LabelledGrid& grid, const std::string& ids,
                         const std::string& group) const {
  const auto oriented = grain_orientations(group);
  std::size_t n = oriented.empty() ? 0 : file_.shape(oriented)[0];
  const auto phases = grain_phases(group);
  if (!phases.empty()) {
    const auto n_phases = file_.shape(phases)[0];
    if (n > 0 && n_phases != n)
      fail(fmt::format("datasets '{}' and '{}' describe {} and {} features", oriented, phases, n,
                       n_phases));
    n = n_phases;
  }
  const auto rotations =
      oriented.empty() ? std::vector<Rotation>{} : orientations(oriented, n, true);
  const auto phase = phases.empty() ? std::vector<std::int64_t>{} : integers(phases, n);
  if (phases.empty())
    grid.notes.push_back(fmt::format("'{}' has no 'Phases'; all grains are of phase 1", group));
  grid.notes.push_back(
      oriented.empty()
          ? fmt::format("'{}' has no orientations; crystal axes are those of the sample", group)
          : fmt::format("orientations are those of dataset '{}'", oriented));
  grid.label = grain_of_voxels(grid, ids, group, n);
  for (std::size_t f = 0; f < n; ++f) {
    Crystal crystal;
    crystal.phase = phases.empty() ? (f > 0) : phase[f];
    if (!oriented.empty()) crystal.orientation = rotations[f];
    grid.crystals.emplace(static_cast<std::int32_t>(f), crystal);
  }
}

void Reader::read_points(LabelledGrid& grid, const std::string& group, const std::string& ids,
                         const std::string& features, const std::string& reason) const {
  const auto oriented = find(group, orientation_names(false), cells());
  const auto phases = find(group, {"Phases"}, cells());
  if (oriented.empty() && phases.empty())
    fail(
        fmt::format("'{}' holds neither grains with phases or orientations nor cell data 'Phases' "
                    "or 'EulerAngles'; it has {}",
                    container_.path, fmt::join(file_.members(group), ", ")));
  const std::size_t n = grid.n_voxels();
  const auto rotations =
      oriented.empty() ? std::vector<Rotation>{} : reordered(orientations(oriented, n, false));
  std::vector<std::int64_t> phase(n, 1);
  if (!phases.empty()) {
    phase = reordered(integers(phases, n));
  } else if (const auto of_grains = features.empty() ? "" : grain_phases(features);
             !of_grains.empty()) {
    const auto n_grains = file_.shape(of_grains)[0];
    const auto known = integers(of_grains, n_grains);
    const auto grain = grain_of_voxels(grid, ids, features, n_grains);
    for (std::size_t v = 0; v < n; ++v) phase[v] = known[static_cast<std::size_t>(grain[v])];
  } else {
    grid.notes.push_back(fmt::format("'{}' has no 'Phases'; all voxels are of phase 1", group));
  }
  grid.notes.push_back(
      oriented.empty()
          ? fmt::format("{}: phases are those of dataset '{}', without orientations", reason,
                        phases)
          : fmt::format("{}: voxels of equal orientation in dataset '{}' are one crystal", reason,
                        oriented));
  std::map<std::array<double, 10>, std::int32_t> label_of;
  for (std::size_t v = 0; v < n; ++v) {
    std::array<double, 10> key{};
    key[9] = static_cast<double>(phase[v]);
    if (!oriented.empty()) std::copy_n(rotations[v].data(), 9, key.begin());
    const auto [entry, is_new] = label_of.emplace(key, static_cast<std::int32_t>(label_of.size()));
    grid.label.push_back(entry->second);
    if (!is_new) continue;
    Crystal crystal;
    crystal.phase = phase[v];
    if (!oriented.empty()) crystal.orientation = rotations[v];
    grid.crystals.emplace(entry->second, crystal);
  }
}

LabelledGrid Reader::grid() {
  LabelledGrid grid;
  grid.shape = container_.shape;
  grid.lengths = container_.lengths;
  const std::string ids_name = options_.array.empty() ? "FeatureIds" : options_.array;
  std::string cell_group, ids;
  for (const auto& group : groups()) {
    const auto found = find(group, {ids_name}, cells());
    if (!found.empty()) ids = found;
    auto cell_data = orientation_names(false);
    cell_data.insert(cell_data.end(), {"Phases", "EulerAngles", "Eulers", "Quats"});
    if (!found.empty() || (cell_group.empty() && !find(group, cell_data, cells()).empty()))
      cell_group = group;
  }
  if (ids.empty()) check_shape_of_ids(ids_name);
  if (ids.empty() && (cell_group.empty() || !options_.array.empty()))
    fail(fmt::format(
        "'{}' has no dataset '{}' with the cells {} of its geometry (z, y, x) in one of "
        "the groups {}",
        container_.path, ids_name, fmt::join(cells(), "x"),
        groups().empty() ? "(none)" : fmt::format("{}", fmt::join(groups(), ", "))));
  read_phases(grid, cell_group);
  const auto features = ids.empty() ? "" : feature_group(cell_group);
  const bool grains_oriented = !features.empty() && !grain_orientations(features).empty();
  const bool voxels_oriented = !find(cell_group, orientation_names(false), cells()).empty();
  if (!options_.orientations.empty() && !grains_oriented && !voxels_oriented) refuse_orientations();
  if (ids.empty())
    read_points(grid, cell_group, "", "",
                fmt::format("dataset '{}' of grains is missing", ids_name));
  else if (features.empty())
    read_points(grid, cell_group, "", "", fmt::format("the grains of '{}' are not described", ids));
  else if (!grains_oriented && voxels_oriented)
    read_points(grid, cell_group, ids, features,
                fmt::format("the grains of '{}' have no such orientations", features));
  else
    read_grains(grid, ids, features);
  for (const auto& [label, crystal] : grid.crystals)
    grid.phases.emplace(crystal.phase, FilePhase{});
  return grid;
}

}  // namespace

LabelledGrid read_dream3d(const std::string& path, const MicrostructureOptions& options) {
  if (options.angles != "radians" && options.angles != "degrees")
    throw std::invalid_argument(
        fmt::format("{}: unit of angles '{}' (--angles, 'Angles'): allowed are radians and degrees",
                    path, options.angles));
  return Reader(path, options).grid();
}

}  // namespace seco::materials
