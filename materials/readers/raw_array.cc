#include <fmt/format.h>
#include <fmt/ranges.h>

#include <stdexcept>

#include "byte_order.h"
#include "byte_stream.h"
#include "microstructure_reader.h"
#include "seco/materials/names.h"

namespace seco::materials {
namespace {

/// Refuses raw values that the options do not describe completely.
void check_raw_options(const std::string& path, const MicrostructureOptions& options) {
  if (options.shape.empty() || options.type.empty())
    throw std::invalid_argument(fmt::format(
        "{}: raw values say nothing about themselves; give the voxels along x, y and z (--shape, "
        "'Shape') and their type (--type, 'Type': {})",
        path, fmt::join(element_type_names(), ", ")));
  if (!element_type(options.type))
    throw std::invalid_argument(fmt::format(
        "{}: type of values '{}' (--type, 'Type'): allowed are {}{}", path, options.type,
        fmt::join(element_type_names(), ", "), did_you_mean(options.type, element_type_names())));
  bool fits = options.shape.size() == 2 || options.shape.size() == 3;
  for (const int n : options.shape) fits = fits && n > 0;
  if (!fits)
    throw std::invalid_argument(
        fmt::format("{}: shape {} (--shape, 'Shape'): allowed are two or three positive numbers of "
                    "voxels, along x, y and z",
                    path, fmt::join(options.shape, ",")));
}

std::unique_ptr<VoxelArray> open_raw(const std::string& path,
                                     const MicrostructureOptions& options) {
  check_raw_options(path, options);
  const auto type = *element_type(options.type);
  VoxelArray::Description array;
  array.what = path;
  const auto n_axes = options.shape.size();
  const auto letters = options.axes.empty() ? (n_axes == 2 ? "yx" : "zyx") : options.axes;
  const auto axes = axes_from_text(path, letters, n_axes);
  std::vector<std::size_t> sizes;
  for (const int axis : axes)
    sizes.push_back(static_cast<std::size_t>(options.shape[static_cast<std::size_t>(axis)]));
  set_shape(array, sizes, axes);
  const auto size = size_of_file(path);
  if (options.offset > size)
    throw std::invalid_argument(fmt::format(
        "{}: offset {} (--offset, 'Offset'): the file has {} bytes", path, options.offset, size));
  const auto wanted = n_bytes(array, type) + options.offset;
  // A wrong shape, type or offset would shift every layer, and still give a picture.
  if (size != wanted)
    throw std::invalid_argument(fmt::format(
        "{}: has {} bytes, but {} values (--shape, 'Shape') of the type {} (--type, 'Type') after "
        "{} bytes (--offset, 'Offset') are {}",
        path, size, fmt::join(options.shape, "x"), options.type, options.offset, wanted));
  if (options.axes.empty())
    array.notes.push_back(
        fmt::format("{} varies fastest in the file, unless --axes says otherwise", letters.back()));
  const bool big = is_big_endian(path, options, false);
  check_byte_order(
      path, options, type, big, "raw values are read as little endian",
      n_bytes(array, type) / type.size, [&](std::size_t first, std::size_t n) {
        std::string bytes(n * type.size, '\0');
        file_bytes(path, options.offset + first * type.size)->read(bytes.data(), bytes.size());
        return bytes;
      });
  if (type.size > 1 && options.byte_order.empty())
    array.notes.push_back(
        "values are read in the byte order 'little', unless --byte-order says "
        "otherwise");
  return streamed_array(std::move(array), type, big, file_bytes(path, options.offset));
}

bool is_raw(const std::string&, const std::string&, const MicrostructureOptions& options) {
  return !options.shape.empty() && !options.type.empty();
}

constexpr FileKind raw_files{"a file of raw values", "files of raw values", nullptr, nullptr};

}  // namespace

const MicrostructureReader& raw_reader() {
  static const MicrostructureReader reader{
      {"raw",
       "raw values, which the options describe",
       {".raw", ".bin", ".vol", ".img"},
       "CT scanners, ImageJ, Avizo, numpy.tofile",
       "voxels along x, y, z by --shape, type by --type; x varies fastest unless --axes says "
       "otherwise (slowest axis first); little endian unless --byte-order big; --offset bytes "
       "before the values; --spacing; labels or grey levels",
       "seco import scan.raw --shape 512,512,300 --type uint16 --spacing 0.005 --thresholds 21000 "
       "--stiffness \"0 = void\" --stiffness \"1 = Al\" --out rve.h5"},
      &raw_files,
      options_of_arrays({ReadOption::shape, ReadOption::type, ReadOption::offset,
                         ReadOption::byte_order, ReadOption::axes}),
      is_raw,
      nullptr,
      open_raw};
  return reader;
}

}  // namespace seco::materials
