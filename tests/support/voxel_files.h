#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "support/temporary.h"

namespace seco::test {

/// Labels without any symmetry of the axes, n1 x n2 x n3 with the last axis (z) fastest.
struct Labels {
  std::array<int, 3> shape{6, 5, 4};
  std::vector<int> label;

  int at(int x, int y, int z) const {
    return label[static_cast<std::size_t>((x * shape[1] + y) * shape[2] + z)];
  }
};

/// The four labels 3, 7, 12 and 200 in a pattern that no permutation or reflection of the axes
/// keeps.
inline Labels asymmetric_labels() {
  Labels labels;
  const std::array<int, 4> values{3, 7, 12, 200};
  for (int x = 0; x < labels.shape[0]; ++x)
    for (int y = 0; y < labels.shape[1]; ++y)
      for (int z = 0; z < labels.shape[2]; ++z)
        labels.label.push_back(
            values[static_cast<std::size_t>((x * x + 2 * y + 3 * z * y + x * z) % 4)]);
  return labels;
}

/// The bytes of the labels in the order of axes that the letters name, slowest first.
template <typename Number>
std::string bytes_of(const Labels& labels, const std::string& order, bool big_endian = false) {
  std::string bytes;
  std::array<int, 3> n{}, axis{};
  for (std::size_t a = 0; a < 3; ++a) {
    axis[a] = order[a] - 'x';
    n[a] = labels.shape[static_cast<std::size_t>(axis[a])];
  }
  std::array<int, 3> voxel{};
  for (int i = 0; i < n[0]; ++i)
    for (int j = 0; j < n[1]; ++j)
      for (int k = 0; k < n[2]; ++k) {
        voxel[static_cast<std::size_t>(axis[0])] = i;
        voxel[static_cast<std::size_t>(axis[1])] = j;
        voxel[static_cast<std::size_t>(axis[2])] = k;
        const auto value = static_cast<Number>(labels.at(voxel[0], voxel[1], voxel[2]));
        char own[sizeof(Number)];
        std::memcpy(own, &value, sizeof(Number));
        for (std::size_t b = 0; b < sizeof(Number); ++b)
          bytes += own[big_endian ? sizeof(Number) - 1 - b : b];
      }
  return bytes;
}

/// An array of NumPy, format version 1. @param shape as Python writes it
inline std::string numpy_text(const std::string& type, bool fortran_order, const std::string& shape,
                              const std::string& bytes) {
  std::string header = "{'descr': " + type +
                       ", 'fortran_order': " + (fortran_order ? "True" : "False") +
                       ", 'shape': " + shape + ", }";
  header.resize((10 + header.size() + 1 + 63) / 64 * 64 - 10 - 1, ' ');
  header += '\n';
  return std::string("\x93NUMPY\x01\0", 8) + static_cast<char>(header.size() & 255) +
         static_cast<char>(header.size() >> 8) + header + bytes;
}

/// How a TIFF file is written.
struct TiffWay {
  int compression = 1;
  bool tiled = false, big = false, big_endian = false;
  /// Whether every page has one of zeros below it (SubIFDs), as pyramids of resolutions have.
  bool pyramid = false;
  /// Of the first page.
  std::string description;
  /// Pixels per unit along x and y; 0 for none.
  float x_resolution = 0.F, y_resolution = 0.F;
  /// Samples per pixel, all the same, and photometric interpretation.
  int n_samples = 1, photometric = 1;
};

/// A page per layer along z, rows y, columns x, by libtiff. @tparam Number of the pixels
template <typename Number>
void write_tiff(const std::string& path, const Labels& labels, const TiffWay& way = {});

/// An archive with one entry per name, by libzip.
void write_zip(const std::string& path,
               const std::vector<std::pair<std::string, std::string>>& entries, bool deflate);

}  // namespace seco::test
