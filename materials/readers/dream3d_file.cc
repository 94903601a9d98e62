#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>

#include "crystal_points.h"
#include "dream3d_ensemble.h"
#include "dream3d_layout.h"
#include "dream3d_orientations.h"
#include "dream3d_tables.h"
#include "microstructure_reader.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

/// As many as an RVE has.
constexpr std::int64_t most_phases = 65536;

class Dream3dReader {
 public:
  Dream3dReader(const std::string& path, const MicrostructureOptions& options)
      : file_(path), options_(options), layout_(file_, options), cells_(layout_.cell_arrays()) {}

  LabelledGrid grid();

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", file_.path(), what));
  }
  std::size_t n_voxels() const {
    const auto cells = layout_.cells();
    return cells[0] * cells[1] * cells[2];
  }
  /// The array of labels that the options name, or `FeatureIds`; empty if it is missing.
  std::string ids() const;
  /// Refuses a dataset of voxels that has the name of the ids but not their shape.
  void check_shape_of_ids(const std::string& name) const;
  /// Integers of cells named so, of the group of the ids first; empty if there are none.
  std::string cell_phases(const std::string& ids) const;
  /// Refuses a table that contradicts the phases of the cells.
  void check_phases(LabelledGrid& grid, const Features& features, const std::string& ids,
                    const std::string& phases_of_cells) const;
  /// The dataset of orientations among arrays, that of the options or one of the known names;
  /// empty if there is none.
  std::string oriented(const std::vector<Dream3dArray>& arrays) const;
  std::string first_of(const std::vector<Dream3dArray>& arrays,
                       const std::vector<std::string>& names) const;
  /// Refuses to leave out what may be orientations.
  void refuse_possible_orientations(std::size_t n_features) const;
  /// Refuses a name of orientations that neither grains nor voxels have.
  [[noreturn]] void refuse_orientations() const;
  /// Leaves out phases from elsewhere in the file that are not those of the crystals.
  void check_described(LabelledGrid& grid) const;
  std::vector<std::int64_t> integers(const std::string& dataset, std::size_t n) const;
  /// Values of the cells in our order, from the order z, y, x on file.
  template <typename Value>
  std::vector<Value> reordered(const std::vector<Value>& values) const;
  /// Phase of each feature, of the table, or of the voxels of the feature.
  std::vector<std::int64_t> phases_of(LabelledGrid& grid, const Features& features,
                                      const std::string& ids,
                                      const std::string& phases_of_cells) const;
  /// Phase 1 for all, unless the file has several.
  void note_one_phase(LabelledGrid& grid, const std::string& where, const char* what) const;
  void read_grains(LabelledGrid& grid, const std::string& ids, const Features& features,
                   const std::string& phases_of_cells) const;
  /// Voxels of equal phase and orientation as crystals, or grains of a misorientation.
  /// @param features of the grains where these have phases; without rows otherwise
  /// @param reason why the grains are not the crystals
  void read_points(LabelledGrid& grid, const std::string& phases_of_cells, const std::string& ids,
                   const Features& features, const std::string& reason);
  /// Every label is a phase.
  void read_labels(LabelledGrid& grid, const std::string& dataset, const std::string& note) const;
  std::vector<std::int32_t> labels(const std::string& dataset) const;

  Hdf5Reader file_;
  const MicrostructureOptions& options_;
  Dream3dLayout layout_;
  std::vector<Dream3dArray> cells_;
  Dream3dEnsemble ensemble_;
  /// Whether crystals are made of the orientations of voxels.
  bool joined_ = false;
};

std::string Dream3dReader::ids() const {
  const auto name = options_.array.empty() ? "FeatureIds" : options_.array;
  std::vector<Dream3dArray> found;
  for (const auto& array : cells_)
    if (layout_.is_called(array, name)) found.push_back(array);
  if (found.size() > 1)
    fail(fmt::format("has several datasets '{}': {}; say which with its group (--array, 'Array')",
                     name, layout_.listed(found)));
  if (!found.empty() && found[0].n_columns() != 1 && found[0].shape.size() == 4)
    fail(fmt::format("dataset '{}' has {} components, expected labels of one", found[0].path(),
                     found[0].n_columns()));
  return found.empty() ? "" : found[0].path();
}

