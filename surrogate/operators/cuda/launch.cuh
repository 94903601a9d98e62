#pragma once

#include <cuda_runtime.h>

#include <stdexcept>
#include <string>

#include "kernels.h"

namespace seco::surrogate::cuda {

inline void check_launch(const char* kernel) {
  const auto error = cudaGetLastError();
  if (error != cudaSuccess)
    throw std::runtime_error(std::string("CUDA kernel ") + kernel +
                             " could not be started: " + cudaGetErrorString(error));
}

constexpr int block_threads = 256;
/// Items of a row that one block takes, several per thread, so that sums have few parts.
constexpr std::int64_t block_items = 4 * block_threads;

/// Adds up n numbers over the threads of a block, each into its place; thread 0 of the block
/// writes. @tparam n_warps of the block
template <int n, int n_warps>
__device__ void block_sums(const double (&values)[n], double* const (&places)[n]) {
  __shared__ double of_warp[n_warps][n];
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int k = 0; k < n; ++k) {
    double value = values[k];
    for (int offset = 16; offset > 0; offset /= 2)
      value += __shfl_down_sync(0xffffffffu, value, offset);
    if (lane == 0) of_warp[warp][k] = value;
  }
  __syncthreads();
  if (threadIdx.x < n) {
    double sum = 0;
    for (int w = 0; w < n_warps; ++w) sum += of_warp[w][threadIdx.x];
    if (places[threadIdx.x]) *places[threadIdx.x] = sum;
  }
  __syncthreads();
}

inline unsigned int grid_blocks(std::int64_t n) {
  if (n > 2147483647)
    throw std::runtime_error("the batch is too large for one CUDA launch: take smaller chunks");
  return static_cast<unsigned int>(n);
}

inline unsigned int blocks_for(std::int64_t n_items) {
  return grid_blocks((n_items + block_threads - 1) / block_threads);
}

}  // namespace seco::surrogate::cuda
