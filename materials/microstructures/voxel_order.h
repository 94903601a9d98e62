#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "seco/materials/image_file.h"

namespace seco::materials {

/// Voxels along the axes; a 2D grid is one voxel thick.
struct Layout {
  std::size_t n1, n2, n3;
  std::size_t n_voxels() const { return n1 * n2 * n3; }
};

inline Layout layout_of(const std::vector<int>& shape) {
  return {static_cast<std::size_t>(shape[0]), static_cast<std::size_t>(shape[1]),
          shape.size() == 3 ? static_cast<std::size_t>(shape[2]) : 1};
}

/// Edges of a voxel; one of a 2D grid is as thick as it is wide along the second axis.
inline std::array<double, 3> spacing_of(const std::vector<int>& shape,
                                        const std::vector<double>& lengths) {
  const double h2 = lengths[1] / shape[1];
  return {lengths[0] / shape[0], h2, shape.size() == 3 ? lengths[2] / shape[2] : h2};
}

inline std::size_t n_components(const VoxelField& field) {
  return std::max<std::size_t>(field.components.size(), 1);
}

/// @throws std::invalid_argument if a field has a wrong number of values.
inline void check_sizes(const std::string& path, const Layout& layout,
                        const std::vector<VoxelField>& fields) {
  for (const auto& field : fields)
    if (field.values.size() != n_components(field) * layout.n_voxels())
      throw std::invalid_argument(
          fmt::format("{}: field '{}' has {} values, expected {} components of {} voxels", path,
                      field.name, field.values.size(), n_components(field), layout.n_voxels()));
}

/// Hands out the values row by row in the order of VTK and XDMF: these run through the first axis
/// fastest, our arrays through the last, and keep the components of a voxel together.
template <typename Number, typename Target>
void for_each_row(const VoxelField& field, const Layout& layout, const Target& target) {
  const std::size_t n_values = n_components(field);
  std::vector<Number> row(layout.n1 * n_values);
  for (std::size_t k = 0; k < layout.n3; ++k)
    for (std::size_t j = 0; j < layout.n2; ++j) {
      for (std::size_t i = 0; i < layout.n1; ++i)
        for (std::size_t c = 0; c < n_values; ++c)
          row[i * n_values + c] = static_cast<Number>(
              field.values[c * layout.n_voxels() + (i * layout.n2 + j) * layout.n3 + k]);
      target(row);
    }
}

}  // namespace seco::materials
