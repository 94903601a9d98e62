#include "grid_readers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "seco/materials/damask_material.h"
#include "seco/materials/grey_image.h"
#include "seco/materials/names.h"
#include "seco/materials/rotation.h"
#include "seco/materials/rve_file.h"

namespace seco::materials {
namespace {

std::string voxel_at(std::size_t position, const std::array<int, 3>& shape) {
  const auto n2 = static_cast<std::size_t>(shape[1]), n3 = static_cast<std::size_t>(shape[2]);
  return fmt::format("({}, {}, {})", position / (n2 * n3), position / n3 % n2, position % n3);
}

LabelledGrid empty_grid(const ImageData& image, const ImageData::ArrayDescription& array) {
  LabelledGrid grid;
  grid.shape = image.shape(array);
  for (std::size_t axis = 0; axis < 3; ++axis)
    grid.lengths[axis] = grid.shape[axis] * image.spacing()[axis];
  if (array.on_points)
    grid.notes.push_back(
        fmt::format("array '{}' is given at points; every point is read as a voxel", array.name));
  return grid;
}

}  // namespace

const ImageData::ArrayDescription& chosen_array(const ImageData& image, const std::string& name,
                                                const std::string& otherwise) {
  std::vector<std::string> names;
  const ImageData::ArrayDescription* fallback = nullptr;
  std::size_t n_scalars = 0;
  for (const auto& array : image.arrays()) {
    names.push_back(array.name);
    if (array.name == (name.empty() ? otherwise : name)) return array;
    if (array.n_components == 1) {
      ++n_scalars;
      fallback = fallback ? fallback : &array;
    }
  }
  if (name.empty() && n_scalars == 1) return *fallback;
  if (name.empty())
    throw std::runtime_error(fmt::format(
        "{}: holds the arrays {}; say which one holds the phases or grey levels", image.origin(),
        names.empty() ? "(none)" : fmt::format("{}", fmt::join(names, ", "))));
  throw std::runtime_error(
      fmt::format("{}: array '{}' is missing; the file holds {}{}", image.origin(), name,
                  names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", ")),
                  did_you_mean(name, names, true)));
}

std::vector<std::int32_t> labels_of(const std::vector<double>& values,
                                    const std::array<int, 3>& shape, const std::string& what) {
  std::vector<std::int32_t> labels;
  labels.reserve(values.size());
  for (std::size_t v = 0; v < values.size(); ++v) {
    if (!(std::abs(values[v]) <= std::numeric_limits<std::int32_t>::max()) ||
        values[v] != std::floor(values[v]))
      throw std::runtime_error(fmt::format(
          "{} holds {} at voxel {}; labels are integers below 2^31 in size, grey levels need "
          "thresholds",
          what, values[v], voxel_at(v, shape)));
    labels.push_back(static_cast<std::int32_t>(values[v]));
  }
  return labels;
}

std::vector<std::int32_t> segmented(const std::vector<double>& values,
                                    const std::vector<double>& thresholds,
                                    const std::string& what) {
  for (std::size_t t = 0; t < thresholds.size(); ++t)
    if (!std::isfinite(thresholds[t]) || (t > 0 && !(thresholds[t] > thresholds[t - 1])))
      throw std::invalid_argument(
          fmt::format("{}: thresholds {}: allowed are finite numbers, each above the one before",
                      what, fmt::join(thresholds, ", ")));
  std::vector<std::int32_t> labels;
  labels.reserve(values.size());
  for (const double value : values) {
    if (std::isnan(value)) throw std::runtime_error(fmt::format("{} holds NaN", what));
    labels.push_back(static_cast<std::int32_t>(
        std::upper_bound(thresholds.begin(), thresholds.end(), value) - thresholds.begin()));
  }
  return labels;
}

void add_phase_per_label(LabelledGrid& grid) {
  std::set<std::int32_t> labels;
  for (std::size_t v = 0; v < grid.label.size(); ++v)
    if (v == 0 || grid.label[v] != grid.label[v - 1]) labels.insert(grid.label[v]);
  for (const auto label : labels) {
    Crystal crystal;
    crystal.phase = label;
    grid.crystals.emplace(label, crystal);
    grid.phases.emplace(label, FilePhase{});
  }
}

