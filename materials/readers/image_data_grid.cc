#include "image_data_grid.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "microstructure_reader.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

/// Whether VTK makes an array itself, so that it holds neither labels nor grey levels.
bool is_made_by_vtk(const std::string& name) {
  return name == vtk_ghost_array || name == "vtkOriginalCellIds" || name == "vtkOriginalPointIds" ||
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

/// An array of a file that is read by layers.
class ImageArray : public VoxelArray {
 public:
  ImageArray(const ImageData& image, const ImageData::ArrayDescription& array,
             Description description)
      : description_(std::move(description)), layers_(image, array) {}
  const Description& description() const override { return description_; }
  void read(int first, int last, double* values) override { layers_.read(first, last, values); }

 private:
  Description description_;
  ImageData::Layers layers_;
};

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
  return chosen_array(image.origin(), image.arrays(), name, default_value, notes);
}

const ImageData::ArrayDescription& chosen_array(
    const std::string& origin, const std::vector<ImageData::ArrayDescription>& arrays,
    const std::string& name, const std::string& default_value, std::vector<std::string>& notes) {
  std::vector<const ImageData::ArrayDescription*> all, named, scalars, active;
  std::vector<std::string> names;
  for (const auto& array : arrays) {
    all.push_back(&array);
    names.push_back(array.name);
    if (!name.empty() && array.name == name) named.push_back(&array);
    if (name.empty() && array.name == default_value && !array.on_points) return array;
    if (array.n_components != 1 || is_made_by_vtk(array.name)) continue;
    scalars.push_back(&array);
    if (array.active) active.push_back(&array);
  }
  if (name == vtk_ghost_array)
    throw std::runtime_error(
        fmt::format("{}: array '{}' marks ghosts and holds no phases or grey "
                    "levels; the file holds {}",
                    origin, name, names_of_all(all)));
  if (named.size() > 1)
    notes.push_back(fmt::format("array '{}' is read from the cells, not from the points", name));
  if (!named.empty()) return *named.front();  // cells are listed first
  if (!name.empty())
    throw std::runtime_error(fmt::format("{}: array '{}' is missing; the file holds {}{}", origin,
                                         name, names_of_all(all), did_you_mean(name, names, true)));
  if (scalars.size() == 1) return *scalars.front();
  if (active.size() == 1) {
    notes.push_back(fmt::format("array '{}' is read, the active one of {}", active.front()->name,
                                names_of_all(scalars)));
    return *active.front();
  }
  throw std::runtime_error(
      fmt::format("{}: holds the arrays {}{}; say which one holds the phases or grey levels "
                  "(--array, 'Array')",
                  origin, names_of_all(all),
                  active.empty() ? "" : ", of which cells and points have active ones"));
}

std::string note_on_points(const std::string& array) {
  return fmt::format("array '{}' is given at points; every point is read as a voxel", array);
}

std::string note_on_ghosts(std::size_t n_marked, std::size_t n) {
  return n_marked == 0
             ? ""
             : fmt::format(
                   "warning: '{}' marks {} of {} voxels as hidden or ghosts; they are read "
                   "like the others",
                   vtk_ghost_array, n_marked, n);
}

std::unique_ptr<VoxelArray> voxels_of(const ImageData& image,
                                      const ImageData::ArrayDescription& array,
                                      std::vector<std::string> notes) {
  VoxelArray::Description description;
  description.what = fmt::format("{}: array '{}'", image.origin(), array.name);
  description.shape = image.shape(array);
  description.spacing = image.spacing();
  if (array.type == "Float32") description.precision = single_precision;
  description.notes = std::move(notes);
  if (array.on_points) description.notes.push_back(note_on_points(array.name));
  for (const auto& ghosts : image.arrays()) {
    if (ghosts.name != vtk_ghost_array || ghosts.on_points != array.on_points) continue;
    const auto marks = image.values(ghosts);
    const auto n =
        marks.size() - static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 0.));
    if (n > 0) description.notes.push_back(note_on_ghosts(n, marks.size()));
  }
  return std::make_unique<ImageArray>(image, array, std::move(description));
}

const MicrostructureReader& image_data_reader() {
  static const MicrostructureReader reader{
      {"vti",
       "VTK image data (XML, also in several files) and rectilinear grids with equal steps",
       {".vti", ".pvti", ".vtr"},
       "VTK, ParaView, pyvista, DREAM.3D, seco",
       "axes x, y, z; spacing of the file; labels or grey levels at cells, or at points, which are "
       "read as voxels; the origin is not used; not compressed, or by zlib, LZ4 or LZMA",
       "seco import labels.vti --stiffness \"1 = Al\" --stiffness \"2 = Cu\" --out rve.h5"},
      &vtk_xml_files(),
      options_of_arrays({ReadOption::array}),
      nullptr,
      nullptr,
      open_image_data};
  return reader;
}

}  // namespace seco::materials
