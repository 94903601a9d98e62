#pragma once

#include <tiffio.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "element_type.h"

namespace seco::materials {

/// A page of a stack.
struct TiffPage {
  std::uint32_t width = 0, height = 0;
  std::uint16_t bits = 1, format = SAMPLEFORMAT_UINT, samples = 1, photometric = 0, compression = 1,
                orientation = ORIENTATION_TOPLEFT;
  toff_t offset = 0;

  /// Whether both have the same size and type of values.
  bool operator==(const TiffPage& other) const {
    return width == other.width && height == other.height && bits == other.bits &&
           format == other.format && samples == other.samples && photometric == other.photometric;
  }
};

/// How many bytes a compression of TIFF makes of one at most; 0 for those that are not read.
std::size_t largest_inflation_of(std::uint16_t compression);

ElementType type_of(const TiffPage& page);

/// An open TIFF file. What libtiff complains about is kept for messages.
class TiffFile {
 public:
  /// @throws std::runtime_error naming the file
  explicit TiffFile(const std::string& path);
  ~TiffFile();
  TiffFile(const TiffFile&) = delete;
  TiffFile& operator=(const TiffFile&) = delete;

  TIFF* get() const { return file_; }
  const std::string& path() const { return path_; }
  /// @throws std::runtime_error with file, text and complaint
  [[noreturn]] void fail(const std::string& what) const;
  bool has_complaint() const { return !complaint_.empty(); }

  /// A text tag of the page; empty if it is missing.
  std::string text(std::uint32_t tag) const;
  /// A number tag of the page.
  std::optional<double> number(std::uint32_t tag) const;
  TiffPage page() const;

 private:
  std::string path_, complaint_;
  TIFFOpenOptions* options_;
  TIFF* file_ = nullptr;
};

/// The pages that are planes of a volume; masks and smaller versions of others are left out, which
/// a note says. The first of them is the current one afterwards.
/// @throws std::runtime_error for pages that differ or hold no plane of numbers: colours, several
///   samples, a compression or type that is not read.
std::vector<TiffPage> planes_of(const TiffFile& file, std::vector<std::string>& notes);

}  // namespace seco::materials
