#include <fmt/format.h>
#include <fmt/ranges.h>
#include <tiffio.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <pugixml.hpp>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "byte_stream.h"
#include "file_content.h"
#include "image_header.h"
#include "microstructure_reader.h"
#include "seco/materials/text.h"

namespace seco::materials {
namespace {

/// A page of a stack.
struct TiffPage {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 1, format = SAMPLEFORMAT_UINT, samples = 1, photometric = 0, compression = 1,
                orientation = ORIENTATION_TOPLEFT;
  toff_t offset = 0;

  bool operator==(const TiffPage& other) const {
    return width == other.width && height == other.height && bits == other.bits &&
           format == other.format && samples == other.samples && photometric == other.photometric;
  }
};

/// How many bytes a compression makes of one at most; 0 for those that are not read.
std::size_t largest_inflation_of(std::uint16_t compression) {
  switch (compression) {
    case COMPRESSION_NONE:
      return 1;
    case COMPRESSION_PACKBITS:
      return 128;
    case COMPRESSION_LZW:
      return 4096;
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
      return largest_inflation;
    case COMPRESSION_LZMA:
      return 10000;
    case COMPRESSION_ZSTD:
      return 20000;
    default:
      return 0;
  }
}

/// An open file. What libtiff complains about is kept for messages.
class TiffFile {
 public:
  explicit TiffFile(const std::string& path) : path_(path), options_(TIFFOpenOptionsAlloc()) {
    TIFFOpenOptionsSetErrorHandlerExtR(options_, keep, &complaint_);
    TIFFOpenOptionsSetWarningHandlerExtR(options_, ignore, nullptr);
    // Without memory mapping, in which a file that is cut short while it is read ends the process.
    file_ = TIFFOpenExt(path.c_str(), "rm", options_);
    if (file_) return;
    TIFFOpenOptionsFree(options_);
    fail("is no sound TIFF file");
  }
  ~TiffFile() {
    TIFFClose(file_);
    TIFFOpenOptionsFree(options_);
  }
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;

  TIFF* get() const { return file_; }
  const std::string& path() const { return path_; }
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(fmt::format(
        "{}: {}{}", path_, what, complaint_.empty() ? "" : fmt::format(" ({})", complaint_)));
  }
  bool has_complaint() const { return !complaint_.empty(); }

  /// A text tag of the page; empty if it is missing.
  std::string text(std::uint32_t tag) const {
    char* value = nullptr;
    return TIFFGetField(file_, tag, &value) == 1 && value ? value : "";
  }
  /// A number tag of the page; empty if it is missing.
  std::optional<double> number(std::uint32_t tag) const {
    float value = 0.F;
    if (TIFFGetField(file_, tag, &value) != 1) return std::nullopt;
    return value;
  }

  TiffPage page() const {
    TiffPage page;
    TIFFGetField(file_, TIFFTAG_IMAGEWIDTH, &page.width);
    TIFFGetField(file_, TIFFTAG_IMAGELENGTH, &page.height);
    TIFFGetFieldDefaulted(file_, TIFFTAG_BITSPERSAMPLE, &page.bits);
    TIFFGetFieldDefaulted(file_, TIFFTAG_SAMPLEFORMAT, &page.format);
    TIFFGetFieldDefaulted(file_, TIFFTAG_SAMPLESPERPIXEL, &page.samples);
    TIFFGetFieldDefaulted(file_, TIFFTAG_COMPRESSION, &page.compression);
    TIFFGetFieldDefaulted(file_, TIFFTAG_ORIENTATION, &page.orientation);
    if (TIFFGetField(file_, TIFFTAG_PHOTOMETRIC, &page.photometric) != 1)
      page.photometric = PHOTOMETRIC_MINISBLACK;
    page.offset = TIFFCurrentDirOffset(file_);
    return page;
  }

