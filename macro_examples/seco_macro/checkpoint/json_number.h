#pragma once

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace seco::macro {

/// A number in JSON, which has none that are not finite: null in their place.
inline nlohmann::json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::json(value) : nlohmann::json(nullptr);
}

/// The number, or nan for null.
inline double number_or_nan(const nlohmann::json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>();
}

}  // namespace seco::macro
