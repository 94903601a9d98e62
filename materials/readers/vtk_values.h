#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace seco::materials {

/// Types of numbers in VTK files.
enum class VtkType { int8, uint8, int16, uint16, int32, uint32, int64, uint64, float32, float64 };

std::size_t size_of(VtkType type);

/// Converts numbers to doubles; integers beyond 2^53 are rounded.
/// @param swap whether their byte order is not that of this machine
/// @param values room for bytes.size() / size_of(type) numbers
void convert_vtk_values(VtkType type, std::string_view bytes, bool swap, double* values);

/// The step of coordinates along an axis of a rectilinear grid; 0 for a single one.
/// @return a negative number if the steps are not positive and equal, but for the precision of the
///   coordinates and 1e-5 of the step
double equal_step(const std::vector<double>& coordinates);

}  // namespace seco::materials