 private:
  static int keep(TIFF*, void* target, const char*, const char* format, va_list arguments) {
    std::array<char, 256> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    *static_cast<std::string*>(target) = text.data();
    return 1;
  }
  static int ignore(TIFF*, void*, const char*, const char*, va_list) { return 1; }

  std::string path_, complaint_;
  TIFFOpenOptions* options_;
  TIFF* file_ = nullptr;
};

/// Refuses what is no plane of numbers.
void check_page(const TiffFile& file, const TiffPage& page, std::size_t number) {
  const auto refuse = [&](const std::string& what) {
    throw std::runtime_error(fmt::format("{}: page {} {}", file.path(), number, what));
  };
  if (page.photometric == PHOTOMETRIC_PALETTE)
    refuse(
        "has a palette of colours; save it in grey levels, as by Image > Lookup Tables > Grays "
        "of ImageJ");
  if (page.samples != 1)
    refuse(fmt::format(
        "has {} samples per pixel{}; labels and grey levels have one, so save one channel, as by "
        "Image > Type > 8-bit of ImageJ. A volume whose last axis is taken for colours is written "
        "right by tifffile.imwrite(NAME, a, photometric='minisblack')",
        page.samples, page.photometric == PHOTOMETRIC_RGB ? " (colours, RGB)" : ""));
  if (page.photometric != PHOTOMETRIC_MINISBLACK && page.photometric != PHOTOMETRIC_MINISWHITE)
    refuse(fmt::format("has colours (photometric interpretation {}); save it in grey levels",
                       page.photometric));
  if (largest_inflation_of(page.compression) == 0)
    refuse(
        fmt::format("is compressed by method {}{}; read are none, LZW, deflate, PackBits, LZMA "
                    "and Zstandard, so save it anew without compression",
                    page.compression,
                    page.compression == COMPRESSION_JPEG ? " (JPEG), which changes values" : ""));
  if (!TIFFIsCODECConfigured(page.compression))
    refuse(
        fmt::format("is compressed by method {}, for which the libtiff of this program was not "
                    "built; save it anew without compression",
                    page.compression));
  const bool integer = page.format == SAMPLEFORMAT_UINT || page.format == SAMPLEFORMAT_INT ||
                       page.format == SAMPLEFORMAT_VOID;
  const bool floating = page.format == SAMPLEFORMAT_IEEEFP && (page.bits == 32 || page.bits == 64);
  const bool whole_bytes = page.bits == 8 || page.bits == 16 || page.bits == 32 || page.bits == 64;
  const bool packed =
      (page.bits == 1 || page.bits == 2 || page.bits == 4) && page.format != SAMPLEFORMAT_INT;
  if (!floating && !(integer && (whole_bytes || packed)))
    refuse(
        fmt::format("has values of {} bits, sample format {}; read are integers of 1, 2, 4, 8, "
                    "16, 32 and 64 bits and floating-point numbers of 32 and 64",
                    page.bits, page.format));
  std::uint32_t depth = 1;
  if (TIFFGetField(file.get(), TIFFTAG_IMAGEDEPTH, &depth) == 1 && depth != 1)
    refuse(
        fmt::format("holds {} layers (tag ImageDepth); write a page for each, as by "
                    "tifffile.imwrite without volumetric=True",
                    depth));
  if (page.width == 0 || page.height == 0 || page.width > (1U << 30) || page.height > (1U << 30))
    refuse(fmt::format("has {} x {} pixels", page.width, page.height));
}

ElementType type_of(const TiffPage& page) {
  const auto size = page.bits < 8 ? std::size_t{1} : std::size_t{page.bits} / 8;
  if (page.format == SAMPLEFORMAT_IEEEFP) return {ElementType::Kind::floating, size};
  return {page.format == SAMPLEFORMAT_INT ? ElementType::Kind::signed_integer
                                          : ElementType::Kind::unsigned_integer,
          size};
}

/// The pages that are planes of the volume; smaller versions of them are left out.
std::vector<TiffPage> planes_of(const TiffFile& file, std::vector<std::string>& notes) {
  constexpr std::size_t most_pages = 1 << 20;
  std::vector<TiffPage> pages;
  std::size_t number = 0, n_left_out = 0;
  do {
    std::uint32_t kind = 0;
    TIFFGetFieldDefaulted(file.get(), TIFFTAG_SUBFILETYPE, &kind);
    if (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) {
      ++n_left_out;
    } else {
      const auto page = file.page();
      check_page(file, page, number);
      if (!pages.empty() && !(page == pages.front()))
        throw std::runtime_error(
            fmt::format("{}: page {} has {} x {} pixels of {} bits, page 0 {} x {} of {}; the "
                        "planes of a volume "
                        "are alike, so save them without thumbnails and other resolutions",
                        file.path(), number, page.width, page.height, page.bits,
                        pages.front().width, pages.front().height, pages.front().bits));
      pages.push_back(page);
    }
    if (++number > most_pages) file.fail(fmt::format("has more than {} pages", most_pages));
  } while (TIFFReadDirectory(file.get()) == 1);
  if (file.has_complaint()) file.fail(fmt::format("the page after {} cannot be read", number - 1));
  if (pages.empty()) file.fail("has no page that is a plane of a volume");
  if (n_left_out > 0)
    notes.push_back(fmt::format(
        "{} pages that are masks or smaller versions of others are left out", n_left_out));
  TIFFSetSubDirectory(file.get(), pages.front().offset);
  return pages;
}

/// What the description of the first page says.
struct TiffDescription {
  std::optional<double> depth;  ///< distance of planes
  std::optional<std::array<double, 3>> spacing;
  std::string unit;
  /// Planes that follow each other behind the first one, without pages of their own; 0 if each has
  /// a page.
  std::size_t n_contiguous = 0;
};

/// Letters that ImageJ writes by their number, as \u00B5 for that of micrometres.
std::string unescaped(std::string text) {
  for (std::size_t at = 0; (at = text.find("\\u", at)) != std::string::npos;) {
    unsigned code = 0;
    const auto digits = text.substr(at + 2, 4);
    if (digits.size() != 4 || std::sscanf(digits.c_str(), "%4x", &code) != 1 || code < 0x80 ||
        code >= 0x800)
      return text;
    text.replace(at, 6,
                 {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 63))});
  }
  return text;
}

