#include "difference_kernel.h"

#include <ATen/Parallel.h>

#include <array>
#include <cmath>

namespace seco::surrogate {
namespace {

// Component of the Mandel vector that holds the tensor component (i, j), and its weight.
template <int dim>
constexpr int mandel_index(int i, int j) {
  if (i == j) return i;
  return dim == 2 ? 2 : 6 - i - j;
}

// The last axis is the row the loops vectorise over; the other dim - 1 axes ("outer") give
// 2^(dim - 1) rows that meet at a voxel or node.
template <int dim>
struct Rows {
  static constexpr int n_outer = dim - 1;
  static constexpr int n_corners = 1 << n_outer;
  std::array<std::int64_t, n_outer> size{};
  std::int64_t length = 0;
  std::int64_t count = 1;

  explicit Rows(const Grid& grid) : length(grid.shape[dim - 1]) {
    for (int a = 0; a < n_outer; ++a) {
      size[a] = grid.shape[a];
      count *= size[a];
    }
  }
  // Offsets of the rows at `row` plus (step = 1) or minus (step = -1) every corner offset; bit a of
  // the corner number is the offset along outer axis a.
  std::array<std::int64_t, n_corners> corner_offsets(std::int64_t row, int step) const {
    std::array<std::int64_t, n_outer> index{};
    for (int a = n_outer - 1; a >= 0; --a) {
      index[a] = row % size[a];
      row /= size[a];
    }
    std::array<std::int64_t, n_corners> offsets{};
    for (int c = 0; c < n_corners; ++c) {
      std::int64_t r = 0;
      for (int a = 0; a < n_outer; ++a) {
        const std::int64_t shifted = index[a] + ((c >> a & 1) ? step : 0);
        r = r * size[a] + (shifted + size[a]) % size[a];
      }
      offsets[c] = r * length;
    }
    return offsets;
  }
};

template <int dim, typename Number>
void strain_rows(const Number* u, Number* strain, std::int64_t n_fields, const Grid& grid) {
  constexpr int m = dim * (dim + 1) / 2;
  const Rows<dim> rows(grid);
  const std::int64_t n = rows.length, n_voxels = grid.n_voxels();
  // A difference across one axis is averaged over the 2^(dim-1) corners of the others.
  const Number average = Number(1) / Rows<dim>::n_corners;
  const Number shear = std::sqrt(Number(0.5));
  at::parallel_for(0, n_fields * rows.count, 64, [&](std::int64_t begin, std::int64_t end) {
    // sums[0] = sum over corners; sums[1 + a] = difference across outer axis a; one extra entry
    // wraps.
    std::vector<Number> sums(dim * (n + 1));
    std::vector<Number> gradient(dim * dim * n);  // D_j u_i at [(j * dim + i) * n + k]
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t field = item / rows.count, row = item % rows.count;
      const auto offsets = rows.corner_offsets(row, 1);
      for (int i = 0; i < dim; ++i) {
        const Number* ui = u + (field * dim + i) * n_voxels;
        Number* sum = sums.data();
        for (std::int64_t k = 0; k < n; ++k) {
          std::array<Number, dim> s{};
          for (int c = 0; c < Rows<dim>::n_corners; ++c) {
            const Number value = ui[offsets[c] + k];
            s[0] += value;
            for (int a = 0; a < dim - 1; ++a) s[1 + a] += (c >> a & 1) ? value : -value;
          }
          for (int q = 0; q < dim; ++q) sum[q * (n + 1) + k] = s[q];
        }
        for (int q = 0; q < dim; ++q) sum[q * (n + 1) + n] = sum[q * (n + 1)];
        for (int j = 0; j < dim - 1; ++j) {
          const Number weight = average / static_cast<Number>(grid.spacing[j]);
          const Number* s = sum + (1 + j) * (n + 1);
          Number* g = gradient.data() + (j * dim + i) * n;
          for (std::int64_t k = 0; k < n; ++k) g[k] = weight * (s[k] + s[k + 1]);
        }
        const Number weight = average / static_cast<Number>(grid.spacing[dim - 1]);
        Number* g = gradient.data() + ((dim - 1) * dim + i) * n;
        for (std::int64_t k = 0; k < n; ++k) g[k] = weight * (sum[k + 1] - sum[k]);
      }
      Number* out = strain + field * m * n_voxels + row * n;
      for (int i = 0; i < dim; ++i) {
        const Number* g = gradient.data() + (i * dim + i) * n;
        Number* e = out + i * n_voxels;
        for (std::int64_t k = 0; k < n; ++k) e[k] = g[k];
        for (int j = i + 1; j < dim; ++j) {
          const Number* a = gradient.data() + (i * dim + j) * n;
          const Number* b = gradient.data() + (j * dim + i) * n;
          Number* es = out + mandel_index<dim>(i, j) * n_voxels;
          for (std::int64_t k = 0; k < n; ++k) es[k] = shear * (a[k] + b[k]);
        }
      }
    }
  });
}

template <int dim, typename Number>
void divergence_rows(const Number* stress, Number* force, std::int64_t n_fields, const Grid& grid) {
  constexpr int m = dim * (dim + 1) / 2;
  const Rows<dim> rows(grid);
  const std::int64_t n = rows.length, n_voxels = grid.n_voxels();
  const Number average = Number(1) / Rows<dim>::n_corners;
  at::parallel_for(0, n_fields * rows.count, 64, [&](std::int64_t begin, std::int64_t end) {
    // p: terms averaged along the row, q: terms differenced along it; entry 0 is the wrap.
    std::vector<Number> p(n + 1), q(n + 1);
    for (std::int64_t item = begin; item < end; ++item) {
      const std::int64_t field = item / rows.count, row = item % rows.count;
      const auto offsets = rows.corner_offsets(row, -1);
      const Number* s = stress + field * m * n_voxels;
      for (int i = 0; i < dim; ++i) {
        std::array<const Number*, dim> component{};
        std::array<Number, dim> weight{};
        for (int j = 0; j < dim; ++j) {
          component[j] = s + mandel_index<dim>(i, j) * n_voxels;
          weight[j] = average / static_cast<Number>(grid.spacing[j]) *
                      (i == j ? Number(1) : std::sqrt(Number(0.5)));
        }
        for (std::int64_t k = 0; k < n; ++k) {
          Number pk = 0, qk = 0;
          for (int c = 0; c < Rows<dim>::n_corners; ++c) {
            // The voxel before the node (bit set) sees it as its far corner: plus sign.
            for (int a = 0; a < dim - 1; ++a) {
              const Number value = weight[a] * component[a][offsets[c] + k];
              pk += (c >> a & 1) ? value : -value;
            }
            qk += weight[dim - 1] * component[dim - 1][offsets[c] + k];
          }
          p[k + 1] = pk;
          q[k + 1] = qk;
        }
        p[0] = p[n];
        q[0] = q[n];
        Number* f = force + (field * dim + i) * n_voxels + row * n;
        for (std::int64_t k = 0; k < n; ++k) f[k] = p[k] + p[k + 1] + (q[k] - q[k + 1]);
      }
    }
  });
}

torch::Tensor prepared_output(const torch::Tensor& input, const Grid& grid, int components) {
  auto shape = input.sizes().vec();
  shape[shape.size() - grid.dimension() - 1] = components;
  return torch::empty(shape, input.options());
}

}  // namespace

