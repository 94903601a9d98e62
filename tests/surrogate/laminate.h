#pragma once

#include <numeric>

#include "microstructures.h"

namespace seco::test {

/// Layers normal to an axis, of random triclinic phases.
/// @param shape numbers of voxels; that along the axis becomes the sum of the thicknesses
/// @param thickness of each layer in voxels
inline materials::Rve triclinic_laminate(std::vector<int> shape, int axis,
                                         const std::vector<int>& thickness) {
  const int d = static_cast<int>(shape.size());
  shape[axis] = std::accumulate(thickness.begin(), thickness.end(), 0);
  materials::Rve rve;
  rve.shape = shape;
  rve.lengths.assign(d, 1.);
  rve.lengths[0] = 0.7;
  std::vector<std::uint16_t> layer_at;
  for (std::size_t l = 0; l < thickness.size(); ++l) {
    rve.stiffness.push_back(random_triclinic(d, 100 * axis + 10 * l + d));
    layer_at.insert(layer_at.end(), thickness[l], static_cast<std::uint16_t>(l));
  }
  std::size_t stride = 1;
  for (int i = d - 1; i > axis; --i) stride *= shape[i];
  for (std::size_t v = 0; v < rve.n_voxels(); ++v)
    rve.phase.push_back(layer_at[v / stride % shape[axis]]);
  return rve;
}

}  // namespace seco::test