void Dream3dReader::check_shape_of_ids(const std::string& name) const {
  for (const auto& array : layout_.arrays())
    if (layout_.is_called(array, name) && !layout_.is_cell_array(array) && !array.shape.empty())
      fail(fmt::format("dataset '{}' has the shape {}, expected that of the cells, {} (z, y, x)",
                       array.path(), fmt::join(array.shape, "x"), fmt::join(layout_.cells(), "x")));
}

std::string Dream3dReader::cell_phases(const std::string& ids) const {
  std::vector<Dream3dArray> found;
  for (const auto& array : cells_) {
    if (array.name != "Phases" || array.path() == ids) continue;
    if (!ids.empty() && ids.starts_with(array.group + "/") &&
        ids.find('/', array.group.size() + 1) == std::string::npos)
      return array.path();
    found.push_back(array);
  }
  if (found.size() > 1)
    fail(
        fmt::format("has several datasets 'Phases' of the cells, {}, none beside the labels; "
                    "leave one of them in the file",
                    layout_.listed(found)));
  return found.empty() ? "" : found[0].path();
}

std::string Dream3dReader::first_of(const std::vector<Dream3dArray>& arrays,
                                    const std::vector<std::string>& names) const {
  std::string chosen;
  for (const auto& name : names)
    for (const auto& array : arrays) {
      if (array.name != name) continue;
      if (chosen.empty()) {
        chosen = array.path();
      } else if (file_.dataset<double>(chosen).values !=
                 file_.dataset<double>(array.path()).values) {
        fail(
            fmt::format("has two datasets of orientations with different values, '{}' and '{}'; "
                        "say which one to use (--orientations, 'Orientations')",
                        layout_.relative(chosen), layout_.relative(array.path())));
      }
    }
  return chosen;
}

std::string Dream3dReader::oriented(const std::vector<Dream3dArray>& arrays) const {
  if (options_.unrotated) return "";
  if (options_.orientations.empty()) {
    const auto angles = first_of(arrays, orientation_names().angles);
    return angles.empty() ? first_of(arrays, orientation_names().quaternions) : angles;
  }
  std::vector<Dream3dArray> named;
  for (const auto& array : arrays)
    if (layout_.is_called(array, options_.orientations)) named.push_back(array);
  if (named.size() > 1)
    fail(
        fmt::format("has several datasets '{}': {}; say which with its group (--orientations, "
                    "'Orientations')",
                    options_.orientations, layout_.listed(named)));
  if (named.empty()) return "";
  if (const auto kind = other_kind_of_orientation(named[0].name); !kind.empty())
    fail(
        fmt::format("dataset '{}' holds orientations of the kind '{}' by its name; read are Bunge "
                    "Euler angles and quaternions x, y, z, w, which DREAM.3D converts to",
                    named[0].path(), kind));
  return named[0].path();
}

void Dream3dReader::refuse_possible_orientations(std::size_t n_features) const {
  if (options_.unrotated) return;
  std::vector<Dream3dArray> possible;
  for (const auto& table : feature_tables(layout_, options_))
    if (table.n == n_features)
      std::copy_if(table.arrays.begin(), table.arrays.end(), std::back_inserter(possible),
                   [](const auto& a) { return is_orientation(a.name) || may_be_orientation(a); });
  std::copy_if(cells_.begin(), cells_.end(), std::back_inserter(possible), may_be_orientation);
  if (possible.empty()) return;
  fail(
      fmt::format("has no orientations of a known name ({}, {}) in the table that is read, but {} "
                  "may hold some; name the "
                  "dataset (--orientations, 'Orientations'), or say that crystals are not turned "
                  "(--unrotated, 'Unrotated')",
                  fmt::join(orientation_names().angles, ", "),
                  fmt::join(orientation_names().quaternions, ", "), layout_.listed(possible)));
}

void Dream3dReader::refuse_orientations() const {
  std::vector<Dream3dArray> known;
  for (const auto& array : layout_.arrays())
    if (is_orientation(array.name) || may_be_orientation(array)) known.push_back(array);
  fail(
      fmt::format("'{}' has no dataset '{}' of orientations, neither of grains nor of the cells "
                  "{} (z, y, x); it has {}",
                  layout_.geometry().path, options_.orientations, fmt::join(layout_.cells(), "x"),
                  layout_.listed(known)));
}

