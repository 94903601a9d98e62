#pragma once

#include "lattice.h"

namespace seco::surrogate::cuda {

/// What one thread of the kernels without shared memory does; see kernels.h for their meaning.

/// sym(D u) at a voxel of one field. @param u `[dim, N]` @param strain `[m]`
template <int dim, typename Number>
SECO_HOST_DEVICE void strain_of_voxel(const Lattice<dim, Number>& grid, std::int64_t voxel,
                                      const Number* u, Number* strain) {
  std::int64_t offsets[1 << dim];
  corner_offsets(grid, voxel, 1, offsets);
  Number gradient[dim][dim];
  for (int i = 0; i < dim; ++i) {
    Number sums[dim] = {};
    for (int c = 0; c < 1 << dim; ++c) {
      const Number value = u[i * grid.n_points + offsets[c]];
      for (int j = 0; j < dim; ++j) sums[j] += (c >> j & 1) ? value : -value;
    }
    for (int j = 0; j < dim; ++j) gradient[j][i] = grid.weight[j] * sums[j];
  }
  symmetric_part(gradient, strain);
}

/// The same to its place in a field. @param strain `[m, N]`
template <int dim, typename Number>
SECO_HOST_DEVICE void strain_at(const Lattice<dim, Number>& grid, std::int64_t voxel,
                                const Number* u, Number* strain) {
  Number values[dim * (dim + 1) / 2];
  strain_of_voxel(grid, voxel, u, values);
  for (int k = 0; k < dim * (dim + 1) / 2; ++k) strain[k * grid.n_points + voxel] = values[k];
}

/// D^T sigma at a node of one field. @param stress `[m, N]` @param force `[dim, N]`
template <int dim, typename Number>
SECO_HOST_DEVICE void divergence_at(const Lattice<dim, Number>& grid, std::int64_t node,
                                    const Number* stress, Number* force) {
  constexpr int m = dim * (dim + 1) / 2;
  std::int64_t offsets[1 << dim];
  corner_offsets(grid, node, -1, offsets);
  Number sums[m][dim] = {};  // signed along j, of every component that some force needs
  for (int c = 0; c < 1 << dim; ++c)
    for (int k = 0; k < m; ++k) {
      const Number value = stress[k * grid.n_points + offsets[c]];
      // The voxel before the node (bit set) sees it as its far corner: plus sign.
      for (int j = 0; j < dim; ++j) sums[k][j] += (c >> j & 1) ? value : -value;
    }
  for (int i = 0; i < dim; ++i) {
    Number sum = 0;
    for (int j = 0; j < dim; ++j)
      sum += grid.weight[j] * (i == j ? Number(1) : shear_weight<Number>()) *
             sums[mandel_position<dim>(i, j)][j];
    force[i * grid.n_points + node] = sum;
  }
}

/// A : x at a voxel for all load cases of an RVE. @param upper triangle of the voxel's phase
/// @param x, y `[L, m, N]`
template <int m, typename Number>
SECO_HOST_DEVICE void apply_at(std::int64_t n_points, int n_loads, const Number* upper,
                               std::int64_t voxel, const Number* x, Number* y) {
  Number matrix[m * (m + 1) / 2];
  for (int k = 0; k < m * (m + 1) / 2; ++k) matrix[k] = upper[k];
  for (int l = 0; l < n_loads; ++l) {
    Number in[m], out[m];
    for (int k = 0; k < m; ++k) in[k] = x[(l * m + k) * n_points + voxel];
    multiply_symmetric<m>(matrix, in, out);
    for (int k = 0; k < m; ++k) y[(l * m + k) * n_points + voxel] = out[k];
  }
}

/// x : A : x at a voxel of one load case. @param x `[m, N]`
template <int m, typename Number>
SECO_HOST_DEVICE Number form_at(std::int64_t n_points, const Number* upper, std::int64_t voxel,
                                const Number* x) {
  Number in[m], out[m];
  for (int k = 0; k < m; ++k) in[k] = x[k * n_points + voxel];
  multiply_symmetric<m>(upper, in, out);
  Number sum = 0;
  for (int k = 0; k < m; ++k) sum += in[k] * out[k];
  return sum;
}

/// Values of the voxel's phase to its channels. @param values `[c]` @param channels `[c, N]`
template <typename Number>
SECO_HOST_DEVICE void expand_at(std::int64_t n_points, int n_channels, const Number* values,
                                std::int64_t voxel, Number* channels) {
  for (int c = 0; c < n_channels; ++c) channels[c * n_points + voxel] = values[c];
}

}  // namespace seco::surrogate::cuda
