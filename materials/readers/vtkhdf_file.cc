#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "grid_axes.h"
#include "image_data_grid.h"
#include "microstructure_reader.h"
#include "seco/materials/hdf5_file.h"

namespace seco::materials {
namespace {

constexpr const char* root = "/VTKHDF";

/// Image data of VTK in HDF5, versions 1.0 to 2.x, after "VTKHDF file format" of the VTK
/// documentation.
class VtkHdfFile {
 public:
  explicit VtkHdfFile(const std::string& path) : file_(path) { read(); }

  const Hdf5Reader& file() const { return file_; }
  const std::array<double, 3>& spacing() const { return spacing_; }
  const std::vector<ImageData::ArrayDescription>& arrays() const { return arrays_; }
  static std::string dataset(const ImageData::ArrayDescription& array) {
    return fmt::format("{}/{}/{}", root, array.on_points ? "PointData" : "CellData", array.name);
  }
  std::array<int, 3> shape(bool on_points) const {
    std::array<int, 3> shape{};
    for (std::size_t axis = 0; axis < 3; ++axis)
      shape[axis] = on_points ? n_cells_[axis] + 1 : std::max(n_cells_[axis], 1);
    return shape;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format("{}: {}", file_.path(), what));
  }
  void read();
  void list_arrays(bool on_points);
  std::vector<double> numbers(const std::string& attribute, std::size_t n) const;

  Hdf5Reader file_;
  /// Along each axis; 0 for a plane.
  std::array<int, 3> n_cells_{};
  std::array<double, 3> spacing_{1., 1., 1.};
  std::vector<ImageData::ArrayDescription> arrays_;
};

std::vector<double> VtkHdfFile::numbers(const std::string& attribute, std::size_t n) const {
  auto values = file_.numbers(attribute, root);
  if (values.size() != n)
    fail(fmt::format("attribute '{}' of '{}' holds {} numbers, expected {}", attribute, root,
                     values.size(), n));
  return values;
}

void VtkHdfFile::read() {
  const auto type = file_.text("Type", root);
  if (type != "ImageData")
    fail(
        fmt::format("is a VTKHDF file of '{}', which is known but not read; resample it on image "
                    "data, as ParaView's 'Resample To Image' does",
                    type));
  if (file_.kind(fmt::format("{}/Steps", root)) != Hdf5Kind::none)
    fail("holds several steps of time; write one of them");
  const auto extent = numbers("WholeExtent", 6), spacing = numbers("Spacing", 3);
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const double n = extent[2 * axis + 1] - extent[2 * axis];
    if (!(n >= 0.) || n != std::floor(n) || n > 1 << 24)
      fail(
          fmt::format("attribute 'WholeExtent' is {}, expected first and last point along each "
                      "axis",
                      fmt::join(extent, " ")));
    n_cells_[axis] = static_cast<int>(n);
    const bool plane = n == 0. && spacing[axis] == 0.;
    if (!plane && (!std::isfinite(spacing[axis]) || spacing[axis] <= 0.))
      fail(fmt::format("attribute 'Spacing' is {}, expected three positive numbers",
                       fmt::join(spacing, " ")));
    spacing_[axis] = plane ? 1. : spacing[axis];
  }
  if (file_.has_attribute("Direction", root) && !is_along_axes(numbers("Direction", 9), 3))
    fail(fmt::format("attribute 'Direction' is {}; only grids along the axes are known",
                     fmt::join(numbers("Direction", 9), " ")));
  list_arrays(false);
  list_arrays(true);
}

void VtkHdfFile::list_arrays(bool on_points) {
  const auto group = fmt::format("{}/{}", root, on_points ? "PointData" : "CellData");
  if (file_.kind(group) != Hdf5Kind::group) return;
  const auto active =
      file_.has_attribute("Scalars", group) ? file_.text("Scalars", group) : std::string();
  for (const auto& name : file_.members(group)) {
    const auto path = group + "/" + name;
    const auto kind = file_.kind(path);
    if (kind != Hdf5Kind::integers && kind != Hdf5Kind::numbers) continue;
    const auto axes = file_.shape(path);
    ImageData::ArrayDescription array;
    array.name = name;
    array.type = kind == Hdf5Kind::integers ? "Int64" : "Float64";
    array.on_points = on_points;
    array.active = name == active;
    array.n_components = axes.size() == 4 ? axes[3] : 1;
    arrays_.push_back(array);
  }
}