std::vector<std::int64_t> Dream3dReader::integers(const std::string& dataset, std::size_t n) const {
  auto values = file_.dataset<std::int64_t>(dataset).values;
  if (values.size() != n)
    fail(fmt::format("dataset '{}' holds {} values, expected {}", dataset, values.size(), n));
  return values;
}

template <typename Value>
std::vector<Value> Dream3dReader::reordered(const std::vector<Value>& values) const {
  const auto cells = layout_.cells();
  const auto [n3, n2, n1] = std::array<std::size_t, 3>{cells[0], cells[1], cells[2]};
  std::vector<Value> result;
  result.reserve(values.size());
  for (std::size_t i = 0; i < n1; ++i)
    for (std::size_t j = 0; j < n2; ++j)
      for (std::size_t k = 0; k < n3; ++k) result.push_back(values[(k * n2 + j) * n1 + i]);
  return result;
}

std::vector<std::int32_t> Dream3dReader::labels(const std::string& dataset) const {
  const auto values = reordered(integers(dataset, n_voxels()));
  std::vector<std::int32_t> result;
  result.reserve(values.size());
  for (const auto value : values) {
    if (value < std::numeric_limits<std::int32_t>::min() ||
        value > std::numeric_limits<std::int32_t>::max())
      fail(fmt::format("dataset '{}' holds {}; labels are integers below 2^31 in size", dataset,
                       value));
    result.push_back(static_cast<std::int32_t>(value));
  }
  return result;
}

void Dream3dReader::check_phases(LabelledGrid& grid, const Features& features,
                                 const std::string& ids, const std::string& phases_of_cells) const {
  if (phases_of_cells.empty()) return;
  for (const auto& array : features.arrays) {
    if (!is_feature_phase(array)) continue;
    const auto of_features = integers(array.path(), features.n);
    const auto id = integers(ids, n_voxels()), phase = integers(phases_of_cells, n_voxels());
    std::size_t n_other = 0;
    for (std::size_t v = 0; v < id.size(); ++v)
      if (id[v] > 0 && of_features[static_cast<std::size_t>(id[v])] != phase[v]) ++n_other;
    if (n_other == 0) continue;
    const double share = static_cast<double>(n_other) / static_cast<double>(id.size());
    const auto what = fmt::format("'{}' and '{}' disagree on the phase of {:.3g} % of the voxels",
                                  array.path(), phases_of_cells, 100. * share);
    constexpr double largest_share = 0.01;  // what filters that clean up measured data leave
    if (share > largest_share && options_.features.empty())
      fail(
          fmt::format("{}: the table does not describe '{}'; name it if it does (--features, "
                      "'Features')",
                      what, ids));
    grid.notes.push_back("warning: " + what + "; that of the features is used");
  }
}

void Dream3dReader::check_described(LabelledGrid& grid) const {
  if (ensemble_.elsewhere.empty()) return;
  for (const auto& [label, crystal] : grid.crystals)
    if (crystal.phase < 0 || crystal.phase >= static_cast<std::int64_t>(ensemble_.n_described)) {
      grid.phases.clear();
      grid.notes.push_back(
          fmt::format("'{}', elsewhere in the file, does not describe phase {}; "
                      "phases are known by number only",
                      ensemble_.elsewhere, crystal.phase));
      return;
    }
  grid.notes.push_back(
      fmt::format("phases are those of '{}', elsewhere in the file", ensemble_.elsewhere));
}

void Dream3dReader::note_one_phase(LabelledGrid& grid, const std::string& where,
                                   const char* what) const {
  // Phase 0 stands for none.
  if (ensemble_.n_described > 2)
    fail(
        fmt::format("'{}' has no 'Phases', but the file describes {} phases; add which of them "
                    "the {} have",
                    where, ensemble_.n_described - 1, what));
  grid.notes.push_back(fmt::format("'{}' has no 'Phases'; all {} are of phase 1", where, what));
}

