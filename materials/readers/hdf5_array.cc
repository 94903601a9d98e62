#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "known_formats.h"
#include "microstructure_reader.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

/// A dataset, by slices of its first axis.
class Hdf5Array : public VoxelArray {
 public:
  Hdf5Array(std::unique_ptr<Hdf5Reader> file, const std::string& name, Description description)
      : file_(std::move(file)), name_(name), description_(std::move(description)) {}
  const Description& description() const override { return description_; }
  void read(int first, int last, double* values) override {
    // A plane has the two axes only.
    const bool whole = description_.order[0] == 2 && description_.shape[2] == 1;
    const auto slice = whole ? file_->dataset<double>(name_)
                             : file_->slice<double>(name_, static_cast<std::size_t>(first),
                                                    static_cast<std::size_t>(last - first));
    std::copy(slice.values.begin(), slice.values.end(), values);
  }

 private:
  std::unique_ptr<Hdf5Reader> file_;
  std::string name_;
  Description description_;
};

/// Datasets of two or three axes with numbers below a group, at most as many as a message takes.
void find_arrays(const Hdf5Reader& file, const std::string& group, int depth,
                 std::vector<std::string>& found) {
  constexpr std::size_t most_in_message = 12;
  for (const auto& member : file.members(group)) {
    if (found.size() >= most_in_message) return;
    const auto name = (group == "/" ? "" : group) + "/" + member;
    const auto kind = file.kind(name);
    if (kind == Hdf5Kind::group && depth > 0) find_arrays(file, name, depth - 1, found);
    if (kind != Hdf5Kind::integers && kind != Hdf5Kind::numbers) continue;
    if (const auto shape = file.shape(name); shape.size() == 2 || shape.size() == 3)
      found.push_back(fmt::format("{} ({})", name, fmt::join(shape, "x")));
  }
}

std::string arrays_of(const Hdf5Reader& file) {
  std::vector<std::string> found;
  constexpr int deepest = 8;
  find_arrays(file, "/", deepest, found);
  return found.empty() ? "no dataset of numbers with two or three axes"
                       : fmt::format("{}", fmt::join(found, ", "));
}

std::unique_ptr<VoxelArray> open_hdf5_array(const std::string& path,
                                            const MicrostructureOptions& options) {
  auto file = std::make_unique<Hdf5Reader>(path);
  if (options.array.empty())
    throw std::invalid_argument(fmt::format(
        "{}: is HDF5 of no known program; say which dataset holds the phases or grey "
        "levels (--array /PATH, 'Array'), the order of its axes (--axes, 'Axes') and the "
        "edges of a voxel (--spacing, 'Spacing'); the file holds {}",
        path, arrays_of(*file)));
  auto name = options.array;
  if (!name.starts_with("/")) name = "/" + name;
  const auto kind = file->kind(name);
  if (kind == Hdf5Kind::none || kind == Hdf5Kind::group)
    throw std::runtime_error(
        fmt::format("{}: '{}' (--array, 'Array') is {}; the file holds {}", path, options.array,
                    kind == Hdf5Kind::none ? "missing" : "a group", arrays_of(*file)));
  // Says why: a link that leads nowhere, or a newer version of the format.
  if (kind == Hdf5Kind::unreadable) file->slice<double>(name, 0, 1);
  VoxelArray::Description array;
  array.what = fmt::format("{}: dataset '{}'", path, name);
  const auto shape = file->shape(name);
  if (shape.size() != 2 && shape.size() != 3)
    throw std::runtime_error(fmt::format("{} has {} axes ({}); allowed are 3, or 2 for a plane",
                                         array.what, shape.size(), fmt::join(shape, "x")));
  auto letters = options.axes;
  // MSUtils, which prepares microstructures for FANS, notes the order.
  if (letters.empty() && file->has_attribute("permute_order", name)) {
    letters = file->text("permute_order", name);
    array.notes.push_back(
        fmt::format("the axes of the dataset are '{}' by its attribute "
                    "'permute_order'",
                    letters));
  }
  if (letters.empty())
    throw std::invalid_argument(fmt::format(
        "{} has the axes {}; say which these are, in the order of the dataset (--axes, 'Axes'): {}",
        array.what, fmt::join(shape, "x"),
        shape.size() == 3 ? "xyz if its first index is x, zyx if it is z"
                          : "xy if its first index is x, yx if it is y"));
  const auto axes = axes_from_text(path, letters, shape.size());
  set_shape(array, shape, axes);
  array.precision = file->precision(name);
  // Refuses values that are no numbers, and more of them than the file holds.
  file->slice<double>(name, 0, 1);
  return std::make_unique<Hdf5Array>(std::move(file), name, std::move(array));
}

/// Files that are known to be of another program only where a dataset is asked for.
bool is_hdf5_array(const std::string& path, const std::string&,
                   const MicrostructureOptions& options) {
  if (!options.array.empty()) return true;
  const Hdf5Reader file(path);
  return hdf5_known_but_not_read(file.members(), file.attributes()).empty();
}

}  // namespace

const MicrostructureReader& hdf5_array_reader() {
  static const MicrostructureReader reader{
      {"hdf5",
       "any dataset of an HDF5 file",
       {".h5", ".hdf5"},
       "h5py, FANS and MSUtils, MATLAB, own scripts",
       "--array names the dataset, --axes its axes in its order (zyx: x is the last index and "
       "fastest), unless an attribute permute_order of MSUtils does; "
       "--spacing or --lengths; labels or grey levels",
       "seco import sphere32.h5 --array /sphere/32x32x32/ms --axes zyx --lengths 1,1,1 "
       "--stiffness \"0 = 150e3, 0.3\" --stiffness \"1 = 400e3, 0.2\" --out rve.h5"},
      &hdf5_files(),
      options_of_arrays({ReadOption::array, ReadOption::axes}),
      is_hdf5_array,
      nullptr,
      open_hdf5_array};
  return reader;
}

}  // namespace seco::materials
