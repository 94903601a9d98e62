#pragma once

#include <array>
#include <optional>
#include <string>

#include "tiff_file.h"

namespace seco::materials {

/// What the description of the first page says.
struct TiffDescription {
  std::optional<double> depth;  ///< distance of planes
  std::optional<std::array<double, 3>> spacing;
  std::string unit;
  /// Units of the edges along x, y and z, where they differ.
  std::vector<std::string> different_units;
  /// Planes that follow each other behind the first one, without pages of their own; 0 if each has
  /// a page.
  std::size_t n_contiguous = 0;
};

/// Reads the description as ImageJ, OME and tifffile write it; anything else says nothing.
/// @param n_pages that are planes
/// @throws std::runtime_error where it says that the pages are no planes of one volume: several
///   channels, times or images, or pages that are missing.
TiffDescription description_of(const TiffFile& file, std::size_t n_pages);

}  // namespace seco::materials