std::vector<std::int64_t> Dream3dReader::phases_of(LabelledGrid& grid, const Features& features,
                                                   const std::string& ids,
                                                   const std::string& phases_of_cells) const {
  std::string path;
  for (const auto& array : features.arrays)
    if (is_feature_phase(array) && (path.empty() || array.name == "Phases")) path = array.path();
  if (!path.empty()) return integers(path, features.n);
  std::vector<std::int64_t> result(features.n, 1);
  result[0] = 0;
  if (phases_of_cells.empty()) {
    note_one_phase(grid, features.group, "grains");
    return result;
  }
  const auto id = integers(ids, n_voxels()), phase = integers(phases_of_cells, n_voxels());
  std::vector<bool> known(features.n);
  for (std::size_t v = 0; v < id.size(); ++v) {
    const auto f = static_cast<std::size_t>(id[v]);
    if (known[f] && result[f] != phase[v])
      fail(
          fmt::format("feature {} of '{}' has no phase in '{}', and voxels of the phases {} and "
                      "{} in '{}'",
                      f, ids, features.group, result[f], phase[v], phases_of_cells));
    result[f] = phase[v];
    known[f] = true;
  }
  grid.notes.push_back(
      fmt::format("'{}' has no 'Phases'; the phase of a grain is that of its "
                  "voxels in '{}'",
                  features.group, phases_of_cells));
  return result;
}

void Dream3dReader::read_grains(LabelledGrid& grid, const std::string& ids,
                                const Features& features,
                                const std::string& phases_of_cells) const {
  const auto dataset = oriented(features.arrays);
  const auto rotations = dataset.empty()
                             ? std::vector<Rotation>{}
                             : read_orientations(file_, dataset, features.n, options_.angles, true);
  const auto phase = phases_of(grid, features, ids, phases_of_cells);
  check_phases(grid, features, ids, phases_of_cells);
  grid.notes.push_back(
      dataset.empty()
          ? fmt::format("'{}' has no orientations; crystal axes are those of the sample",
                        features.group)
          : fmt::format("orientations are those of dataset '{}'", dataset));
  if (options_.unrotated) grid.notes.back() = "crystals are not turned, as asked for";
  if (!options_.features.empty())
    grid.notes.push_back(fmt::format("'{}' describes '{}', as asked for", features.group, ids));
  grid.label = labels(ids);
  for (std::size_t f = 0; f < features.n; ++f) {
    Crystal crystal;
    crystal.phase = phase[f];
    if (!dataset.empty()) crystal.orientation = rotations[f];
    grid.crystals.emplace(static_cast<std::int32_t>(f), crystal);
  }
}

void Dream3dReader::read_points(LabelledGrid& grid, const std::string& phases_of_cells,
                                const std::string& ids, const Features& features,
                                const std::string& reason) {
  const auto dataset = oriented(cells_);
  if (dataset.empty() && phases_of_cells.empty()) {
    std::vector<std::string> names;
    for (const auto& array : cells_) names.push_back(layout_.relative(array.path()));
    fail(
        fmt::format("'{}' holds neither grains with phases or orientations nor cell data 'Phases' "
                    "or 'EulerAngles'; it has {}",
                    layout_.geometry().path, fmt::join(names, ", ")));
  }
  const std::size_t n = n_voxels();
  auto rotations = dataset.empty()
                       ? std::vector<Rotation>{}
                       : reordered(read_orientations(file_, dataset, n, options_.angles, false));
  std::vector<std::int64_t> phase(n, 1);
  if (!phases_of_cells.empty()) {
    phase = reordered(integers(phases_of_cells, n));
  } else if (features.n > 0) {
    const auto known = phases_of(grid, features, ids, "");
    const auto grain = labels(ids);
    for (std::size_t v = 0; v < n; ++v) phase[v] = known[static_cast<std::size_t>(grain[v])];
  } else {
    note_one_phase(grid, layout_.geometry().path, "voxels");
  }
  grid.notes.push_back(
      dataset.empty()
          ? fmt::format("{}: phases are those of dataset '{}', without orientations", reason,
                        phases_of_cells)
          : fmt::format("{}: {} in dataset '{}' are one crystal", reason,
                        options_.grain_angle > 0. ? "neighbours of nearly equal orientation"
                                                  : "voxels of equal orientation",
                        dataset));
  std::map<std::int64_t, std::int32_t> label_of;
  if (dataset.empty()) {
    for (const auto number : std::set<std::int64_t>(phase.begin(), phase.end())) {
      Crystal crystal;
      crystal.phase = number;
      const auto label = static_cast<std::int32_t>(grid.crystals.size());
      grid.crystals.emplace(label, crystal);
      label_of.emplace(number, label);
    }
    for (const auto number : phase) grid.label.push_back(label_of.at(number));
    return;
  }
  CrystalPoints points;
  points.shape = grid.shape;
  points.lengths = grid.lengths;
  points.phase = std::move(phase);
  points.orientation = std::move(rotations);
  points.indexed.assign(n, 1);
  points.phases = grid.phases;
  points.laue_groups = ensemble_.laue_groups;
  points.notes = std::move(grid.notes);
  points.sample_axes = points.usual_sample_axes = "x, y, z";
  points.hexagonal_source = "as of DREAM.3D";
  grid = crystals_of(std::move(points), file_.path(), options_);
  joined_ = true;
}

