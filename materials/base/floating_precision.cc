#include "seco/materials/floating_precision.h"

#include <algorithm>
#include <cmath>

namespace seco::materials {

double rounded(double value, const FloatingPrecision& precision) {
  if (value == 0. || !std::isfinite(value)) return value;
  const int last_digit =
      std::max(std::ilogb(value) - precision.digits + 1, precision.smallest_exponent);
  return std::ldexp(std::nearbyint(std::ldexp(value, -last_digit)), last_digit);
}

}  // namespace seco::materials