/// "key=value" lines of ImageJ.
TiffDescription imagej_description(const TiffFile& file, const std::string& text,
                                   std::size_t n_pages) {
  std::map<std::string, std::string> fields;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (const auto equal = line.find('='); equal != std::string::npos)
      fields.emplace(trimmed(line.substr(0, equal)), trimmed(line.substr(equal + 1)));
  for (const char* several : {"channels", "frames"})
    if (const auto n = to_count(fields[several]); n && *n > 1)
      throw std::runtime_error(
          fmt::format("{}: is a hyperstack of ImageJ with {} = {}; save one of them, as by Image > "
                      "Duplicate of ImageJ",
                      file.path(), several, *n));
  TiffDescription description;
  const auto images = to_count(fields["images"]);
  if (images && *images > 1 && n_pages == 1)
    description.n_contiguous = *images;
  else if (images && *images != n_pages)
    throw std::runtime_error(
        fmt::format("{}: announces {} images (description of ImageJ), but has "
                    "{} pages; it is truncated",
                    file.path(), *images, n_pages));
  const auto x = file.number(TIFFTAG_XRESOLUTION), y = file.number(TIFFTAG_YRESOLUTION);
  description.depth = to_number(fields["spacing"]);
  description.unit = unescaped(fields["unit"]);
  if (description.unit.starts_with("pixel")) description.unit.clear();  // not calibrated
  for (const char* other : {"yunit", "zunit"})
    if (!fields[other].empty() && unescaped(fields[other]) != description.unit) return description;
  const bool known = x && y && *x > 0. && *y > 0. && std::isfinite(*x) && std::isfinite(*y);
  const bool plane = n_pages == 1 && description.n_contiguous == 0;
  // Depths are positive, but some scanners note the direction of the motor.
  if (known && !description.unit.empty() && (description.depth || plane)) {
    // The file keeps a ratio of integers, read in single precision.
    const auto edge = [](double pixels_per_unit) {
      return std::stod(fmt::format("{:.6g}", 1. / pixels_per_unit));
    };
    description.spacing = {edge(*x), edge(*y), plane ? edge(*x) : std::abs(*description.depth)};
  }
  return description;
}

