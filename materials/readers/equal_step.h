#pragma once

#include <vector>

namespace seco::materials {

/// The step of coordinates along an axis of a rectilinear grid; 0 for a single one.
/// @return a negative number if the steps are not positive and equal, but for the precision of the
///   coordinates and 1e-5 of the step
double equal_step(const std::vector<double>& coordinates);

}  // namespace seco::materials
