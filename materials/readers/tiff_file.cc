#include "tiff_file.h"

#include <fmt/format.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <stdexcept>

#include "file_content.h"

namespace seco::materials {
namespace {

int keep_complaint(TIFF*, void* target, const char*, const char* format, va_list arguments) {
  std::array<char, 256> text{};
  std::vsnprintf(text.data(), text.size(), format, arguments);
  *static_cast<std::string*>(target) = text.data();
  return 1;
}

int ignore_warning(TIFF*, void*, const char*, const char*, va_list) {
  return 1;
}

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

}  // namespace

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

ElementType type_of(const TiffPage& page) {
  const auto size = page.bits < 8 ? std::size_t{1} : std::size_t{page.bits} / 8;
  if (page.format == SAMPLEFORMAT_IEEEFP) return {ElementType::Kind::floating, size};
  return {page.format == SAMPLEFORMAT_INT ? ElementType::Kind::signed_integer
                                          : ElementType::Kind::unsigned_integer,
          size};
}

TiffFile::TiffFile(const std::string& path) : path_(path), options_(TIFFOpenOptionsAlloc()) {
  TIFFOpenOptionsSetErrorHandlerExtR(options_, keep_complaint, &complaint_);
  TIFFOpenOptionsSetWarningHandlerExtR(options_, ignore_warning, nullptr);
  // Without memory mapping, in which a file that is cut short while it is read ends the process.
  file_ = TIFFOpenExt(path.c_str(), "rm", options_);
  if (file_) return;
  TIFFOpenOptionsFree(options_);
  fail("is no sound TIFF file");
}

TiffFile::~TiffFile() {
  TIFFClose(file_);
  TIFFOpenOptionsFree(options_);
}

void TiffFile::fail(const std::string& what) const {
  throw std::runtime_error(fmt::format("{}: {}{}", path_, what,
                                       complaint_.empty() ? "" : fmt::format(" ({})", complaint_)));
}

std::string TiffFile::text(std::uint32_t tag) const {
  char* value = nullptr;
  return TIFFGetField(file_, tag, &value) == 1 && value ? value : "";
}

std::optional<double> TiffFile::number(std::uint32_t tag) const {
  float value = 0.F;
  if (TIFFGetField(file_, tag, &value) != 1) return std::nullopt;
  return value;
}

TiffPage TiffFile::page() const {
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

std::vector<TiffPage> planes_of(const TiffFile& file, std::vector<std::string>& notes) {
  constexpr std::size_t most_pages = 1 << 20;
  std::vector<TiffPage> pages;
  std::size_t number = 0, n_left_out = 0, n_below = 0;
  do {
    std::uint32_t kind = 0;
    TIFFGetFieldDefaulted(file.get(), TIFFTAG_SUBFILETYPE, &kind);
    if (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) {
      ++n_left_out;
    } else {
      const auto page = file.page();
      check_page(file, page, number);
      std::uint16_t n_pages_below = 0;
      std::uint64_t* offsets = nullptr;
      if (TIFFGetField(file.get(), TIFFTAG_SUBIFD, &n_pages_below, &offsets) == 1)
        n_below += n_pages_below;
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
  if (n_below > 0)
    notes.push_back(fmt::format(
        "{} pages below others (SubIFDs), usually of smaller resolutions, are left out", n_below));
  TIFFSetSubDirectory(file.get(), pages.front().offset);
  return pages;
}

}  // namespace seco::materials
