/// The kernels of kernels.h for linear algebra of whole fields, whose rows are all numbers of one
/// load case; for kernels_implementation.h alone. Sums are in double precision, in an order that
/// depends on the instruction set and the row alone.
#pragma once

#include "row_operations.h"

namespace seco::surrogate::cpu::SECO_INSTRUCTION_SET {
namespace {

// Products of `rows` times 3 rows of doubles, added to one vector of partial sums per pair.
template <int rows>
SECO_INLINE void add_products(const double* a, const double* b, std::int64_t stride, std::int64_t n,
                              Vector<double>* partial, std::int64_t n_b) {
  Vector<double> sum[rows][3];
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < 3; ++j) sum[i][j] = partial[i * n_b + j];
  for (std::int64_t k = 0; k < n; k += lanes<double>) {
    Vector<double> y[3];
    for (int j = 0; j < 3; ++j) y[j] = load(b + j * stride + k);
#pragma GCC unroll 6
    for (int i = 0; i < rows; ++i) {
      const auto x = load(a + i * stride + k);
      for (int j = 0; j < 3; ++j) sum[i][j] += x * y[j];
    }
  }
  for (int i = 0; i < rows; ++i)
    for (int j = 0; j < 3; ++j) partial[i * n_b + j] = sum[i][j];
}

template <typename Number>
void gram(std::int64_t n_a, const Number* const* a, std::int64_t n_b, const Number* const* b,
          bool symmetric, std::int64_t first, std::int64_t last, double* sums) {
  // Rows of both sides in double precision, so many numbers that they stay in the second cache;
  // missing rows of the last tiles are zero.
  constexpr std::int64_t chunk = 512;
  constexpr int tile = SECO_VECTOR_BYTES == 64 ? 6 : 3;
  const std::int64_t rows = (n_a + tile - 1) / tile * tile, columns = (n_b + 2) / 3 * 3;
  Scratch<double> scratch((rows + columns) * chunk + rows * columns * lanes<double>);
  double* x = scratch.take(rows * chunk);
  double* y = scratch.take(columns * chunk);
  auto* partial = reinterpret_cast<Vector<double>*>(scratch.take(rows * columns * lanes<double>));
  const auto widen = [&](const Number* from, std::int64_t n, double* to) {
    for (std::int64_t k = 0; k < n; ++k) to[k] = static_cast<double>(from[k]);
    for (std::int64_t k = n; k < chunk; ++k) to[k] = 0;
  };
  for (std::int64_t start = first; start < last; start += chunk) {
    const std::int64_t n = last - start < chunk ? last - start : chunk;
    for (std::int64_t i = 0; i < n_a; ++i) widen(a[i] + start, n, x + i * chunk);
    for (std::int64_t j = 0; j < n_b; ++j) widen(b[j] + start, n, y + j * chunk);
    for (std::int64_t i = 0; i < rows; i += tile)
      for (std::int64_t j = 0; j < columns; j += 3)
        if (!symmetric || j + 3 > i)
          add_products<tile>(x + i * chunk, y + j * chunk, chunk, chunk, partial + i * columns + j,
                             columns);
  }
  for (std::int64_t i = 0; i < n_a; ++i)
    for (std::int64_t j = 0; j < n_b; ++j)
      sums[i * n_b + j] += lane_sum<double>(partial[i * columns + j]);
}

// combine() of n_out rows whose sums stay in registers.
template <int n_out, typename Number>
SECO_INLINE void combine_rows(std::int64_t n_in, const Number* coefficients, const Number* const* x,
                              Number* const* y, const Number* const* start, Number* const* end,
                              std::int64_t first, std::int64_t last) {
  for (std::int64_t k = first; k < last; k += lanes<Number>) {
    Vector<Number> sum[n_out] = {};
    for (std::int64_t j = 0; j < n_in; ++j) {
      const auto value = load(x[j] + k, last - k);
#pragma GCC unroll 6
      for (int i = 0; i < n_out; ++i) sum[i] += coefficients[i * n_in + j] * value;
    }
    for (int i = 0; i < n_out; ++i) {
      store<Number>(y[i] + k, sum[i], last - k);
      if (end != nullptr)
        store<Number>(end[i] + k, load(start[i] + k, last - k) + sum[i], last - k);
    }
  }
}

template <typename Number>
void combine(std::int64_t n_out, std::int64_t n_in, const Number* coefficients,
             const Number* const* x, Number* const* y, const Number* const* start,
             Number* const* end, std::int64_t first, std::int64_t last) {
  if (n_out == 6) return combine_rows<6>(n_in, coefficients, x, y, start, end, first, last);
  if (n_out == 3) return combine_rows<3>(n_in, coefficients, x, y, start, end, first, last);
  for (std::int64_t i = 0; i < n_out; ++i)
    combine_rows<1>(n_in, coefficients + i * n_in, x, y + i, end == nullptr ? nullptr : start + i,
                    end == nullptr ? nullptr : end + i, first, last);
}

template <typename Number>
double dot(const Number* __restrict__ x, const Number* __restrict__ y, std::int64_t n) {
  double sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t k = 0; k < n; ++k) sum += static_cast<double>(x[k]) * static_cast<double>(y[k]);
  return sum;
}

template <typename Number>
void update(Number alpha, const Number* __restrict__ x, Number beta, Number* __restrict__ y,
            std::int64_t n) {
  for (std::int64_t k = 0; k < n; ++k) y[k] = alpha * x[k] + beta * y[k];
}

}  // namespace
}  // namespace seco::surrogate::cpu::SECO_INSTRUCTION_SET
