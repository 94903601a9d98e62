#include "image_data_grid.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "microstructure_reader.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

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

std::unique_ptr<VoxelArray> open_image_data(const std::string& path,
                                            const MicrostructureOptions& options) {
  const auto image = ImageData::read(path);
  std::vector<std::string> notes;
  const auto& array = chosen_array(image, options.array, "", notes);
  return voxels_of(image, array, std::move(notes));
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

std::unique_ptr<VoxelArray> voxels_of(const ImageData& image,
                                      const ImageData::ArrayDescription& array,
                                      std::vector<std::string> notes) {
  VoxelArray::Description description;
  description.what = fmt::format("{}: array '{}'", image.origin(), array.name);
  description.shape = image.shape(array);
  description.order = {0, 1, 2};
  description.spacing = image.spacing();
  description.single_precision = array.type == "Float32";
  description.notes = std::move(notes);
  if (array.on_points)
    description.notes.push_back(
        fmt::format("array '{}' is given at points; every point is read as a voxel", array.name));
  for (const auto& ghosts : image.arrays()) {
    if (ghosts.name != ghost_array || ghosts.on_points != array.on_points) continue;
    const auto marks = image.values(ghosts);
    const auto n =
        marks.size() - static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 0.));
    if (n > 0)
      description.notes.push_back(
          fmt::format("warning: '{}' marks {} of {} voxels as hidden or ghosts; "
                      "they are read like the others",
                      ghost_array, n, marks.size()));
  }
  return array_in_memory(std::move(description), image.values(array));
}

const MicrostructureReader& image_data_reader() {
  static const MicrostructureReader reader{
      {"vti",
       "VTK image data of labels or grey levels",
       {".vti"},
       "VTK, ParaView, pyvista, DREAM.3D, seco",
       "axes x, y, z; spacing of the file; labels or grey levels at cells, or at points, which are "
       "read as voxels; the origin is not used",
       "seco import labels.vti --stiffness \"1 = Al\" --stiffness \"2 = Cu\" --out rve.h5"},
      &vtk_xml_files(),
      options_of_arrays({ReadOption::array}),
      nullptr,
      nullptr,
      open_image_data};
  return reader;
}

}  // namespace seco::materials