void Dream3dReader::read_labels(LabelledGrid& grid, const std::string& dataset,
                                const std::string& note) const {
  grid.label = labels(dataset);
  for (const auto label : std::set<std::int32_t>(grid.label.begin(), grid.label.end())) {
    Crystal crystal;
    crystal.phase = label;
    grid.crystals.emplace(label, crystal);
  }
  // Features count from 1, whether or not voxels are left of them all.
  const auto largest = *std::max_element(grid.label.begin(), grid.label.end());
  for (std::int64_t label = 1; label <= std::min<std::int64_t>(largest, most_phases); ++label)
    grid.phases.emplace(label, FilePhase{});
  grid.notes.push_back(note);
}

LabelledGrid Dream3dReader::grid() {
  LabelledGrid grid;
  grid.shape = layout_.geometry().shape;
  grid.lengths = layout_.geometry().lengths;
  if (layout_.geometry().rectilinear)
    grid.notes.push_back(fmt::format("'{}' is a rectilinear geometry, of voxels of equal size",
                                     layout_.geometry().path));
  const auto ids_name = options_.array.empty() ? "FeatureIds" : options_.array;
  const auto label_array = ids();
  const auto cell_orientations = oriented(cells_);
  if (label_array.empty()) check_shape_of_ids(ids_name);
  if (label_array.empty() && !options_.orientations.empty() && cell_orientations.empty())
    refuse_orientations();
  const auto phases_of_cells = cell_phases(label_array);
  if (label_array.empty() &&
      (!options_.array.empty() || (phases_of_cells.empty() && cell_orientations.empty()))) {
    std::vector<std::string> names;
    for (const auto& array : cells_) names.push_back(layout_.relative(array.path()));
    fail(
        fmt::format("'{}' has no dataset '{}' with the cells {} of its geometry (z, y, x); "
                    "datasets of that shape: {}{}",
                    layout_.geometry().path, ids_name, fmt::join(layout_.cells(), "x"),
                    names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
                    did_you_mean(ids_name, names, true)));
  }
  const bool labels_are_phases = label_array.ends_with("/Phases");
  if (labels_are_phases && !options_.features.empty())
    fail(
        fmt::format("a table of features (--features, 'Features') has no effect on '{}', which "
                    "holds phases",
                    label_array));
  Features features;
  if (!label_array.empty() && !labels_are_phases) {
    const auto id = integers(label_array, n_voxels());
    const auto [smallest, largest] = std::minmax_element(id.begin(), id.end());
    features = table_of(file_, layout_, options_, label_array, *largest);
    if (features.n > 0 && *smallest < 0)
      fail(fmt::format("dataset '{}' holds {}, but '{}' describes the features 0 to {}",
                       label_array, *smallest, features.group, features.n - 1));
  }
  if (!options_.orientations.empty())
    for (const auto& table : feature_tables(layout_, options_))
      for (const auto& array : table.arrays)
        if (table.n == features.n && table.group != features.group &&
            layout_.relative(array.path()) == options_.orientations)
          features.arrays.push_back(array);  // of another table of the same features
  const bool labels_only = options_.features == "none" ||
                           (!label_array.empty() && !labels_are_phases && features.n == 0 &&
                            phases_of_cells.empty() && cell_orientations.empty());
  if (!labels_only) {
    ensemble_ = read_ensemble(file_, layout_);
    grid.phases = ensemble_.phases;
    grid.notes.insert(grid.notes.end(), ensemble_.notes.begin(), ensemble_.notes.end());
  }
  const bool grains_oriented = features.n > 0 && !oriented(features.arrays).empty();
  if (!options_.orientations.empty() && !grains_oriented && cell_orientations.empty())
    refuse_orientations();
  if (!grains_oriented && cell_orientations.empty() && !labels_are_phases &&
      options_.features != "none")
    refuse_possible_orientations(features.n);
  if (labels_are_phases && (options_.orientations.empty() || cell_orientations.empty()))
    read_labels(grid, label_array,
                fmt::format("crystals are the phases of dataset '{}', not turned", label_array));
  else if (labels_only)
    read_labels(grid, label_array,
                fmt::format("every label of dataset '{}' is a phase; {}", label_array,
                            options_.features == "none"
                                ? "tables of features are not used, as asked for"
                                : "the file describes neither their phases nor orientations"));
  else if (label_array.empty() || labels_are_phases)
    read_points(grid, labels_are_phases ? label_array : phases_of_cells, "", {},
                label_array.empty() ? fmt::format("dataset '{}' of grains is missing", ids_name)
                                    : fmt::format("dataset '{}' holds phases", label_array));
  else if (features.n == 0)
    read_points(grid, phases_of_cells, "", {},
                fmt::format("the grains of '{}' are not described", label_array));
  else if (!grains_oriented && !cell_orientations.empty())
    read_points(grid, phases_of_cells, label_array, features,
                fmt::format("the grains of '{}' have no such orientations", features.group));
  else
    read_grains(grid, label_array, features, phases_of_cells);
  if (options_.grain_angle > 0. && !joined_)
    throw std::invalid_argument(fmt::format(
        "{}: grain angle {} (--grain-angle, 'Grain angle') has no effect: it joins voxels by their "
        "orientations, which are not what is read here",
        file_.path(), options_.grain_angle));
  check_described(grid);
  for (const auto& [label, crystal] : grid.crystals)
    grid.phases.emplace(crystal.phase, FilePhase{});
  return grid;
}

