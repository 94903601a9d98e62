#include "grid_axes.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace seco::materials {

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

bool is_along_axes(const std::vector<double>& directions, std::size_t n) {
  bool along = directions.size() == n * n;
  for (std::size_t i = 0; along && i < n * n; ++i)
    along = std::abs(directions[i] - (i % (n + 1) == 0 ? 1. : 0.)) <= 1e-6;
  return along;
}

}  // namespace seco::materials
