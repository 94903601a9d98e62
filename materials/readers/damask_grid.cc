#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "grid_block.h"
#include "image_data_grid.h"
#include "microstructure_reader.h"
#include "phase_stiffness.h"
#include "seco/materials/damask_material.h"

namespace seco::materials {
namespace {

/// Whether image data are a grid of DAMASK, which has the integers `material` at its cells, and the
/// options do not ask for anything else. What is wrong with the file is left to the reader.
bool is_damask_grid(const std::string& path, const std::string&,
                    const MicrostructureOptions& options) {
  const bool other = !options.thresholds.empty() || !options.phases.empty() ||
                     (!options.array.empty() && options.array != "material") ||
                     (options.material_file.empty() && !options.stiffness.empty());
  if (other) return false;
  try {
    const auto image = ImageData::read(path);
    return std::any_of(image.arrays().begin(), image.arrays().end(), [](const auto& array) {
      return !array.on_points && array.name == "material" && array.n_components == 1 &&
             array.type.find("Int") != std::string::npos;
    });
  } catch (const std::runtime_error&) {
    return false;
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
  const auto voxels = voxels_of(image, array, std::move(notes));
  // Cropped and coarsened later, since all of its entries have to be materials.
  auto grid = read_labels(*voxels, path, {});
  grid.crystals.clear();
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

}  // namespace

const MicrostructureReader& damask_reader() {
  static const MicrostructureReader reader{
      {"damask",
       "DAMASK grid with its material configuration",
       {".vti"},
       "DAMASK (damask.GeomGrid)",
       "axes x, y, z; spacing of the file; the integers 'material' at the cells are entries of the "
       "section 'material' of material.yaml, with its orientations and constants (Pa)",
       "seco import grid.vti --material material.yaml --out rve.h5"},
      &vtk_xml_files(),
      {ReadOption::array, ReadOption::material, ReadOption::unit},
      is_damask_grid,
      read_damask_grid,
      nullptr};
  return reader;
}

}  // namespace seco::materials
