#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "element_type.h"
#include "seco/materials/microstructure_file.h"

namespace seco::materials {

/// Byte order of the options, or the usual one of a format where they do not give any.
/// @throws std::invalid_argument naming the option if it is neither `little` nor `big`
bool is_big_endian(const std::string& path, const MicrostructureOptions& options,
                   bool usually_big_endian);

/// Refuses numbers that the options give no byte order of and that make more sense in the reverse
/// one. The signs of it, in a sample of numbers that are spread over the file: integers whose lower
/// half of bytes was zero, that span less than an eighth of the range, or differ from their
/// neighbours by less than half as much relative to the mean deviation; floating-point numbers that
/// are 0 or of sizes from 1e-12 to 1e12, where more than half of those read are not.
/// @param what names file and array
/// @param usual why the byte order was assumed, as in "binary legacy VTK files are big endian"
/// @param bytes_of bytes of `n` numbers from a position on
/// @throws std::invalid_argument naming the option
void check_byte_order(const std::string& what, const MicrostructureOptions& options,
                      const ElementType& type, bool big_endian, const std::string& usual,
                      std::size_t n_numbers,
                      const std::function<std::string(std::size_t first, std::size_t n)>& bytes_of);

}  // namespace seco::materials