torch::Tensor strain_kernel(const torch::Tensor& displacement, const Grid& grid) {
  const auto u = displacement.contiguous();
  auto strain = prepared_output(u, grid, grid.n_components());
  const std::int64_t n_fields = u.numel() / (grid.dimension() * grid.n_voxels());
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "strain_kernel", [&] {
    const auto* in = u.data_ptr<scalar_t>();
    auto* out = strain.data_ptr<scalar_t>();
    if (grid.dimension() == 2)
      strain_rows<2>(in, out, n_fields, grid);
    else
      strain_rows<3>(in, out, n_fields, grid);
  });
  return strain;
}

torch::Tensor divergence_kernel(const torch::Tensor& stress, const Grid& grid) {
  const auto s = stress.contiguous();
  auto force = prepared_output(s, grid, grid.dimension());
  const std::int64_t n_fields = s.numel() / (grid.n_components() * grid.n_voxels());
  AT_DISPATCH_FLOATING_TYPES(s.scalar_type(), "divergence_kernel", [&] {
    const auto* in = s.data_ptr<scalar_t>();
    auto* out = force.data_ptr<scalar_t>();
    if (grid.dimension() == 2)
      divergence_rows<2>(in, out, n_fields, grid);
    else
      divergence_rows<3>(in, out, n_fields, grid);
  });
  return force;
}

}  // namespace seco::surrogate
