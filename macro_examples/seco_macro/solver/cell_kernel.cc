#include "cell_kernel.h"

#include <stdexcept>

namespace seco::macro {
namespace {

constexpr int power(int base, int exponent) {
  return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

/// Applies an n x n matrix, or its transpose, along an axis of a tensor of n^dim values.
template <int dim, int n, bool transpose, typename Number, typename Block>
[[gnu::always_inline]] inline void sweep(const Number* matrix, int axis, Block* values) {
  const int stride = axis == 0 ? 1 : axis == 1 ? n : n * n;
  for (int line = 0; line < power(n, dim - 1); ++line) {
    Block* const v = values + line / stride * stride * n + line % stride;
    Block in[n];
    for (int k = 0; k < n; ++k) in[k] = v[k * stride];
    for (int r = 0; r < n; ++r) {
      Block sum = (transpose ? matrix[r] : matrix[r * n]) * in[0];
      for (int k = 1; k < n; ++k)
        sum += (transpose ? matrix[k * n + r] : matrix[r * n + k]) * in[k];
      v[r * stride] = sum;
    }
  }
}

/// Weighted stress of a displacement gradient; `gradient` and `stress` are [component][axis].
template <int dim, typename Number, typename Block>
[[gnu::always_inline]] inline void stress_of(const Block* stiffness, const Block (*gradient)[dim],
                                             Block (*stress)[dim]) {
  constexpr int m = dim * (dim + 1) / 2;
  const Number root = Number(0.70710678118654752440);
  const auto index = [](int i, int j) { return dim == 2 ? 2 : 6 - i - j; };
  Block strain[m], result[m] = {};
  for (int i = 0; i < dim; ++i) {
    strain[i] = gradient[i][i];
    for (int j = i + 1; j < dim; ++j)
      strain[index(i, j)] = root * (gradient[i][j] + gradient[j][i]);
  }
  const Block* c = stiffness;
  for (int r = 0; r < m; ++r) {
    result[r] += *c++ * strain[r];
    for (int s = r + 1; s < m; ++s, ++c) {
      result[r] += *c * strain[s];
      result[s] += *c * strain[r];
    }
  }
  for (int i = 0; i < dim; ++i) {
    stress[i][i] = result[i];
    for (int j = i + 1; j < dim; ++j) stress[i][j] = stress[j][i] = root * result[index(i, j)];
  }
}

template <int dim, int n, typename Number>
[[gnu::always_inline]] inline void apply(const CellBatch<Number>& batch) {
  using Block = simd::Vector<Number>;
  constexpr unsigned int n_lanes = simd::lanes<Number>;
  constexpr int n_nodes = power(n, dim), n_coefficients = dim == 2 ? 6 : 21;
  Block values[dim][n_nodes], forces[dim][n_nodes];
  auto* const in = reinterpret_cast<Number*>(values);
  for (unsigned int i = 0; i < dim * n_nodes * n_lanes; ++i)
    in[i] = batch.source[batch.unknowns[i]];
  for (int c = 0; c < dim; ++c) {
    for (int axis = 0; axis < dim; ++axis)
      sweep<dim, n, false, Number>(batch.shape, axis, values[c]);
    for (int i = 0; i < n_nodes; ++i) forces[c][i] = Block{};
  }
  for (int q = 0; q < n_nodes; ++q) {
    const int coordinate[3] = {q % n, q / n % n, q / (n * n)};
    const int strides[3] = {1, n, n * n};
    Block reference[dim][dim], gradient[dim][dim], stress[dim][dim];
    for (int d = 0; d < dim; ++d) {
      const Number* const derivative = batch.derivative + coordinate[d] * n;
      const int start = q - coordinate[d] * strides[d];
      for (int c = 0; c < dim; ++c) {
        reference[c][d] = derivative[0] * values[c][start];
        for (int k = 1; k < n; ++k)
          reference[c][d] += derivative[k] * values[c][start + k * strides[d]];
      }
    }
    const Block* const inverse = batch.inverse_jacobian + (batch.affine ? 0 : q * dim * dim);
    for (int c = 0; c < dim; ++c)
      for (int j = 0; j < dim; ++j) {
        gradient[c][j] = reference[c][0] * inverse[j];
        for (int d = 1; d < dim; ++d) gradient[c][j] += reference[c][d] * inverse[d * dim + j];
      }
    stress_of<dim, Number>(batch.stiffness + q * n_coefficients, gradient, stress);
    for (int d = 0; d < dim; ++d) {
      const Number* const derivative = batch.derivative + coordinate[d] * n;
      const int start = q - coordinate[d] * strides[d];
      for (int c = 0; c < dim; ++c) {
        Block flux = stress[c][0] * inverse[d * dim];
        for (int j = 1; j < dim; ++j) flux += stress[c][j] * inverse[d * dim + j];
        for (int k = 0; k < n; ++k) forces[c][start + k * strides[d]] += derivative[k] * flux;
      }
    }
  }
  for (int c = 0; c < dim; ++c)
    for (int axis = 0; axis < dim; ++axis)
      sweep<dim, n, true, Number>(batch.shape, axis, forces[c]);
  // Cells of a batch may share unknowns, so they add one after another.
  const auto* const out = reinterpret_cast<const Number*>(forces);
  for (unsigned int lane = 0; lane < batch.n_filled_lanes; ++lane)
    for (unsigned int i = 0; i < dim * n_nodes; ++i)
      batch.destination[batch.unknowns[i * n_lanes + lane]] += out[i * n_lanes + lane];
}

#define KERNEL(dim, degree, Number)                                                         \
  SECO_SIMD_CLONES void apply_##dim##_##degree##_##Number(const CellBatch<Number>& batch) { \
    apply<dim, degree + 1, Number>(batch);                                                  \
  }
#define KERNELS(dim, Number) \
  KERNEL(dim, 1, Number)     \
  KERNEL(dim, 2, Number)     \
  KERNEL(dim, 3, Number)
KERNELS(2, double)
KERNELS(2, float)
KERNELS(3, double)
KERNELS(3, float)
#undef KERNEL
#undef KERNELS

}  // namespace

#define DISPATCH(dim, Number)                                                          \
  template <>                                                                          \
  void apply_cells<dim, Number>(unsigned int degree, const CellBatch<Number>& batch) { \
    switch (degree) {                                                                  \
      case 1:                                                                          \
        return apply_##dim##_1_##Number(batch);                                        \
      case 2:                                                                          \
        return apply_##dim##_2_##Number(batch);                                        \
      case 3:                                                                          \
        return apply_##dim##_3_##Number(batch);                                        \
    }                                                                                  \
    throw std::invalid_argument("the cell kernels are compiled for degrees 1 to 3");   \
  }
DISPATCH(2, double)
DISPATCH(2, float)
DISPATCH(3, double)
DISPATCH(3, float)
#undef DISPATCH

}  // namespace seco::macro
