#include "launch.cuh"

namespace seco::surrogate::cuda {
namespace {

constexpr std::int64_t gram_items = 64 * block_threads;

/// Products of up to `size` fields of each side: every thread keeps all of them in registers, so
/// that a value is read once per tile of the matrix.
template <int size, typename Number>
__global__ void __launch_bounds__(block_threads)
    gram_kernel(int n_a, int n_b, std::int64_t length, std::int64_t n_blocks,
                const Number* __restrict__ a, const Number* __restrict__ b,
                double* __restrict__ partial_sums) {
  const int tiles_a = (n_a + size - 1) / size, tiles_b = (n_b + size - 1) / size;
  std::int64_t index = blockIdx.x;
  const int first_b = static_cast<int>(index % tiles_b) * size;
  index /= tiles_b;
  const int first_a = static_cast<int>(index % tiles_a) * size;
  index /= tiles_a;
  const std::int64_t block = index % n_blocks, rve = index / n_blocks;
  double sums[size * size] = {};
  const std::int64_t begin = block * gram_items;
  const std::int64_t end = begin + gram_items < length ? begin + gram_items : length;
  for (std::int64_t k = begin + threadIdx.x; k < end; k += block_threads) {
    double left[size], right[size];
#pragma unroll
    for (int i = 0; i < size; ++i) {
      left[i] =
          first_a + i < n_a ? static_cast<double>(a[(rve * n_a + first_a + i) * length + k]) : 0.;
      right[i] =
          first_b + i < n_b ? static_cast<double>(b[(rve * n_b + first_b + i) * length + k]) : 0.;
    }
#pragma unroll
    for (int i = 0; i < size; ++i)
#pragma unroll
      for (int j = 0; j < size; ++j) sums[i * size + j] += left[i] * right[j];
  }
  double* places[size * size];
#pragma unroll
  for (int i = 0; i < size; ++i)
#pragma unroll
    for (int j = 0; j < size; ++j)
      places[i * size + j] =
          first_a + i < n_a && first_b + j < n_b
              ? partial_sums + ((rve * n_a + first_a + i) * n_b + first_b + j) * n_blocks + block
              : nullptr;
  block_sums<size * size, block_threads / 32>(sums, places);
}

}  // namespace

std::int64_t gram_blocks(std::int64_t length) {
  return (length + gram_items - 1) / gram_items;
}

template <typename Number>
void gram_matrices(std::int64_t batch, int n_a, int n_b, std::int64_t length, const Number* a,
                   const Number* b, double* partial_sums, Stream stream) {
  const auto launch = [&](auto size) {
    constexpr int n = decltype(size)::value;
    const std::int64_t tiles = ((n_a + n - 1) / n) * ((n_b + n - 1) / n);
    gram_kernel<n><<<grid_blocks(batch * gram_blocks(length) * tiles), block_threads, 0, stream>>>(
        n_a, n_b, length, gram_blocks(length), a, b, partial_sums);
  };
  if (n_a <= 3 && n_b <= 3)
    launch(std::integral_constant<int, 3>{});
  else
    launch(std::integral_constant<int, 6>{});
  check_launch("gram_matrices");
}

template void gram_matrices(std::int64_t, int, int, std::int64_t, const float*, const float*,
                            double*, Stream);
template void gram_matrices(std::int64_t, int, int, std::int64_t, const double*, const double*,
                            double*, Stream);

}  // namespace seco::surrogate::cuda