/// A dataset that is read by layers.
class VtkHdfArray : public VoxelArray {
 public:
  VtkHdfArray(std::shared_ptr<const VtkHdfFile> file, std::string dataset, Description description)
      : file_(std::move(file)),
        dataset_(std::move(dataset)),
        description_(std::move(description)) {}
  const Description& description() const override { return description_; }
  void read(int first, int last, double* values) override {
    // What has one layer may lack its axis.
    const auto array = description_.shape[2] == 1
                           ? file_->file().dataset<double>(dataset_)
                           : file_->file().slice<double>(dataset_, static_cast<std::size_t>(first),
                                                         static_cast<std::size_t>(last - first));
    std::copy(array.values.begin(), array.values.end(), values);
  }

 private:
  std::shared_ptr<const VtkHdfFile> file_;
  std::string dataset_;
  Description description_;
};

std::vector<std::size_t> without_ones(std::vector<std::size_t> sizes) {
  sizes.erase(std::remove(sizes.begin(), sizes.end(), std::size_t{1}), sizes.end());
  return sizes;
}

std::unique_ptr<VoxelArray> open_vtkhdf(const std::string& path,
                                        const MicrostructureOptions& options) {
  const auto file = std::make_shared<const VtkHdfFile>(path);
  VoxelArray::Description description;
  const auto& array = chosen_array(path, file->arrays(), options.array, "", description.notes);
  const auto dataset = VtkHdfFile::dataset(array);
  description.what = fmt::format("{}: array '{}'", path, array.name);
  description.shape = file->shape(array.on_points);
  description.spacing = file->spacing();
  description.precision = file->file().precision(dataset);
  if (array.on_points) description.notes.push_back(note_on_points(array.name));
  if (array.n_components != 1)
    throw std::runtime_error(
        fmt::format("{} has {} components, expected 1", description.what, array.n_components));
  const auto axes = file->file().shape(dataset);
  std::vector<std::size_t> expected;
  for (std::size_t axis = 3; axis-- > 0;)
    expected.push_back(static_cast<std::size_t>(description.shape[axis]));
  if (axes.size() == 4) expected.push_back(1);
  // VTK leaves out the axis across a plane.
  if (axes != expected && (axes.size() != 2 || without_ones(axes) != without_ones(expected)))
    throw std::runtime_error(
        fmt::format("{} has the shape {}, expected {} (z, y, x) of 'WholeExtent'", description.what,
                    fmt::join(axes, "x"), fmt::join(expected, "x")));
  for (const auto& ghosts : file->arrays()) {
    if (ghosts.name != vtk_ghost_array || ghosts.on_points != array.on_points) continue;
    const auto marks = file->file().dataset<double>(VtkHdfFile::dataset(ghosts)).values;
    const auto n =
        marks.size() - static_cast<std::size_t>(std::count(marks.begin(), marks.end(), 0.));
    if (n > 0) description.notes.push_back(note_on_ghosts(n, marks.size()));
  }
  return std::make_unique<VtkHdfArray>(file, dataset, std::move(description));
}

bool is_vtkhdf(const std::string& path, const std::string&, const MicrostructureOptions&) {
  return Hdf5Reader(path).kind(root) == Hdf5Kind::group;
}

}  // namespace

const MicrostructureReader& vtkhdf_reader() {
  static const MicrostructureReader reader{
      {"vtkhdf",
       "VTK image data in HDF5",
       {".vtkhdf", ".hdf"},
       "VTK 9.1 and later, ParaView, h5py",
       "axes x, y, z (datasets z, y, x); spacing of the file; labels or grey levels at cells, or "
       "at "
       "points, which are read as voxels; the origin is not used",
       "seco import labels.vtkhdf --stiffness \"1 = Al\" --stiffness \"2 = Cu\" --out rve.h5"},
      &hdf5_files(),
      options_of_arrays({ReadOption::array}),
      is_vtkhdf,
      nullptr,
      open_vtkhdf};
  return reader;
}

}  // namespace seco::materials
