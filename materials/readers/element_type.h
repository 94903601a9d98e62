#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "seco/materials/floating_precision.h"

namespace seco::materials {

/// Type of the numbers of an array on file.
struct ElementType {
  enum class Kind { signed_integer, unsigned_integer, floating } kind = Kind::unsigned_integer;
  /// Bytes of a number: 1, 2, 4 or 8, floating-point numbers 4 or 8.
  std::size_t size = 1;
};

/// Type by its name, such as uint8 or float64.
std::optional<ElementType> element_type(const std::string& name);
std::string name_of(const ElementType& type);
/// All names, for messages.
const std::vector<std::string>& element_type_names();

/// None for integers and double precision, in which all numbers are read.
std::optional<FloatingPrecision> precision_of(const ElementType& type);

/// Numbers as they are on file. Integers beyond 2^53 are rounded, which no label is.
/// @param big_endian most significant byte first
void to_numbers(const char* bytes, std::size_t n, const ElementType& type, bool big_endian,
                double* numbers);

}  // namespace seco::materials
