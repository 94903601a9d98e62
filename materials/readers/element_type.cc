#include "element_type.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>

namespace seco::materials {
namespace {

const std::vector<std::pair<std::string, ElementType>>& element_types() {
  using enum ElementType::Kind;
  static const std::vector<std::pair<std::string, ElementType>> known{
      {"int8", {signed_integer, 1}},  {"uint8", {unsigned_integer, 1}},
      {"int16", {signed_integer, 2}}, {"uint16", {unsigned_integer, 2}},
      {"int32", {signed_integer, 4}}, {"uint32", {unsigned_integer, 4}},
      {"int64", {signed_integer, 8}}, {"uint64", {unsigned_integer, 8}},
      {"float32", {floating, 4}},     {"float64", {floating, 8}}};
  return known;
}

template <typename Number>
void numbers_as(const char* bytes, std::size_t n, bool swap, double* numbers) {
  for (std::size_t i = 0; i < n; ++i) {
    char own[sizeof(Number)];
    std::memcpy(own, bytes + i * sizeof(Number), sizeof(Number));
    if (swap) std::reverse(own, own + sizeof(Number));
    Number number;
    std::memcpy(&number, own, sizeof(Number));
    numbers[i] = static_cast<double>(number);
  }
}

}  // namespace

std::optional<ElementType> element_type(const std::string& name) {
  for (const auto& [known, type] : element_types())
    if (known == name) return type;
  return std::nullopt;
}

std::string name_of(const ElementType& type) {
  for (const auto& [name, known] : element_types())
    if (known.kind == type.kind && known.size == type.size) return name;
  return "unknown";
}

const std::vector<std::string>& element_type_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const auto& [name, type] : element_types()) result.push_back(name);
    return result;
  }();
  return names;
}

std::optional<FloatingPrecision> precision_of(const ElementType& type) {
  const bool single = type.kind == ElementType::Kind::floating && type.size == 4;
  return single ? std::optional(single_precision) : std::nullopt;
}

void to_numbers(const char* bytes, std::size_t n, const ElementType& type, bool big_endian,
                double* numbers) {
  const bool swap = big_endian != (std::endian::native == std::endian::big);
  using enum ElementType::Kind;
  if (type.kind == floating)
    return type.size == 4 ? numbers_as<float>(bytes, n, swap, numbers)
                          : numbers_as<double>(bytes, n, swap, numbers);
  const bool has_sign = type.kind == signed_integer;
  switch (type.size) {
    case 1:
      return has_sign ? numbers_as<std::int8_t>(bytes, n, swap, numbers)
                      : numbers_as<std::uint8_t>(bytes, n, swap, numbers);
    case 2:
      return has_sign ? numbers_as<std::int16_t>(bytes, n, swap, numbers)
                      : numbers_as<std::uint16_t>(bytes, n, swap, numbers);
    case 4:
      return has_sign ? numbers_as<std::int32_t>(bytes, n, swap, numbers)
                      : numbers_as<std::uint32_t>(bytes, n, swap, numbers);
    default:
      return has_sign ? numbers_as<std::int64_t>(bytes, n, swap, numbers)
                      : numbers_as<std::uint64_t>(bytes, n, swap, numbers);
  }
}

}  // namespace seco::materials
