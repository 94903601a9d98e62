#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "crystal_points.h"
#include "laue_groups.h"
#include "microstructure_reader.h"
#include "phase_stiffness.h"
#include "seco/materials/hdf5_file.h"
#include "text_scanner.h"

namespace seco::materials {
namespace {

constexpr const char* map_group = "/crystal_map";

class OrixFile {
 public:
  explicit OrixFile(const std::string& path) : file_(path) {}

  CrystalPoints points() const;

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", file_.path(), what));
  }
  static std::string data(const std::string& name) {
    return fmt::format("{}/data/{}", map_group, name);
  }
  std::string text(const std::string& path) const;
  void read_phases(CrystalPoints& points) const;
  /// Values of a dataset of the points, the first of each point.
  std::vector<double> values(const std::string& name, std::size_t n) const;
  /// Coordinates in steps from the smallest.
  /// @param step that of the header, changed to 0 where all points have the same coordinate, and to
  ///   that of the coordinates where they contradict the header
  std::vector<int> indices(const std::string& name, std::size_t n, double& step,
                           std::vector<std::string>& notes) const;

  Hdf5Reader file_;
};

std::string OrixFile::text(const std::string& path) const {
  if (file_.kind(path) != Hdf5Kind::texts) return "";
  const auto texts = file_.texts(path);
  return texts.empty() ? "" : texts.front();
}

void OrixFile::read_phases(CrystalPoints& points) const {
  const auto group = fmt::format("{}/header/phases", map_group);
  for (const auto& name : file_.members(group)) {
    const auto number = integer_of(name);
    if (!number) fail(fmt::format("group '{}' has the member '{}', expected numbers", group, name));
    if (*number < 0) continue;  // stands for points that are not indexed
    const auto path = group + "/" + name;
    const auto point_group = text(path + "/point_group");
    auto laue = laue_group_of_symbol(point_group);
    points.phases[*number].name = text(path + "/name");
    if (file_.kind(path + "/space_group") == Hdf5Kind::integers) {
      const auto space_group = file_.dataset<std::int64_t>(path + "/space_group").values;
      const auto standard =
          space_group.empty() ? "" : laue_group_of_space_group(space_group.front());
      if (laue.empty()) laue = standard;
      if (!standard.empty() && standard != laue)
        points.notes.push_back(fmt::format(
            "warning: {} has the point group {} of orix, of the Laue group {}, but the space group "
            "{} has {} in its standard setting; the former is used",
            described(*number, points.phases[*number]), point_group, laue, space_group.front(),
            standard));
    }
    points.laue_groups[*number] = laue;
    points.phases[*number].symmetry = symmetry_of_laue_group(laue);
  }
  if (points.phases.empty()) fail(fmt::format("group '{}' describes no phase", group));
}

std::vector<double> OrixFile::values(const std::string& name, std::size_t n) const {
  const auto array = file_.dataset<double>(data(name));
  if (array.shape.empty() || array.shape[0] != n || array.values.size() % n != 0)
    fail(fmt::format("dataset '{}' has the shape {}, expected {} points", data(name),
                     fmt::join(array.shape, "x"), n));
  const auto per_point = array.values.size() / n;
  std::vector<double> first;
  for (std::size_t p = 0; p < n; ++p) first.push_back(array.values[p * per_point]);
  return first;
}

std::vector<int> OrixFile::indices(const std::string& name, std::size_t n, double& step,
                                   std::vector<std::string>& notes) const {
  std::vector<int> result(n, 0);
  // A map of one row has no coordinates across it.
  if (file_.shape(data(name)) == std::vector<std::size_t>{1} && n > 1) {
    step = 0.;
    return result;
  }
  const auto x = values(name, n);
  const auto [smallest, largest] = std::minmax_element(x.begin(), x.end());
  if (*smallest == *largest) {
    step = 0.;
    return result;
  }
  if (!(step > 0.) || !std::isfinite(*largest - *smallest))
    fail(fmt::format("'{}/header/{}_step' is {}, allowed are positive numbers", map_group, name,
                     step));
  for (std::size_t p = 0; p < n; ++p) {
    const double index = (x[p] - *smallest) / step;
    if (!(index < 1 << 24) || std::abs(index - std::round(index)) > 0.1)
      fail(
          fmt::format("dataset '{}' holds {} at point {}, which is no point of a grid with the "
                      "step {} of the header",
                      data(name), x[p], p, step));
    result[p] = static_cast<int>(std::round(index));
  }
  const double rounding = 1e-6 * std::max(std::abs(*smallest), std::abs(*largest));
  const int n_steps = 1 + *std::max_element(result.begin(), result.end());
  if (n_steps > 1)
    step = length_of_map(name, n_steps, step, *largest - *smallest, rounding, notes) / n_steps;
  return result;
}

CrystalPoints OrixFile::points() const {
  CrystalPoints points;
  read_phases(points);
  const auto phase = file_.dataset<std::int64_t>(data("phase_id"));
  const auto n = phase.shape.empty() ? 0 : phase.shape[0];
  if (n == 0) fail(fmt::format("dataset '{}' holds no points", data("phase_id")));
  const auto header = [&](const std::string& name) {
    const auto path = fmt::format("{}/header/{}", map_group, name);
    const auto value = file_.dataset<double>(path).values;
    if (value.size() != 1) fail(fmt::format("dataset '{}' holds no number", path));
    return value[0];
  };
  if (const auto grid = text(fmt::format("{}/header/grid_type", map_group));
      !grid.empty() && grid != "square")
    fail(fmt::format("'{}/header/grid_type' is '{}', allowed is square", map_group, grid));
  // The counts nx and ny of the header are those of all points, not of columns and rows.
  double x_step = header("x_step"), y_step = header("y_step");
  const auto column = indices("x", n, x_step, points.notes),
             row = indices("y", n, y_step, points.notes);
  points.shape = {1 + *std::max_element(column.begin(), column.end()),
                  1 + *std::max_element(row.begin(), row.end()), 1};
  if (x_step == 0. && y_step == 0.) fail("holds a single point; a grid has more");
  if (x_step == 0.) x_step = y_step;
  if (y_step == 0.) y_step = x_step;
  if (points.n_points() != n)
    fail(fmt::format("holds {} points, expected {}, those of its grid of {} x {}", n,
                     points.n_points(), points.shape[0], points.shape[1]));
  points.lengths = {points.shape[0] * x_step, points.shape[1] * y_step, y_step};
  const auto phi1 = values("phi1", n), Phi = values("Phi", n), phi2 = values("phi2", n);
  const auto in_data = values("is_in_data", n);
  const auto per_point = phase.values.size() / n;
  points.resize();
  std::vector<bool> given(n);
  for (std::size_t v = 0; v < n; ++v) {
    const auto p = points.position(column[v], row[v], 0);
    if (given[p])
      fail(fmt::format("two points are at column {}, row {} of the map", column[v], row[v]));
    given[p] = true;
    points.phase[p] = phase.values[v * per_point];
    points.indexed[p] = points.phase[p] >= 0 && in_data[v] != 0.;
    if (!points.indexed[p]) continue;
    if (!points.phases.count(points.phase[p]))
      fail(fmt::format("dataset '{}' holds {} at point {}, which the header does not describe",
                       data("phase_id"), points.phase[p], v));
    if (!(std::abs(phi1[v]) <= 2. * M_PI + 0.01) || !(std::abs(Phi[v]) <= 2. * M_PI + 0.01) ||
        !(std::abs(phi2[v]) <= 2. * M_PI + 0.01))
      fail(
          fmt::format("the angles '{}' to 'phi2' are {}, {}, {} at point {}, allowed are radians "
                      "up to 2 pi",
                      data("phi1"), phi1[v], Phi[v], phi2[v], v));
    points.orientation[p] = from_euler(phi1[v], Phi[v], phi2[v]);
  }
  points.sample_axes = "x, y, z";
  points.usual_sample_axes = points.sample_axes;
  points.sample_axes_warning = warning_on_orix;
  points.hexagonal_axis = "a";
  points.hexagonal_source = "as of orix";
  const auto unit = text(fmt::format("{}/header/scan_unit", map_group));
  points.notes.push_back(fmt::format("lengths are in {}; axis 0 is x of the map, axis 1 is y",
                                     unit.empty() ? "the unit of the map" : unit));
  if (per_point > 1 || file_.shape(data("phi1")).size() > 1)
    points.notes.emplace_back(
        "points have several orientations; read is the first of each, which is the best as orix "
        "sorts them");
  return points;
}

bool is_orix(const std::string& path, const std::string&, const MicrostructureOptions&) {
  return Hdf5Reader(path).kind(fmt::format("{}/data", map_group)) == Hdf5Kind::group;
}

LabelledGrid read_orix(const std::string& path, const MicrostructureOptions& options) {
  return crystals_of(OrixFile(path).points(), path, options);
}

}  // namespace

const MicrostructureReader& orix_reader() {
  static const MicrostructureReader reader{
      {"orix",
       "crystal map of orix in HDF5, 2D",
       {".h5", ".hdf5"},
       "orix, kikuchipy",
       "axis 0 is x, axis 1 is y; Bunge angles in radians of the axes x, y, z of the map unless "
       "--sample-axes says otherwise; hexagonal x along a; points of phase -1 or outside of the "
       "data are not indexed (--unindexed)",
       "seco import map.h5 --format orix --unindexed nearest --grain-angle 5 "
       "--stiffness \"Copper = Cu\" --out rve.h5"},
      &hdf5_files(),
      options_of_maps(),
      is_orix,
      read_orix,
      nullptr};
  return reader;
}

}  // namespace seco::materials