LabelledGrid read_damask_grid(const std::string& path, const MicrostructureOptions& options) {
  const auto image = ImageData::read(path);
  const auto& array = chosen_array(image, options.array, "material");
  if (options.material_file.empty())
    throw std::invalid_argument(
        fmt::format("{}: the entries of array '{}' of a DAMASK grid are described in a material "
                    "configuration (material.yaml); name that as material file",
                    path, array.name));
  const auto material = read_damask_material(options.material_file);
  if (material.materials.empty())
    throw std::runtime_error(
        fmt::format("{}: section 'material' is missing, which the voxels of {} refer to",
                    options.material_file, path));
  auto grid = empty_grid(image, array);
  grid.label =
      labels_of(image.values(array), grid.shape, fmt::format("{}: array '{}'", path, array.name));
  grid.phases = material.phases;
  grid.notes.insert(grid.notes.end(), material.notes.begin(), material.notes.end());
  for (std::size_t m = 0; m < material.materials.size(); ++m)
    grid.crystals.emplace(static_cast<std::int32_t>(m), material.materials[m]);
  for (std::size_t v = 0; v < grid.label.size(); ++v)
    if (grid.label[v] < 0 || static_cast<std::size_t>(grid.label[v]) >= material.materials.size())
      throw std::runtime_error(
          fmt::format("{}: array '{}' holds {} at voxel {}, but {} describes the materials 0 to {}",
                      path, array.name, grid.label[v], voxel_at(v, grid.shape),
                      options.material_file, material.materials.size() - 1));
  return grid;
}

LabelledGrid read_image_data_grid(const std::string& path, const MicrostructureOptions& options) {
  const auto image = ImageData::read(path);
  const auto& array = chosen_array(image, options.array, "phase");
  auto grid = empty_grid(image, array);
  const auto values = image.values(array);
  const auto what = fmt::format("{}: array '{}'", path, array.name);
  grid.label = options.thresholds.empty() ? labels_of(values, grid.shape, what)
                                          : segmented(values, options.thresholds, what);
  add_phase_per_label(grid);
  return grid;
}

LabelledGrid read_png_grid(const std::string& path, const MicrostructureOptions& options) {
  if (options.thresholds.empty())
    throw std::invalid_argument(
        fmt::format("{}: a grey-level image needs thresholds that tell its phases apart", path));
  const auto image = read_png(path);
  LabelledGrid grid;
  grid.shape = {image.width, image.height, 1};
  grid.lengths = {1. * image.width, 1. * image.height, 1.};
  for (const double threshold : options.thresholds)
    if (threshold > image.largest)
      throw std::invalid_argument(fmt::format("threshold {}: grey levels of {} are 0 to {}",
                                              threshold, path, image.largest));
  grid.label = segmented({image.level.begin(), image.level.end()}, options.thresholds, path);
  add_phase_per_label(grid);
  grid.notes.push_back("lengths are in pixels; axis 0 points right in the picture and axis 1 up");
  return grid;
}

LabelledGrid read_rve_grid(const std::string& path, const MicrostructureOptions&) {
  const Rve rve = read_rve(path);
  LabelledGrid grid;
  grid.unit = rve.unit;
  grid.shape[2] = 1;
  grid.lengths[2] = rve.lengths[1] / rve.shape[1];
  std::copy(rve.shape.begin(), rve.shape.end(), grid.shape.begin());
  std::copy(rve.lengths.begin(), rve.lengths.end(), grid.lengths.begin());
  grid.label.assign(rve.phase.begin(), rve.phase.end());
  for (std::size_t p = 0; p < rve.stiffness.size(); ++p) {
    Crystal crystal;
    crystal.phase = static_cast<std::int64_t>(p);
    crystal.stiffness = rve.stiffness[p];
    if (!rve.orientation.empty())
      crystal.orientation =
          from_euler(rve.orientation[p][0], rve.orientation[p][1], rve.orientation[p][2]);
    grid.crystals.emplace(static_cast<std::int32_t>(p), crystal);
    grid.phases.emplace(crystal.phase, FilePhase{});
  }
  return grid;
}

}  // namespace seco::materials
