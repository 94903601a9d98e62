#include "launch.cuh"
#include "pointwise.h"

namespace seco::surrogate::cuda {
namespace {

__device__ std::int64_t global_thread() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}

template <int dim, typename Number>
__global__ void strain_kernel(Lattice<dim, Number> grid, std::int64_t n_fields,
                              const Number* __restrict__ u, Number* __restrict__ e) {
  constexpr int m = dim * (dim + 1) / 2;
  const std::int64_t item = global_thread();
  if (item >= n_fields * grid.n_points) return;
  const std::int64_t field = item / grid.n_points, voxel = item % grid.n_points;
  strain_at(grid, voxel, u + field * dim * grid.n_points, e + field * m * grid.n_points);
}

template <int dim, typename Number>
__global__ void divergence_kernel(Lattice<dim, Number> grid, std::int64_t n_fields,
                                  const Number* __restrict__ s, Number* __restrict__ f) {
  constexpr int m = dim * (dim + 1) / 2;
  const std::int64_t item = global_thread();
  if (item >= n_fields * grid.n_points) return;
  const std::int64_t field = item / grid.n_points, node = item % grid.n_points;
  divergence_at(grid, node, s + field * m * grid.n_points, f + field * dim * grid.n_points);
}

/// The values of the phase at voxel `item % N` of RVE `item / N`.
template <typename Number>
__device__ const Number* values_at(const PhaseTable<Number>& table, std::int64_t item,
                                   int n_values) {
  return table.values + (item / table.n_points * table.n_phases + table.phase[item]) * n_values;
}

template <int m, typename Number>
__global__ void apply_kernel(PhaseTable<Number> table, std::int64_t batch, int n_loads,
                             const Number* __restrict__ x, Number* __restrict__ y) {
  const std::int64_t item = global_thread();
  if (item >= batch * table.n_points) return;
  const std::int64_t first = item / table.n_points * n_loads * m * table.n_points;
  apply_at<m>(table.n_points, n_loads, values_at(table, item, m * (m + 1) / 2),
              item % table.n_points, x + first, y + first);
}

template <int m, typename Number>
__global__ void __launch_bounds__(block_threads)
    form_kernel(PhaseTable<Number> table, int n_loads, std::int64_t n_blocks,
                const Number* __restrict__ x, double* __restrict__ partial_sums) {
  const std::int64_t row = blockIdx.x / n_blocks, b = row / n_loads;
  const Number* field = x + row * m * table.n_points;
  double sum = 0;
  for (int k = 0; k < block_items / block_threads; ++k) {
    const std::int64_t voxel =
        blockIdx.x % n_blocks * block_items + k * block_threads + threadIdx.x;
    if (voxel < table.n_points)
      sum +=
          form_at<m>(table.n_points, values_at(table, b * table.n_points + voxel, m * (m + 1) / 2),
                     voxel, field);
  }
  const double values[1] = {sum};
  double* const places[1] = {partial_sums + blockIdx.x};
  block_sums<1, block_threads / 32>(values, places);
}

template <typename Number>
__global__ void expand_kernel(PhaseTable<Number> table, std::int64_t batch, int n_channels,
                              Number* __restrict__ channels) {
  const std::int64_t item = global_thread();
  if (item >= batch * table.n_points) return;
  expand_at(table.n_points, n_channels, values_at(table, item, n_channels), item % table.n_points,
            channels + item / table.n_points * n_channels * table.n_points);
}

}  // namespace

std::int64_t blocks_of(std::int64_t n_items) {
  return (n_items + block_items - 1) / block_items;
}

template <int dim, typename Number>
void strain(const Lattice<dim, Number>& grid, std::int64_t n_fields, const Number* u, Number* e,
            Stream stream) {
  strain_kernel<<<blocks_for(n_fields * grid.n_points), block_threads, 0, stream>>>(grid, n_fields,
                                                                                    u, e);
  check_launch("strain");
}

template <int dim, typename Number>
void divergence(const Lattice<dim, Number>& grid, std::int64_t n_fields, const Number* s, Number* f,
                Stream stream) {
  divergence_kernel<<<blocks_for(n_fields * grid.n_points), block_threads, 0, stream>>>(
      grid, n_fields, s, f);
  check_launch("divergence");
}

template <int m, typename Number>
void apply_matrices(const PhaseTable<Number>& table, std::int64_t batch, int n_loads,
                    const Number* x, Number* y, Stream stream) {
  apply_kernel<m><<<blocks_for(batch * table.n_points), block_threads, 0, stream>>>(table, batch,
                                                                                    n_loads, x, y);
  check_launch("apply_matrices");
}

template <int m, typename Number>
void quadratic_forms(const PhaseTable<Number>& table, std::int64_t batch, int n_loads,
                     const Number* x, double* partial_sums, Stream stream) {
  const auto n_blocks = blocks_of(table.n_points);
  form_kernel<m><<<grid_blocks(batch * n_loads * n_blocks), block_threads, 0, stream>>>(
      table, n_loads, n_blocks, x, partial_sums);
  check_launch("quadratic_forms");
}

template <typename Number>
void expand_phases(const PhaseTable<Number>& table, std::int64_t batch, int n_channels,
                   Number* channels, Stream stream) {
  expand_kernel<<<blocks_for(batch * table.n_points), block_threads, 0, stream>>>(
      table, batch, n_channels, channels);
  check_launch("expand_phases");
}

#define SECO_INSTANTIATE(dim, m, Number)                                                           \
  template void strain(const Lattice<dim, Number>&, std::int64_t, const Number*, Number*, Stream); \
  template void divergence(const Lattice<dim, Number>&, std::int64_t, const Number*, Number*,      \
                           Stream);                                                                \
  template void apply_matrices<m>(const PhaseTable<Number>&, std::int64_t, int, const Number*,     \
                                  Number*, Stream);                                                \
  template void quadratic_forms<m>(const PhaseTable<Number>&, std::int64_t, int, const Number*,    \
                                   double*, Stream);
SECO_INSTANTIATE(2, 3, float)
SECO_INSTANTIATE(3, 6, float)
SECO_INSTANTIATE(2, 3, double)
SECO_INSTANTIATE(3, 6, double)
#undef SECO_INSTANTIATE
template void expand_phases(const PhaseTable<float>&, std::int64_t, int, float*, Stream);
template void expand_phases(const PhaseTable<double>&, std::int64_t, int, double*, Stream);

}  // namespace seco::surrogate::cuda
