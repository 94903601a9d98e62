#pragma once

#include <cstddef>
#include <vector>

namespace seco::materials {

/// The step of coordinates along an axis of a rectilinear grid; 0 for a single one.
/// @return a negative number if the steps are not positive and equal, but for the precision of the
///   coordinates and 1e-5 of the step
double equal_step(const std::vector<double>& coordinates);

/// Whether the n x n matrix of the directions of a grid is the identity to 1e-6, so that its axes
/// are x, y and z.
bool is_along_axes(const std::vector<double>& directions, std::size_t n);

}  // namespace seco::materials