bool is_dream3d(const std::string& path, const std::string&, const MicrostructureOptions&) {
  const Hdf5Reader file(path);
  return file.has_dataset("DataContainers") || file.has_dataset("DataStructure");
}

LabelledGrid read_dream3d(const std::string& path, const MicrostructureOptions& options) {
  if (options.angles != "radians" && options.angles != "degrees")
    throw std::invalid_argument(
        fmt::format("{}: unit of angles '{}' (--angles, 'Angles'): allowed are radians and degrees",
                    path, options.angles));
  if (options.unrotated && !options.orientations.empty())
    throw std::invalid_argument(fmt::format(
        "{}: crystals that are not turned (--unrotated, 'Unrotated') have no orientations '{}' "
        "(--orientations, 'Orientations')",
        path, options.orientations));
  if (options.features == "none" && !options.orientations.empty())
    throw std::invalid_argument(
        fmt::format("{}: orientations '{}' (--orientations, 'Orientations') have no effect where "
                    "every label is a phase (--features none, 'Features')",
                    path, options.orientations));
  return Dream3dReader(path, options).grid();
}

}  // namespace

const MicrostructureReader& dream3d_reader() {
  static const MicrostructureReader reader{
      {"dream3d",
       "DREAM.3D, versions 7 and 8",
       {".dream3d"},
       "DREAM.3D 6.5 (SIMPL), DREAM3D-NX",
       "axes x, y, z; spacing of the geometry; labels are FeatureIds, described by a table of "
       "features with phases and orientations, or voxels with their own (--grain-angle joins "
       "them); "
       "the origin is not used",
       "seco import Copper.dream3d --stiffness \"Copper = Cu\" --out rve.h5"},
      &hdf5_files(),
      {ReadOption::material, ReadOption::unit, ReadOption::array, ReadOption::container,
       ReadOption::features, ReadOption::orientations, ReadOption::unrotated, ReadOption::angles,
       ReadOption::grain_angle},
      is_dream3d,
      read_dream3d,
      nullptr};
  return reader;
}

}  // namespace seco::materials
