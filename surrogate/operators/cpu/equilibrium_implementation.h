/// The kernels of kernels.h that write equilibrated stresses and their strains, row by row in one
/// pass; for kernels_implementation.h alone.
#pragma once

#include "row_operations.h"

namespace seco::surrogate::cpu::SECO_INSTRUCTION_SET {
namespace {

/// `s += lambda tr(e) I + two_mu e` of `lanes` voxels.
template <int dim, typename Number>
SECO_INLINE void add_isotropic(const Isotropic<Number>& law, const Vector<Number>* e,
                               Vector<Number>* s) {
  Vector<Number> trace = e[0] + e[1];
  if constexpr (dim == 3) trace += e[2];
  for (int c = 0; c < Sizes<dim>::m; ++c) {
    s[c] += law.two_mu * e[c];
    if (c < dim) s[c] += law.lambda * trace;
  }
}

// Rows of memory that both kernels below need, and what they do with a finished stress.
template <int dim, typename Number>
struct StressRows {
  static constexpr int m = Sizes<dim>::m;
  const Voxels<Number>& v;
  const StressOutput<Number>& out;
  std::int64_t n, stride, n_voxels;
  Scratch<Number> scratch;
  Number *compliance, *sums;

  StressRows(const Voxels<Number>& voxels, const StressOutput<Number>& output, int more)
      : v(voxels),
        out(output),
        n(v.n[2]),
        stride(padded<Number>(n)),
        n_voxels(v.count()),
        scratch((Sizes<dim>::n_coefficients + dim * dim + more) * stride),
        compliance(scratch.take(Sizes<dim>::n_coefficients * stride)),
        sums(scratch.take(dim * dim * stride)) {}

  SECO_INLINE void start_row(std::int64_t row) {
    if (out.strain != nullptr)
      expand_row<dim>(v.compliance, v.n_phases, v.phase + row, n, compliance, stride);
  }
  SECO_INLINE void write(std::int64_t load_case, std::int64_t row, std::int64_t k,
                         Vector<Number>* t) {
    const std::int64_t at = load_case * m * n_voxels + row + k;
    for (int c = 0; c < m; ++c) {
      t[c] += out.constant[load_case * m + c];
      store<Number>(out.stress + at + c * n_voxels, t[c], n - k);
    }
    if (out.strain == nullptr) return;
    Vector<Number> q[m];
    multiply<dim>(compliance, stride, k, t, q);
    for (int c = 0; c < m; ++c) store<Number>(out.strain + at + c * n_voxels, q[c], n - k);
  }
};

template <int dim, typename Number>
void stress_with_correction(const Voxels<Number>& v, std::int64_t n_loads, Isotropic<Number> law,
                            const Number* s, Isotropic<Number> correction, const Number* z,
                            StressOutput<Number> out, std::int64_t first, std::int64_t last) {
  constexpr int m = Sizes<dim>::m;
  StressRows<dim, Number> rows(v, out, 0);
  for (std::int64_t i = first; i < last; ++i)
    for (std::int64_t j = 0; j < v.n[1]; ++j) {
      std::int64_t corner[4];
      corners(v, i, j, corner);
      rows.start_row(corner[0]);
      for (std::int64_t l = 0; l < n_loads; ++l) {
        if (z != nullptr)
          sum_corners<dim>(z + l * dim * rows.n_voxels, rows.n_voxels, corner, rows.n, rows.sums,
                           rows.stride);
        const Number* in = s + l * m * rows.n_voxels + corner[0];
        for (std::int64_t k = 0; k < rows.n; k += lanes<Number>) {
          Vector<Number> e[m], x[m], t[m] = {};
          for (int c = 0; c < m; ++c) x[c] = load(in + c * rows.n_voxels + k, rows.n - k);
          add_isotropic<dim>(law, x, t);
          if (z != nullptr) {
            strain_at<dim>(rows.sums, rows.stride, k, v.weight, e);
            add_isotropic<dim>(correction, e, t);
          }
          rows.write(l, corner[0], k, t);
        }
      }
    }
}

template <int dim, typename Number>
void stress_of_displacement(const Voxels<Number>& v, std::int64_t n_loads, const Number* u,
                            Isotropic<Number> correction, const Number* z, StressOutput<Number> out,
                            std::int64_t first, std::int64_t last) {
  constexpr int m = Sizes<dim>::m;
  StressRows<dim, Number> rows(v, out, Sizes<dim>::n_coefficients + dim * dim);
  const std::int64_t stride = rows.stride, n_voxels = rows.n_voxels;
  Number* stiffness = rows.scratch.take(Sizes<dim>::n_coefficients * stride);
  Number* sums_z = rows.scratch.take(dim * dim * stride);
  for (std::int64_t i = first; i < last; ++i)
    for (std::int64_t j = 0; j < v.n[1]; ++j) {
      std::int64_t corner[4];
      corners(v, i, j, corner);
      rows.start_row(corner[0]);
      expand_row<dim>(v.stiffness, v.n_phases, v.phase + corner[0], rows.n, stiffness, stride);
      for (std::int64_t l = 0; l < n_loads; ++l) {
        sum_corners<dim>(u + l * dim * n_voxels, n_voxels, corner, rows.n, rows.sums, stride);
        if (z != nullptr)
          sum_corners<dim>(z + l * dim * n_voxels, n_voxels, corner, rows.n, sums_z, stride);
        for (std::int64_t k = 0; k < rows.n; k += lanes<Number>) {
          Vector<Number> e[m], t[m];
          strain_at<dim>(rows.sums, stride, k, v.weight, e);
          e[l] += Number(1);
          multiply<dim>(stiffness, stride, k, e, t);
          if (z != nullptr) {
            strain_at<dim>(sums_z, stride, k, v.weight, e);
            add_isotropic<dim>(correction, e, t);
          }
          rows.write(l, corner[0], k, t);
        }
      }
    }
}

}  // namespace
}  // namespace seco::surrogate::cpu::SECO_INSTRUCTION_SET
