#pragma once

#include <string>
#include <string_view>

namespace seco::materials {

/// Encoding of the binary arrays of a VTK XML file.
struct VtkEncoding {
  bool base64 = false;
  bool compressed = false;
  /// Bytes of a header entry, 4 or 8.
  int header_size = 4;
  bool swap_bytes = false;
};

/// The bytes of one array that starts at the beginning of `text`: a header of the size, or of the
/// number and sizes of the compressed blocks, and the data.
/// @param n_bytes what the array must hold
/// @throws std::runtime_error saying what is wrong, without the name of file and array
std::string decode_vtk_array(std::string_view text, const VtkEncoding& encoding,
                             std::size_t n_bytes);

}  // namespace seco::materials
