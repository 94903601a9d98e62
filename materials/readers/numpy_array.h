#pragma once

#include <string>
#include <vector>

#include "element_type.h"
#include "microstructure_reader.h"

namespace seco::materials {

/// What the header of an array of NumPy says (format versions 1 to 3).
struct NumpyHeader {
  ElementType type;
  bool big_endian = false;
  /// Along the axes of the array, in its order.
  std::vector<std::size_t> shape;
  /// First axis fastest, as Fortran has it.
  bool fortran_order = false;
  /// Bytes before the values.
  std::size_t size = 0;
};

/// Bytes that are enough to tell how long a header is, and the most that one has.
constexpr std::size_t numpy_preamble = 12, longest_numpy_header = 1 << 16;

/// @param first bytes of the array: the whole header
/// @param what names file and array in messages
/// @throws std::runtime_error for what is no such header, and for values that are no numbers
NumpyHeader numpy_header(const std::string& first, const std::string& what);

/// Shape, order of axes and notes of an array, by its header and the option `axes`.
/// @throws std::runtime_error for an array of other than two or three axes
VoxelArray::Description description_of(const NumpyHeader& header, const std::string& path,
                                       const std::string& what,
                                       const MicrostructureOptions& options);

}  // namespace seco::materials
