#include "rounding.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace seco::surrogate {
namespace {

constexpr double u = 0x1p-53;

// The values of sin^2(theta / 2) of an axis between which the square of the symbol,
// `sum_j (2 / h_j)^2 x_j prod_{a != j} (1 - x_a)`, is smallest: it is linear in every x, so it is
// so at an end of an axis, or beside an end where it vanishes.
std::vector<double> ends(std::int64_t n) {
  const auto value = [&](std::int64_t q) {
    if (2 * q == n) return 1.;
    return std::pow(std::sin(M_PI * static_cast<double>(q) / static_cast<double>(n)), 2);
  };
  std::vector<double> values{0.};
  for (const auto q : {std::int64_t{1}, n / 2 - 1, n / 2})
    if (q > 0 && q <= n / 2) values.push_back(value(q));
  return values;
}

}  // namespace

double gamma(double n) {
  return n * u < 0.5 ? n * u / (1. - n * u) : std::numeric_limits<double>::infinity();
}

GridRounding rounding_of(const Grid& grid) {
  GridRounding result;
  const int d = grid.dimension();
  std::array<std::vector<double>, 3> x;
  std::array<double, 3> factor{};
  for (int j = 0; j < 3; ++j) {
    x[j] = j < d ? ends(grid.shape[j]) : std::vector<double>{0.};
    factor[j] = j < d ? std::pow(2. / grid.spacing[j], 2) : 0.;
    result.difference += factor[j];
  }
  result.difference = std::sqrt(result.difference);
  double smallest = std::numeric_limits<double>::infinity(), largest = 0;
  for (const double a : x[0])
    for (const double b : x[1])
      for (const double c : x[2]) {
        const double square = factor[0] * a * (1. - b) * (1. - c) +
                              factor[1] * b * (1. - a) * (1. - c) +
                              factor[2] * c * (1. - a) * (1. - b);
        if (square > 0) smallest = std::min(smallest, square);
        largest = std::max(largest, square);
      }
  // A grid of single voxels has the mean alone.
  result.smallest_symbol = std::isfinite(smallest) ? std::sqrt(smallest) : 1.;
  result.complete = !std::isfinite(smallest) || smallest > 4e-12 * largest;
  const auto n = static_cast<double>(grid.n_voxels());
  const auto plane = n / static_cast<double>(grid.shape[0]);
  result.n_additions = plane * grid.n_components() + static_cast<double>(grid.shape[0]);
  // Two transforms of 7 u log2 n each, and the products between.
  result.transform = (14. * std::log2(std::max(n, 2.)) + 32.) * u;
  return result;
}

double form_error(const Conditioning& c, const GridRounding& grid) {
  return (gamma(product_roundings) + entry_round_off) * c.condition +
         gamma(std::max(grid.n_additions, c.n_phases)) * std::sqrt(c.condition);
}

}  // namespace seco::surrogate
