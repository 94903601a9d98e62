#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "seco/materials/rve.h"

namespace seco::surrogate {

/// A periodic voxel grid. Field tensors carry the grid in their last axes, `[..., n1, n2 (, n3)]`.
struct Grid {
  std::vector<std::int64_t> shape;
  /// Voxel edge lengths h_j.
  std::vector<double> spacing;

  int dimension() const { return static_cast<int>(shape.size()); }
  int n_components() const { return dimension() * (dimension() + 1) / 2; }
  std::int64_t n_voxels() const {
    std::int64_t n = 1;
    for (const auto s : shape) n *= s;
    return n;
  }
  /// The grid's axes in a tensor, counted from the end: -d ... -1.
  std::vector<std::int64_t> axes() const {
    std::vector<std::int64_t> a;
    for (int i = 0; i < dimension(); ++i) a.push_back(i - dimension());
    return a;
  }
  bool operator==(const Grid&) const = default;
};

Grid grid_of(const materials::Rve& rve);

/// The tensor indices (i, j) of each Mandel component, 11 22 33 23 13 12 or 11 22 12.
std::vector<std::pair<int, int>> mandel_pairs(int dimension);

/// Relative round-off of fields of a type: machine epsilon of double or single precision.
double round_off(torch::Dtype field_type);

/// Sums over the grid axes in double precision, whatever the precision of the field.
torch::Tensor grid_sum(const torch::Tensor& field, const Grid& grid);
torch::Tensor grid_mean(const torch::Tensor& field, const Grid& grid);
/// `<a . b>` of every load, `[B, L]`, summed in double precision. @param a, b `[B, L, c, n...]`
torch::Tensor mean_product(const torch::Tensor& a, const torch::Tensor& b, const Grid& grid);

/// Appends d axes of length one, so that a tensor broadcasts against fields on the grid.
torch::Tensor with_grid_axes(const torch::Tensor& values, const Grid& grid);

/// Values per RVE, `[B]`, or per load case, `[B, L]`, in the (real) type and on the device of a
/// field `[B, L, c, n...]`, with axes of length one appended so that they broadcast against it.
torch::Tensor with_field_axes(const torch::Tensor& values, const torch::Tensor& field);

/// Unit mean strains of all load cases, `[1, L = m, m]`, the identity.
torch::Tensor unit_loads(const Grid& grid, const torch::TensorOptions& options);

}  // namespace seco::surrogate
