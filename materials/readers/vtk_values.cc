#include "vtk_values.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace seco::materials {
namespace {

template <typename Number>
void convert(std::string_view bytes, bool swap, double* values) {
  const std::size_t n = bytes.size() / sizeof(Number);
  for (std::size_t i = 0; i < n; ++i) {
    std::array<char, sizeof(Number)> raw;
    std::memcpy(raw.data(), bytes.data() + i * sizeof(Number), sizeof(Number));
    if (swap) std::reverse(raw.begin(), raw.end());
    Number number;
    std::memcpy(&number, raw.data(), sizeof number);
    values[i] = static_cast<double>(number);
  }
}

}  // namespace

std::size_t size_of(VtkType type) {
  switch (type) {
    case VtkType::int8:
    case VtkType::uint8:
      return 1;
    case VtkType::int16:
    case VtkType::uint16:
      return 2;
    case VtkType::int32:
    case VtkType::uint32:
    case VtkType::float32:
      return 4;
    case VtkType::int64:
    case VtkType::uint64:
    case VtkType::float64:
      break;
  }
  return 8;
}

void convert_vtk_values(VtkType type, std::string_view bytes, bool swap, double* values) {
  switch (type) {
    case VtkType::int8:
      return convert<std::int8_t>(bytes, swap, values);
    case VtkType::uint8:
      return convert<std::uint8_t>(bytes, swap, values);
    case VtkType::int16:
      return convert<std::int16_t>(bytes, swap, values);
    case VtkType::uint16:
      return convert<std::uint16_t>(bytes, swap, values);
    case VtkType::int32:
      return convert<std::int32_t>(bytes, swap, values);
    case VtkType::uint32:
      return convert<std::uint32_t>(bytes, swap, values);
    case VtkType::int64:
      return convert<std::int64_t>(bytes, swap, values);
    case VtkType::uint64:
      return convert<std::uint64_t>(bytes, swap, values);
    case VtkType::float32:
      return convert<float>(bytes, swap, values);
    case VtkType::float64:
      return convert<double>(bytes, swap, values);
  }
}

double equal_step(const std::vector<double>& coordinates) {
  const auto n = coordinates.size();
  if (n < 2) return 0.;
  const double step = (coordinates.back() - coordinates.front()) / static_cast<double>(n - 1);
  if (!std::isfinite(step) || step <= 0.) return -1.;
  const double largest = std::max(std::abs(coordinates.front()), std::abs(coordinates.back()));
  const double rounding =
      1e-5 * step + 2. * static_cast<double>(std::numeric_limits<float>::epsilon()) * largest;
  for (std::size_t i = 0; i < n; ++i)
    if (!(std::abs(coordinates[i] - coordinates.front() - static_cast<double>(i) * step) <=
          std::min(rounding, 0.01 * step)))
      return -1.;
  return step;
}

}  // namespace seco::materials
