#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <stdexcept>
#include <string_view>

#include "byte_stream.h"
#include "microstructure_reader.h"
#include "tiff_description.h"
#include "tiff_file.h"

namespace seco::materials {
namespace {

/// Pages of a file, each a plane.
class TiffStack : public VoxelArray {
 public:
  TiffStack(std::unique_ptr<TiffFile> file, std::vector<TiffPage> pages, Description description)
      : file_(std::move(file)), pages_(std::move(pages)), description_(std::move(description)) {}
  const Description& description() const override { return description_; }
  void read(int first, int last, double* values) override {
    const auto& page = pages_.front();
    for (int z = first; z < last; ++z) {
      if (TIFFSetSubDirectory(file_->get(), pages_[static_cast<std::size_t>(z)].offset) != 1)
        file_->fail(fmt::format("page {} cannot be read", z));
      TIFFIsTiled(file_->get()) ? read_tiles(z, values) : read_strips(z, values);
      values += std::size_t{page.width} * page.height;
    }
  }

 private:
  /// Numbers of a row that libtiff has decoded, in the byte order of this machine.
  void convert(const char* row, std::size_t n, double* values) const {
    const auto& page = pages_.front();
    if (page.bits >= 8)
      return to_numbers(row, n, type_of(page), std::endian::native == std::endian::big, values);
    const unsigned bits = page.bits, per_byte = 8 / bits, mask = (1U << bits) - 1;
    for (std::size_t i = 0; i < n; ++i) {
      const auto byte = static_cast<unsigned char>(row[i / per_byte]);
      values[i] = byte >> (8 - bits * (i % per_byte + 1)) & mask;
    }
  }

  void read_strips(int z, double* values) {
    const auto& page = pages_.front();
    const auto row_size = static_cast<std::size_t>(TIFFScanlineSize64(file_->get()));
    const std::size_t needed = (std::size_t{page.width} * page.bits + 7) / 8;
    if (row_size < needed) file_->fail(fmt::format("page {} has rows of {} bytes", z, row_size));
    buffer_.resize(row_size);
    for (std::uint32_t row = 0; row < page.height; ++row) {
      if (TIFFReadScanline(file_->get(), buffer_.data(), row, 0) != 1)
        file_->fail(fmt::format(
            "row {} of page {} cannot be read; the file is truncated or corrupt", row, z));
      convert(buffer_.data(), page.width, values + std::size_t{row} * page.width);
    }
  }

  void read_tiles(int z, double* values) {
    const auto& page = pages_.front();
    std::uint32_t width = 0, height = 0;
    TIFFGetField(file_->get(), TIFFTAG_TILEWIDTH, &width);
    TIFFGetField(file_->get(), TIFFTAG_TILELENGTH, &height);
    const auto size = static_cast<std::size_t>(TIFFTileSize64(file_->get())),
               row_size = static_cast<std::size_t>(TIFFTileRowSize64(file_->get()));
    constexpr std::size_t largest_tile = std::size_t{1} << 30;
    if (width == 0 || height == 0 || size == 0 || size > largest_tile || row_size * height > size ||
        (std::size_t{width} * page.bits + 7) / 8 > row_size)
      file_->fail(
          fmt::format("page {} has tiles of {} x {} pixels and {} bytes", z, width, height, size));
    buffer_.resize(size);
    for (std::uint32_t y = 0; y < page.height; y += height)
      for (std::uint32_t x = 0; x < page.width; x += width) {
        if (TIFFReadTile(file_->get(), buffer_.data(), x, y, 0, 0) < 0)
          file_->fail(
              fmt::format("the tile at ({}, {}) of page {} cannot be read; the file is "
                          "truncated or corrupt",
                          x, y, z));
        for (std::uint32_t row = 0; row < std::min(height, page.height - y); ++row)
          convert(buffer_.data() + row * row_size, std::min(width, page.width - x),
                  values + std::size_t{y + row} * page.width + x);
      }
  }

