#include "byte_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <vector>

namespace seco::materials {
namespace {

constexpr std::size_t portion = 1024, most_portions = 64;

/// Mean difference of neighbours relative to the mean deviation from the mean; 0 for a constant.
double roughness(const std::vector<double>& numbers) {
  const double mean =
      std::accumulate(numbers.begin(), numbers.end(), 0.) / static_cast<double>(numbers.size());
  double differences = 0., deviations = 0.;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i > 0) differences += std::abs(numbers[i] - numbers[i - 1]);
    deviations += std::abs(numbers[i] - mean);
  }
  return deviations > 0. ? differences / deviations : 0.;
}

double span(const std::vector<double>& numbers) {
  const auto [smallest, largest] = std::minmax_element(numbers.begin(), numbers.end());
  return *largest - *smallest;
}

std::size_t n_strange(const std::vector<double>& numbers) {
  return static_cast<std::size_t>(std::count_if(numbers.begin(), numbers.end(), [](double x) {
    return x != 0. && !(std::abs(x) >= 1e-12 && std::abs(x) <= 1e12);
  }));
}

bool makes_more_sense(const std::vector<double>& reversed, const std::vector<double>& read,
                      const ElementType& type) {
  if (type.kind == ElementType::Kind::floating) {
    const auto n_zero = static_cast<std::size_t>(std::count(read.begin(), read.end(), 0.));
    return n_strange(reversed) == 0 && 2 * n_strange(read) > read.size() - n_zero;
  }
  // Multiples of 256 in two bytes, of 65536 in four, may be bytes, the sign included.
  const double unit = std::ldexp(1., static_cast<int>(4 * type.size));
  const auto is_multiple = [&](double x) { return std::fmod(x, unit) == 0.; };
  if (span(read) > 0. && std::all_of(read.begin(), read.end(), is_multiple) &&
      !std::all_of(reversed.begin(), reversed.end(), is_multiple))
    return true;
  // Few numbers are rough or smooth by chance.
  return 8. * span(reversed) < span(read) ||
         (read.size() >= portion && 2. * roughness(reversed) < roughness(read));
}

}  // namespace

bool is_big_endian(const std::string& path, const MicrostructureOptions& options,
                   bool usually_big_endian) {
  const auto& order = options.byte_order;
  if (!order.empty() && order != "little" && order != "big")
    throw std::invalid_argument(
        fmt::format("{}: byte order '{}' (--byte-order, 'Byte order'): allowed are little and big",
                    path, order));
  return order.empty() ? usually_big_endian : order == "big";
}

void check_byte_order(
    const std::string& what, const MicrostructureOptions& options, const ElementType& type,
    bool big_endian, const std::string& usual, std::size_t n_numbers,
    const std::function<std::string(std::size_t first, std::size_t n)>& bytes_of) {
  if (!options.byte_order.empty() || type.size == 1 || n_numbers == 0) return;
  std::string bytes;
  const auto n_portions = std::min(most_portions, (n_numbers + portion - 1) / portion);
  for (std::size_t p = 0; p < n_portions; ++p) {
    const auto first =
        n_portions == 1 ? 0 : (n_numbers - std::min(portion, n_numbers)) * p / (n_portions - 1);
    bytes += bytes_of(first, std::min(portion, n_numbers - first));
  }
  std::vector<double> read(bytes.size() / type.size), reversed(read.size());
  to_numbers(bytes.data(), read.size(), type, big_endian, read.data());
  to_numbers(bytes.data(), read.size(), type, !big_endian, reversed.data());
  if (!makes_more_sense(reversed, read, type)) return;
  const auto [lowest_read, highest_read] = std::minmax_element(read.begin(), read.end());
  const auto [lowest, highest] = std::minmax_element(reversed.begin(), reversed.end());
  throw std::invalid_argument(fmt::format(
      "{}: {}, which gives values from {:.8g} to {:.8g}; as {} endian they were {:.8g} to {:.8g}. "
      "Say what they are (--byte-order, 'Byte order')",
      what, usual, *lowest_read, *highest_read, big_endian ? "little" : "big", *lowest, *highest));
}

}  // namespace seco::materials
