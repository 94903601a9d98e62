#include "dream3d_layout.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <stdexcept>

#include "seco/materials/names.h"

namespace seco::materials {
namespace {

/// Where the search ends, also if groups are linked in a circle.
constexpr int deepest = 6, most_objects = 20000;

const char* const simpl_geometry = "/_SIMPL_GEOMETRY";

bool is_below(const std::string& path, const std::string& group) {
  return path == group || path.starts_with(group + "/");
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

void Dream3dLayout::fail(const std::string& what) const {
  throw std::runtime_error(fmt::format("{}: {}", file_.path(), what));
}

std::string Dream3dLayout::member(const std::string& group, const std::string& name) const {
  for (const auto& known : file_.members(group))
    if (lower(known) == lower(name)) return group + "/" + known;
  return "";
}

void Dream3dLayout::walk(const std::string& group, int depth,
                         std::vector<std::string>& geometries) {
  if (file_.has_attribute("_DIMENSIONS", group) ||
      (file_.has_attribute("Dimensions", group) && file_.has_attribute("X Bounds ID", group)) ||
      !member(group + simpl_geometry, "DIMENSIONS").empty())
    geometries.push_back(group);
  if (depth == 0) return;
  for (const auto& name : file_.members(group)) {
    if (++n_objects_ > most_objects) return;
    const auto path = group + "/" + name;
    const auto kind = file_.kind(path);
    if (kind == Hdf5Kind::group && path != group + simpl_geometry)
      walk(path, depth - 1, geometries);
    else if (kind == Hdf5Kind::unreadable)
      all_.push_back({group, name, {}, kind});
    else if (kind != Hdf5Kind::group)
      all_.push_back({group, name, file_.shape(path), kind});
  }
}

Dream3dLayout::Dream3dLayout(const Hdf5Reader& file, const MicrostructureOptions& options)
    : file_(file) {
  std::vector<std::string> geometries;
  for (const char* root : {"DataContainers", "DataStructure"}) walk(root, deepest, geometries);
  choose(geometries, options.container);
  for (const auto& array : all_) {
    const bool own = is_below(array.group, geometry_.path),
               elsewhere = array.group.starts_with("DataStructure") &&
                           std::none_of(geometries.begin(), geometries.end(),
                                        [&](const auto&g) { return is_below(array.group, g); });
    if (!own && !elsewhere) continue;
    // What the library cannot open may be what is looked for; this says why.
    if (array.kind == Hdf5Kind::unreadable) file_.dataset<double>(array.path());
    arrays_.push_back(array);
  }
}

void Dream3dLayout::choose(const std::vector<std::string>& geometries,
                           const std::string& container) {
  if (geometries.empty())
    fail(
        "holds no image geometry, neither a data container with '_SIMPL_GEOMETRY/DIMENSIONS' nor "
        "a group of 'DataStructure' with the attribute '_DIMENSIONS', nor a rectilinear one");
  std::vector<std::string> names;
  for (const auto& path : geometries) names.push_back(path.substr(path.find('/') + 1));
  std::size_t chosen = 0;
  if (!container.empty()) {
    chosen =
        static_cast<std::size_t>(std::find(names.begin(), names.end(), container) - names.begin());
    if (chosen == names.size())
      fail(fmt::format("has no container '{}' with an image geometry; it has {}{}", container,
                       fmt::join(names, ", "), did_you_mean(container, names, true)));
  } else if (geometries.size() > 1) {
    fail(fmt::format("has the containers {}; say which one to read (--container, 'Container')",
                     fmt::join(names, ", ")));
  }
  geometry_.path = geometries[chosen];
  const bool attributes = !geometry_.path.starts_with("DataContainers");
  const auto where = attributes ? geometry_.path : geometry_.path + simpl_geometry;
  geometry_.rectilinear = attributes ? !file_.has_attribute("_DIMENSIONS", where)
                                     : member(where, "SPACING").empty() &&
                                           member(where, "RESOLUTION").empty() &&
                                           !member(where, "xBounds").empty();
  const auto dimensions =
      attributes ? file_.numbers(geometry_.rectilinear ? "Dimensions" : "_DIMENSIONS", where)
                 : file_.dataset<double>(member(where, "DIMENSIONS"), 1).values;
  for (std::size_t axis = 0; axis < 3; ++axis)
    if (dimensions.size() != 3 || !(dimensions[axis] >= 1) || !(dimensions[axis] < 1 << 30) ||
        dimensions[axis] != std::floor(dimensions[axis]))
      fail(fmt::format("DIMENSIONS of '{}' are {}, expected three positive integers", where,
                       fmt::join(dimensions, ", ")));
  const auto steps = geometry_.rectilinear ? spacing_of_bounds(where, attributes, dimensions)
                                           : spacing(where, attributes);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    if (steps.size() != 3 || !std::isfinite(steps[axis]) || !(steps[axis] > 0))
      fail(fmt::format("SPACING of '{}' is {}, expected three positive numbers", where,
                       fmt::join(steps, ", ")));
    geometry_.shape[axis] = static_cast<int>(dimensions[axis]);
    geometry_.lengths[axis] = geometry_.shape[axis] * steps[axis];
  }
}

std::vector<double> Dream3dLayout::spacing(const std::string& where, bool attributes) const {
  if (attributes) return file_.numbers("_SPACING", where);
  // As files before version 6.5 of the program call it.
  const auto old = member(where, "RESOLUTION"), now = member(where, "SPACING");
  return file_.dataset<double>(now.empty() && !old.empty() ? old : where + "/SPACING", 1).values;
}

std::vector<double> Dream3dLayout::spacing_of_bounds(const std::string& where, bool attributes,
                                                     const std::vector<double>& dimensions) const {
  std::vector<double> steps;
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const char letter = "xyz"[axis];
    std::string bounds = attributes ? "" : member(where, fmt::format("{}Bounds", letter));
    if (attributes) {
      // The attribute names the dataset by its number.
      const auto id = file_.numbers(fmt::format("{} Bounds ID", "XYZ"[axis]), where);
      for (const auto& array : all_)
        if (id.size() == 1 && array.kind == Hdf5Kind::numbers &&
            file_.has_attribute("ObjectId", array.path()) &&
            file_.numbers("ObjectId", array.path()) == id)
          bounds = array.path();
    }
    if (bounds.empty())
      fail(fmt::format("rectilinear geometry '{}' has no bounds along {}", where, letter));
    const auto values = file_.dataset<double>(bounds).values;
    const auto n = static_cast<std::size_t>(dimensions[axis]);
    if (values.size() != n + 1)
      fail(fmt::format("dataset '{}' has {} bounds, expected {} of {} voxels", bounds,
                       values.size(), n + 1, n));
    const double step = (values[n] - values[0]) / dimensions[axis];
    for (std::size_t i = 0; i < n; ++i)
      // Bounds are in single precision.
      if (!(std::abs(values[i + 1] - values[i] - step) <=
            1e-4 * step + 1e-6 * std::max(std::abs(values[0]), std::abs(values[n]))))
        fail(
            fmt::format("dataset '{}' of a rectilinear geometry has voxels of {} and {} along {}, "
                        "expected equal ones; resample it on an image geometry",
                        bounds, step, values[i + 1] - values[i], letter));
    steps.push_back(step);
  }
  return steps;
}

std::vector<std::size_t> Dream3dLayout::cells() const {
  const auto& shape = geometry_.shape;
  return {static_cast<std::size_t>(shape[2]), static_cast<std::size_t>(shape[1]),
          static_cast<std::size_t>(shape[0])};
}

std::string Dream3dLayout::relative(const std::string& path) const {
  return is_below(path, geometry_.path) && path != geometry_.path
             ? path.substr(geometry_.path.size() + 1)
             : path.substr(path.find('/') + 1);
}

std::string Dream3dLayout::listed(const std::vector<Dream3dArray>& arrays) const {
  std::vector<std::string> texts;
  for (const auto& array : arrays)
    texts.push_back(fmt::format("{} ({})", relative(array.path()), fmt::join(array.shape, "x")));
  return texts.empty() ? "none" : fmt::format("{}", fmt::join(texts, ", "));
}

bool Dream3dLayout::is_called(const Dream3dArray& array, const std::string& name) const {
  return array.name == name || array.path() == name || relative(array.path()) == name;
}

bool Dream3dLayout::is_cell_array(const Dream3dArray& array) const {
  auto shape = array.shape;
  if (shape.size() == 4) shape.pop_back();
  return shape == cells();
}

std::vector<Dream3dArray> Dream3dLayout::cell_arrays() const {
  std::vector<Dream3dArray> result;
  for (const auto& array : arrays_)
    if (is_below(array.group, geometry_.path) && is_cell_array(array)) result.push_back(array);
  return result;
}

std::vector<Dream3dArray> Dream3dLayout::crystal_structures() const {
  std::vector<Dream3dArray> own, others;
  for (const auto& array : all_)
    if (array.name == "CrystalStructures" && array.n_rows() > 0)
      (is_below(array.group, geometry_.path) ? own : others).push_back(array);
  return own.empty() ? others : own;
}

}  // namespace seco::materials
