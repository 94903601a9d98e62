#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "crystal_points.h"
#include "laue_groups.h"
#include "microstructure_reader.h"
#include "seco/materials/hdf5_file.h"
#include "text_scanner.h"

namespace seco::materials {
namespace {

/// Layout: Oxford Instruments NanoAnalysis HDF5 File Specification, versions 1.0 to 8.0.
class H5oinaFile {
 public:
  H5oinaFile(const std::string& path, const MicrostructureOptions& options)
      : file_(path), options_(options), slice_(slice()) {}

  CrystalPoints points() const;

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", file_.path(), what));
  }
  /// The acquisition that the options name, or the only one with a map.
  std::string slice() const;
  double header(const std::string& name) const;
  int cells(const std::string& name) const;
  void read_phases(CrystalPoints& points) const;
  /// Refuses points in another order than row by row, by their coordinates where there are any.
  void check_coordinates(CrystalPoints& points, const std::string& name, std::size_t axis,
                         double step) const;

  Hdf5Reader file_;
  const MicrostructureOptions& options_;
  /// Group of the map, `/1/EBSD`.
  std::string slice_;
};

std::string H5oinaFile::slice() const {
  std::vector<std::string> found;
  for (const auto& name : file_.members())
    if (file_.kind("/" + name + "/EBSD") == Hdf5Kind::group) found.push_back(name);
  if (found.empty())
    fail(
        "holds no map: no group of the file, as '1', has the groups 'EBSD/Data' and 'EBSD/Header'");
  if (!options_.container.empty()) {
    if (std::find(found.begin(), found.end(), options_.container) == found.end())
      fail(fmt::format("acquisition '{}' (--container, 'Container') has no map; maps are in {}",
                       options_.container, fmt::join(found, ", ")));
    return "/" + options_.container + "/EBSD";
  }
  if (found.size() > 1)
    fail(fmt::format("has maps in {}; say which one to read (--container, 'Container')",
                     fmt::join(found, ", ")));
  return "/" + found.front() + "/EBSD";
}

double H5oinaFile::header(const std::string& name) const {
  const auto path = slice_ + "/Header/" + name;
  const auto values = file_.dataset<double>(path).values;
  if (values.size() != 1 || !std::isfinite(values[0]))
    fail(fmt::format("dataset '{}' holds {}, expected a number", path, fmt::join(values, ", ")));
  return values[0];
}

int H5oinaFile::cells(const std::string& name) const {
  const double n = header(name);
  if (n != std::floor(n) || n < 1. || n > 1 << 24)
    fail(fmt::format("dataset '{}/Header/{}' is {}, allowed are counts from 1", slice_, name, n));
  return static_cast<int>(n);
}

void H5oinaFile::read_phases(CrystalPoints& points) const {
  const auto group = slice_ + "/Header/Phases";
  for (const auto& name : file_.members(group)) {
    const auto number = integer_of(name);
    if (!number) fail(fmt::format("group '{}' has the member '{}', expected numbers", group, name));
    auto& phase = points.phases[*number];
    const auto path = group + "/" + name;
    const auto names = file_.texts(path + "/Phase Name");
    if (names.size() != 1) fail(fmt::format("'{}/Phase Name' holds {} names", path, names.size()));
    phase.name = names.front();
    if (file_.has_dataset(path + "/Laue Group")) {
      const auto laue = file_.dataset<std::int64_t>(path + "/Laue Group").values;
      points.laue_groups[*number] = laue.empty() ? "" : laue_group_of_oxford(laue.front());
    }
    phase.symmetry = symmetry_of_laue_group(points.laue_groups[*number]);
  }
  if (points.phases.empty()) fail(fmt::format("group '{}' describes no phase", group));
}

void H5oinaFile::check_coordinates(CrystalPoints& points, const std::string& name, std::size_t axis,
                                   double step) const {
  const auto path = slice_ + "/Data/" + name;
  if (!file_.has_dataset(path)) return;
  const auto x = file_.dataset<double>(path).values;
  if (x.size() != points.n_points())
    fail(fmt::format("dataset '{}' holds {} values, expected {}", path, x.size(),
                     points.n_points()));
  const auto n_columns = static_cast<std::size_t>(points.shape[0]);
  for (std::size_t v = 0; v < x.size(); ++v) {
    const auto index = static_cast<double>(axis == 0 ? v % n_columns : v / n_columns);
    if (!is_near_grid_point(x[v] - x[0], index * step, step))
      fail(
          fmt::format("'{}' holds {:g} at point {}, expected {:g}: points are listed row by row, "
                      "X along the rows, with the steps of the header",
                      path, x[v], v, x[0] + index * step));
  }
  const double rounding =
      1e-6 * std::max(std::abs(x.front()), std::abs(x.back()));  // single precision
  points.lengths[axis] =
      length_of_map(name, points.shape[axis], step, x.back() - x.front(), rounding, points.notes);
}

CrystalPoints H5oinaFile::points() const {
  CrystalPoints points;
  read_phases(points);
  points.shape = {cells("X Cells"), cells("Y Cells"), 1};
  const double x_step = header("X Step"), y_step = header("Y Step");
  if (x_step <= 0. || (y_step <= 0. && points.shape[1] > 1))
    fail(
        fmt::format("steps '{}/Header/X Step' and 'Y Step' are {} and {}, allowed are positive "
                    "numbers",
                    slice_, x_step, y_step));
  points.lengths = {points.shape[0] * x_step, points.shape[1] * (y_step > 0. ? y_step : x_step),
                    y_step > 0. ? y_step : x_step};
  const auto angles = file_.dataset<double>(slice_ + "/Data/Euler", 2);
  const auto phase = file_.dataset<std::int64_t>(slice_ + "/Data/Phase").values;
  const auto n = points.n_points();
  if (angles.shape != std::vector<std::size_t>{n, 3} || phase.size() != n)
    fail(
        fmt::format("'{}/Data' holds {} angles and {} phases, expected {} x 3 and {}: 'X Cells' "
                    "times 'Y Cells' of the header",
                    slice_, fmt::join(angles.shape, " x "), phase.size(), n, n));
  check_coordinates(points, "X", 0, x_step);
  check_coordinates(points, "Y", 1, y_step > 0. ? y_step : x_step);
  points.resize();
  std::size_t v = 0;
  for (int row = 0; row < points.shape[1]; ++row)
    for (int column = 0; column < points.shape[0]; ++column, ++v) {
      const auto p = points.position(column, row, 0);
      points.phase[p] = phase[v];
      const double* angle = angles.values.data() + 3 * v;
      // Outside of the area of a map that is no rectangle there are no numbers.
      points.indexed[p] = phase[v] != 0 && !std::isnan(angle[0]);
      if (!points.indexed[p]) continue;
      if (!points.phases.count(phase[v]))
        fail(fmt::format(
            "'{}/Data/Phase' holds {} at point {}, the header describes the phases {} "
            "to {}",
            slice_, phase[v], v, points.phases.begin()->first, points.phases.rbegin()->first));
      for (int c = 0; c < 3; ++c)
        if (!(std::abs(angle[c]) <= 2. * M_PI + 0.01))
          fail(fmt::format("'{}/Data/Euler' holds {} at point {}, allowed are radians up to 2 pi",
                           slice_, angle[c], v));
      points.orientation[p] = from_euler(angle[0], angle[1], angle[2]);
    }
  points.usual_sample_axes =
      "x, -y, -z for the axes of the sample surface (CS1), x right and y up in the map; x, y, z if "
      "the angles were turned to the axes of the map";
  points.hexagonal_axis = "a*";
  points.hexagonal_source =
      "specification of the format: x of CS2 is perpendicular to the axes b and c";
  points.notes.emplace_back(
      "lengths are in micrometres; axis 0 is X, along the rows of the map, axis 1 is Y, from row "
      "to row");
  const auto whole = slice_.substr(0, slice_.rfind('/'));
  if (file_.kind(whole + "/Data Processing") == Hdf5Kind::group)
    points.notes.push_back(fmt::format(
        "warning: '{}/Data Processing' holds data that another program has changed; read are those "
        "as measured",
        whole));
  return points;
}

bool is_h5oina(const std::string& path, const std::string&, const MicrostructureOptions&) {
  const Hdf5Reader file(path);
  const auto members = file.members();
  return std::any_of(members.begin(), members.end(), [&](const std::string& name) {
    return name != "DataContainers" && file.kind("/" + name + "/EBSD/Header") == Hdf5Kind::group;
  });
}

LabelledGrid read_h5oina(const std::string& path, const MicrostructureOptions& options) {
  return crystals_of(H5oinaFile(path, options).points(), path, options);
}

}  // namespace

const MicrostructureReader& h5oina_reader() {
  static const MicrostructureReader reader{
      {"h5oina",
       "EBSD map in HDF5, 2D",
       {".h5oina"},
       "Oxford Instruments AZtec 4.2 and later, AZtecCrystal",
       "axis 0 is X, along rows, axis 1 is Y; micrometres; Bunge angles in radians of the axes "
       "that "
       "--sample-axes names; hexagonal x along a*; phase 0 is not indexed (--unindexed)",
       "seco import map.h5oina --sample-axes \"x,-y,-z\" --unindexed nearest --grain-angle 5 "
       "--stiffness \"Copper = Cu\" --out rve.h5"},
      &hdf5_files(),
      options_of_maps({ReadOption::container}),
      is_h5oina,
      read_h5oina,
      nullptr};
  return reader;
}

}  // namespace seco::materials
