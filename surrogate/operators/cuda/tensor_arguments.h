#pragma once

#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/types.h>

#include <type_traits>

#include "grid.h"
#include "kernels.h"
#include "reference_medium.h"

namespace seco::surrogate::cuda {

inline Stream current_stream() {
  return c10::cuda::getCurrentCUDAStream().stream();
}

/// Runs `work` with the dimension as a constant, 2 or 3.
template <typename Work>
void with_dimension(const Grid& grid, const Work& work) {
  if (grid.dimension() == 2)
    work(std::integral_constant<int, 2>{});
  else
    work(std::integral_constant<int, 3>{});
}

/// Runs `work` with the number of Mandel components as a constant, 3 or 6.
template <typename Work>
void with_components(std::int64_t m, const Work& work) {
  if (m == 3)
    work(std::integral_constant<int, 3>{});
  else
    work(std::integral_constant<int, 6>{});
}

template <int dim, typename Number>
Lattice<dim, Number> lattice(const Grid& grid) {
  return {grid.shape.data(), grid.spacing.data()};
}

template <typename Number>
PhaseTable<Number> phase_table(const torch::Tensor& phase, const torch::Tensor& values) {
  return {reinterpret_cast<const std::uint16_t*>(phase.data_ptr<std::int16_t>()),
          values.data_ptr<Number>(), static_cast<int>(values.size(1)), phase.size(1)};
}

inline torch::Tensor doubles(std::vector<std::int64_t> shape, const torch::Tensor& like) {
  return torch::empty(shape, like.options().dtype(torch::kDouble));
}

/// Lame constants on the device of a field, `[2, B]`, double.
torch::Tensor medium_on_device(const ReferenceMedium& medium, const torch::Tensor& field);

/// `u = G0 f` of contiguous fields `[B, L, d, n...]`; f is not changed.
/// @return partial sums of f . u, `[B L, parts]`
torch::Tensor green_into(const torch::Tensor& force, const torch::Tensor& medium, const Grid& grid,
                         torch::Tensor& displacement);

}  // namespace seco::surrogate::cuda
