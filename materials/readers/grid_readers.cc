#include "grid_readers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <stdexcept>

#include "phase_stiffness.h"
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

/// VTK's mark of cells and points that are hidden or belong to another piece.
constexpr const char* ghost_array = "vtkGhostType";

/// Whether VTK makes an array itself, so that it holds neither labels nor grey levels.
bool is_made_by_vtk(const std::string& name) {
  return name == ghost_array || name == "vtkOriginalCellIds" || name == "vtkOriginalPointIds" ||
         name == "vtkValidPointMask";
}

std::string names_of_all(const std::vector<const ImageData::ArrayDescription*>& arrays) {
  std::vector<std::string> names;
  for (const auto* array : arrays)
    names.push_back(
        array->name + (array->on_points ? " (points)" : "") +
        (array->n_components == 1 ? "" : fmt::format(" ({} components)", array->n_components)));
  return names.empty() ? "(none)" : fmt::format("{}", fmt::join(names, ", "));
}

LabelledGrid empty_grid(const ImageData& image, const ImageData::ArrayDescription& array,
                        const std::vector<std::string>& notes) {
  LabelledGrid grid;
  grid.notes = notes;
  grid.shape = image.shape(array);
  for (std::size_t axis = 0; axis < 3; ++axis)
    grid.lengths[axis] = grid.shape[axis] * image.spacing()[axis];
  if (array.on_points)
    grid.notes.push_back(
        fmt::format("array '{}' is given at points; every point is read as a voxel", array.name));
  for (const auto& ghosts : image.arrays()) {
    if (ghosts.name != ghost_array || ghosts.on_points != array.on_points) continue;
    const auto marks = image.values(ghosts);
    const auto n =
        marks.size() - static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 0.));
    if (n > 0)
      grid.notes.push_back(
          fmt::format("warning: '{}' marks {} of {} voxels as hidden or ghosts; "
                      "they are read like the others",
                      ghost_array, n, marks.size()));
  }
  return grid;
}

}  // namespace

const ImageData::ArrayDescription& chosen_array(const ImageData& image, const std::string& name,
                                                const std::string& default_value,
                                                std::vector<std::string>& notes) {
  std::vector<const ImageData::ArrayDescription*> all, named, scalars, active;
  std::vector<std::string> names;
  for (const auto& array : image.arrays()) {
    all.push_back(&array);
    names.push_back(array.name);
    if (!name.empty() && array.name == name) named.push_back(&array);
    if (name.empty() && array.name == default_value && !array.on_points) return array;
    if (array.n_components != 1 || is_made_by_vtk(array.name)) continue;
    scalars.push_back(&array);
    if (array.active) active.push_back(&array);
  }
  if (name == ghost_array)
    throw std::runtime_error(
        fmt::format("{}: array '{}' marks ghosts and holds no phases or grey "
                    "levels; the file holds {}",
                    image.origin(), name, names_of_all(all)));
  if (named.size() > 1)
    notes.push_back(fmt::format("array '{}' is read from the cells, not from the points", name));
  if (!named.empty()) return *named.front();  // cells are listed first
  if (!name.empty())
    throw std::runtime_error(fmt::format("{}: array '{}' is missing; the file holds {}{}",
                                         image.origin(), name, names_of_all(all),
                                         did_you_mean(name, names, true)));
  if (scalars.size() == 1) return *scalars.front();
  if (active.size() == 1) {
    notes.push_back(fmt::format("array '{}' is read, the active one of {}", active.front()->name,
                                names_of_all(scalars)));
    return *active.front();
  }
  throw std::runtime_error(
      fmt::format("{}: holds the arrays {}{}; say which one holds the phases or grey levels "
                  "(--array, 'Array')",
                  image.origin(), names_of_all(all),
                  active.empty() ? "" : ", of which cells and points have active ones"));
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
  std::vector<std::string> notes;
  const auto& array = chosen_array(image, options.array, "material", notes);
  if (options.material_file.empty())
    throw std::invalid_argument(
        fmt::format("{}: the entries of array '{}' of a DAMASK grid are described in a material "
                    "configuration (material.yaml); name that as material file",
                    path, array.name));
  const auto material = read_material_file(options);
  if (material.materials.empty())
    throw std::runtime_error(
        fmt::format("{}: section 'material' is missing, which the voxels of {} refer to",
                    options.material_file, path));
  auto grid = empty_grid(image, array, notes);
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
  std::vector<std::string> notes;
  const auto& array = chosen_array(image, options.array, "", notes);
  auto grid = empty_grid(image, array, notes);
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
  if (image.n_transparent > 0)
    grid.notes.push_back(fmt::format(
        "warning: {} of {} pixels are transparent, which is not used; their grey levels "
        "are those of the file, whatever background a viewer shows",
        image.n_transparent, image.level.size()));
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