/// XML of the Open Microscopy Environment.
TiffDescription ome_description(const TiffFile& file, const std::string& text,
                                std::size_t n_pages) {
  pugi::xml_document document;
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(fmt::format("{}: its OME-XML {}", file.path(), what));
  };
  if (!document.load_buffer(text.data(), text.size())) fail("cannot be parsed");
  const auto image = document.child("OME").child("Image");
  const auto pixels = image.child("Pixels");
  if (!pixels) fail("has no 'Pixels'");
  if (image.next_sibling("Image")) fail("describes several images; save one of them");
  for (const char* several : {"SizeC", "SizeT"})
    if (pixels.attribute(several).as_llong(1) > 1)
      fail(fmt::format("announces {} = {}; save one channel of one time", several,
                       pixels.attribute(several).value()));
  if (const auto n = pixels.attribute("SizeZ").as_llong(0); n != static_cast<long long>(n_pages))
    fail(
        fmt::format("announces SizeZ = {}, but the file has {} pages; the others may be in other "
                    "files, so save all in one",
                    n, n_pages));
  TiffDescription description;
  std::array<double, 3> spacing{};
  const std::array<const char*, 3> names{"PhysicalSizeX", "PhysicalSizeY", "PhysicalSizeZ"};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    spacing[axis] = pixels.attribute(names[axis]).as_double(0.);
    if (axis == 2 && n_pages == 1 && spacing[2] == 0.) spacing[2] = spacing[0];
    const auto unit = std::string(
        pixels.attribute((std::string(names[axis]) + "Unit").c_str()).as_string("\xC2\xB5m"));
    if (axis == 0) description.unit = unit;
    if (!(spacing[axis] > 0.) || !std::isfinite(spacing[axis]) ||
        (unit != description.unit && !(axis == 2 && n_pages == 1)))
      return {};
  }
  description.spacing = spacing;
  return description;
}

/// What tifffile notes: {"shape": [4, 5, 6]}.
TiffDescription shaped_description(const TiffFile& file, const std::string& text,
                                   std::size_t n_pages) {
  const auto at = text.find("\"shape\"");
  const auto begin = text.find('[', at), end = text.find(']', at);
  TiffDescription description;
  if (at == std::string::npos || begin == std::string::npos || end == std::string::npos)
    return description;
  std::vector<unsigned long> shape;
  for (const auto& size : split(text.substr(begin + 1, end - begin - 1), ','))
    if (const auto n = to_count(size); n && *n != 1) shape.push_back(*n);
  if (shape.size() > 3)
    throw std::runtime_error(fmt::format(
        "{}: holds an array of {} (description of tifffile), whose planes are no volume; "
        "save one channel or one time, as a[0]",
        file.path(), fmt::join(shape, "x")));
  if (text.find("\"truncated\": true") != std::string::npos && n_pages == 1 && shape.size() == 3)
    description.n_contiguous = shape[0];
  return description;
}

TiffDescription description_of(const TiffFile& file, std::size_t n_pages) {
  const auto text = file.text(TIFFTAG_IMAGEDESCRIPTION);
  if (text.starts_with("ImageJ=")) return imagej_description(file, text, n_pages);
  if (text.find("<OME") != std::string::npos) return ome_description(file, text, n_pages);
  if (text.starts_with("{")) return shaped_description(file, text, n_pages);
  return {};
}

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
  const auto inflation = largest_inflation_of(page.compression);
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
