#pragma once

#include <cstdint>

/// Marks what runs in kernels and, for the tests, on the host as well.
#ifdef __CUDACC__
#define SECO_HOST_DEVICE __host__ __device__
#else
#define SECO_HOST_DEVICE
#endif

namespace seco::surrogate::cuda {

/// A periodic grid as kernels see it.
template <int dim, typename Number>
struct Lattice {
  static constexpr int n_components = dim * (dim + 1) / 2;
  static constexpr int n_coefficients = n_components * (n_components + 1) / 2;

  int size[dim];
  /// `1 / (2^(dim - 1) h_j)`: from the signed sum over the corners of a voxel to D_j.
  Number weight[dim];
  std::int64_t n_points;

  Lattice(const std::int64_t* shape, const double* spacing) : n_points(1) {
    for (int j = 0; j < dim; ++j) {
      size[j] = static_cast<int>(shape[j]);
      weight[j] = static_cast<Number>(1. / ((1 << (dim - 1)) * spacing[j]));
      n_points *= size[j];
    }
  }
};

/// Index along an axis, folded into 0 ... n - 1. @param i not less than -n
SECO_HOST_DEVICE inline int wrapped(int i, int n) {
  return (i + n) % n;
}

/// Position in the Mandel vector of the tensor component (i, j).
template <int dim>
SECO_HOST_DEVICE constexpr int mandel_position(int i, int j) {
  return i == j ? i : (dim == 2 ? 2 : 6 - i - j);
}

/// sqrt(1/2), the Mandel weight of shear in both directions.
template <typename Number>
SECO_HOST_DEVICE constexpr Number shear_weight() {
  return static_cast<Number>(0.70710678118654752440);
}

/// Strain from a gradient, sym(D u). @param gradient `[j][i]`: D_j u_i
template <int dim, typename Number>
SECO_HOST_DEVICE void symmetric_part(const Number (&gradient)[dim][dim], Number* strain) {
  for (int i = 0; i < dim; ++i) {
    strain[i] = gradient[i][i];
    for (int j = i + 1; j < dim; ++j)
      strain[mandel_position<dim>(i, j)] =
          shear_weight<Number>() * (gradient[i][j] + gradient[j][i]);
  }
}

/// `y = A x` of a symmetric matrix given by its upper triangle, row by row.
template <int m, typename Number>
SECO_HOST_DEVICE void multiply_symmetric(const Number* upper, const Number* x, Number* y) {
  for (int i = 0; i < m; ++i) y[i] = 0;
  int k = 0;
  for (int i = 0; i < m; ++i) {
    y[i] += upper[k++] * x[i];
    for (int j = i + 1; j < m; ++j, ++k) {
      y[i] += upper[k] * x[j];
      y[j] += upper[k] * x[i];
    }
  }
}

/// Offsets in a field of the 2^dim points at `point` plus (step 1) or minus (step -1) every corner;
/// bit j of the corner's number is its offset along axis j.
template <int dim, typename Number>
SECO_HOST_DEVICE void corner_offsets(const Lattice<dim, Number>& grid, std::int64_t point, int step,
                                     std::int64_t (&offsets)[1 << dim]) {
  int index[dim];
  for (int j = dim - 1; j >= 0; --j) {
    index[j] = static_cast<int>(point % grid.size[j]);
    point /= grid.size[j];
  }
  for (int c = 0; c < 1 << dim; ++c) {
    std::int64_t offset = 0;
    for (int j = 0; j < dim; ++j)
      offset = offset * grid.size[j] +
               ((c >> j & 1) ? wrapped(index[j] + step, grid.size[j]) : index[j]);
    offsets[c] = offset;
  }
}

}  // namespace seco::surrogate::cuda
