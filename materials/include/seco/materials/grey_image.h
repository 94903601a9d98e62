#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace seco::materials {

/// A grey-level image with the grey levels of the file, 0 to `largest` (255, or 65535 for 16 bit;
/// 1, 2 and 4 bit images are scaled to 255).
struct GreyImage {
  int width = 0, height = 0;
  int largest = 255;
  /// width x height, the column first and the row last, rows counted from the bottom of the
  /// picture, last axis fastest: axis 0 points right and axis 1 up.
  std::vector<std::uint16_t> level;
  /// Pixels that are not opaque, by an alpha channel or a transparent colour.
  std::size_t n_transparent = 0;
};

/// Reads a PNG image by libpng. Grey levels are not corrected for gamma; an alpha channel is
/// dropped (pixels that are not opaque are counted), a colour image or palette is read if all its
/// colours are grey.
/// @throws std::runtime_error naming the file and what is wrong: not a PNG image, truncated,
///   corrupt, a colour pixel.
GreyImage read_png(const std::string& path);

}  // namespace seco::materials