  std::unique_ptr<TiffFile> file_;
  std::vector<TiffPage> pages_;
  Description description_;
  std::vector<char> buffer_;
};

std::unique_ptr<VoxelArray> open_tiff(const std::string& path, const MicrostructureOptions&) {
  auto file = std::make_unique<TiffFile>(path);
  VoxelArray::Description array;
  array.what = path;
  auto pages = planes_of(*file, array.notes);
  const auto& page = pages.front();
  const auto told = description_of(*file, pages.size());
  const auto n_planes = told.n_contiguous > 0 ? told.n_contiguous : pages.size();
  set_shape(array, {n_planes, page.height, page.width}, {2, 1, 0});
  array.spacing = told.spacing;
  if (told.spacing) array.unit_of_length = told.unit;
  if (!told.different_units.empty()) array.spacing_remark = remark_on_units(told.different_units);
  array.notes.push_back(
      "axis 0 points right in the pages and axis 1 down, axis 2 from page to page");
  if (page.photometric == PHOTOMETRIC_MINISWHITE)
    array.notes.push_back("the file shows small values as white; values are read as they are");
  if (page.orientation != ORIENTATION_TOPLEFT)
    array.notes.push_back(
        fmt::format("the file asks to be shown in the orientation {}; rows and "
                    "columns are read as they are stored",
                    page.orientation));
  const auto type = type_of(page);
  array.precision = precision_of(type);
  std::size_t inflation = 1;
  for (const auto& plane : pages)
    inflation = std::max(inflation, largest_inflation_of(plane.compression));
  const auto wanted = n_bytes(array, type) / (page.bits < 8 ? 8U / page.bits : 1U);
  if (wanted / inflation > size_of_file(path))
    throw std::runtime_error(
        fmt::format("{}: announces {} values of {} bits, {} bytes, but has {}; it is truncated, or "
                    "its header is "
                    "wrong",
                    path, fmt::join(array.shape, "x"), page.bits, wanted, size_of_file(path)));
  if (told.n_contiguous == 0)
    return std::make_unique<TiffStack>(std::move(file), std::move(pages), std::move(array));
  // One page stands for all, which lie behind each other: so ImageJ writes more than 4 GB.
  std::uint64_t* offsets = nullptr;
  if (page.compression != COMPRESSION_NONE || page.bits < 8 || TIFFIsTiled(file->get()) ||
      TIFFGetField(file->get(), TIFFTAG_STRIPOFFSETS, &offsets) != 1 || !offsets)
    file->fail(
        fmt::format("announces {} planes behind its only page, which is read for whole bytes "
                    "that are not compressed and not in tiles only",
                    n_planes));
  const auto offset = offsets[0];
  const bool big = TIFFIsBigEndian(file->get()) != 0;
  // Other programs keep the description of ImageJ when they save one page of a stack.
  if (page.offset >= offset && page.offset < offset + n_bytes(array, type))
    file->fail(fmt::format("announces {} planes in its description, but holds one", n_planes));
  check_bytes(array, type, path, offset, false);
  array.notes.push_back(fmt::format("{} planes are read behind the only page", n_planes));
  return streamed_array(std::move(array), type, big, file_bytes(path, offset));
}

bool begins_as_tiff(const std::string& first) {
  using namespace std::string_view_literals;
  // Byte order, then 42, or 43 for files beyond 4 GB.
  constexpr std::array<std::string_view, 4> magics{"II*\0"sv, "II+\0"sv, "MM\0*"sv, "MM\0+"sv};
  return std::any_of(magics.begin(), magics.end(),
                     [&](std::string_view magic) { return first.starts_with(magic); });
}

constexpr FileKind tiff_images{"a TIFF image", "TIFF images", begins_as_tiff, "libtiff"};

}  // namespace

const MicrostructureReader& tiff_reader() {
  static const MicrostructureReader reader{
      {"tiff",
       "stack of TIFF pages",
       {".tif", ".tiff"},
       "ImageJ/Fiji, tifffile, Avizo, Dragonfly, CT scanners, OME",
       "columns are x, rows y (downwards), pages z; spacing and unit as ImageJ (with unit and "
       "spacing) or OME-XML say, otherwise --spacing, since other resolutions are of paper; labels "
       "or grey levels of 1 to 64 bits, one channel",
       "seco import scan.tif --spacing 0.005 --thresholds 110 --stiffness \"0 = void\" "
       "--stiffness \"1 = Al\" --out rve.h5"},
      &tiff_images,
      options_of_arrays(),
      nullptr,
      nullptr,
      open_tiff};
  return reader;
}

}  // namespace seco::materials
