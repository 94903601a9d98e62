#include "launch.cuh"

namespace seco::surrogate::cuda {
namespace {

/// One block takes some frequencies of an RVE for up to `group` load cases: the operator of a
/// frequency is evaluated once for them.
template <int dim, int group, typename Number>
__global__ void __launch_bounds__(block_threads)
    green_kernel(Lattice<dim, Number> grid, std::int64_t batch, int n_loads,
                 std::int64_t n_frequencies, std::int64_t n_blocks,
                 const double* __restrict__ medium, Number scale,
                 Complex<Number>* __restrict__ spectrum, double* __restrict__ partial_sums) {
  const int n_groups = (n_loads + group - 1) / group;
  const int first_load = static_cast<int>(blockIdx.x % n_groups) * group;
  const std::int64_t rest = blockIdx.x / n_groups;
  const std::int64_t block = rest % n_blocks, rve = rest / n_blocks;
  const double lambda = medium[rve], mu = medium[batch + rve];
  const auto coupling = static_cast<Number>((lambda + mu) / (lambda + 2. * mu));
  double work[group] = {};
  for (int k = 0; k < block_items / block_threads; ++k) {
    const std::int64_t frequency = block * block_items + k * block_threads + threadIdx.x;
    if (frequency >= n_frequencies) break;
    const GreenFrequency<dim, Number> green(grid, frequency);
#pragma unroll
    for (int l = 0; l < group; ++l) {
      if (first_load + l >= n_loads) continue;
      Complex<Number>* at =
          spectrum + (rve * n_loads + first_load + l) * dim * n_frequencies + frequency;
      Complex<Number> f[dim];
      for (int i = 0; i < dim; ++i) f[i] = at[i * n_frequencies];
      work[l] += green.multiplicity *
                 static_cast<double>(green.apply(static_cast<Number>(mu), coupling, scale, f));
      for (int i = 0; i < dim; ++i) at[i * n_frequencies] = f[i];
    }
  }
  double* places[group];
  for (int l = 0; l < group; ++l)
    places[l] = first_load + l < n_loads
                    ? partial_sums + (rve * n_loads + first_load + l) * n_blocks + block
                    : nullptr;
  block_sums<group, block_threads / 32>(work, places);
}

}  // namespace

template <int dim, typename Number>
void scale_by_green(const Lattice<dim, Number>& grid, std::int64_t batch, int n_loads,
                    const double* medium, double scale, Complex<Number>* spectrum,
                    double* partial_sums, Stream stream) {
  constexpr int group = dim * (dim + 1) / 2;
  const auto frequencies = n_frequencies<dim>(grid.size);
  const auto n_blocks = blocks_of(frequencies);
  const auto blocks = batch * n_blocks * ((n_loads + group - 1) / group);
  green_kernel<dim, group><<<grid_blocks(blocks), block_threads, 0, stream>>>(
      grid, batch, n_loads, frequencies, n_blocks, medium, static_cast<Number>(scale), spectrum,
      partial_sums);
  check_launch("scale_by_green");
}

#define SECO_INSTANTIATE(dim, Number)                                                         \
  template void scale_by_green(const Lattice<dim, Number>&, std::int64_t, int, const double*, \
                               double, Complex<Number>*, double*, Stream);
SECO_INSTANTIATE(2, float)
SECO_INSTANTIATE(3, float)
SECO_INSTANTIATE(2, double)
SECO_INSTANTIATE(3, double)
#undef SECO_INSTANTIATE

}  // namespace seco::surrogate::cuda
