#include "ritz.h"

#include <algorithm>

#include "kernel_tables.h"

namespace seco::surrogate {

torch::Tensor symmetrized(const torch::Tensor& matrix) {
  return 0.5 * (matrix + matrix.transpose(-2, -1));
}

torch::Tensor gram(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                   const Grid& grid, bool symmetric) {
  return kernels_of(a.front()).gram(a, b, symmetric) / static_cast<double>(grid.n_voxels());
}

torch::Tensor gram(const torch::Tensor& a, const torch::Tensor& b, const Grid& grid) {
  return gram(std::vector<torch::Tensor>{a}, std::vector<torch::Tensor>{b}, grid);
}

torch::Tensor combine(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& fields) {
  return kernels_of(fields.front()).combine(coefficients, fields);
}

torch::Tensor combine(const torch::Tensor& coefficients, const torch::Tensor& fields) {
  return combine(coefficients, std::vector<torch::Tensor>{fields});
}

Ritz ritz(const torch::Tensor& energy, const torch::Tensor& coupling, const torch::Tensor& gram,
          torch::Dtype field_type) {
  torch::NoGradGuard no_grad;
  const double epsilon = round_off(field_type);
  const auto a = symmetrized(gram);
  const auto [values, vectors] = torch::linalg_eigh(a);
  const auto largest = std::get<0>(values.max(1, /*keepdim=*/true)).clamp_min(0.);
  const auto mean_energy = energy.diagonal(0, 1, 2).mean(1, /*keepdim=*/true);
  // A direction of amplitude a holds an inadmissible part of the size of the round-off of the total
  // field, which seems to do work of its own: the minimum would be too low by up to (epsilon /
  // a)^2. Amplitudes below sqrt(epsilon) are worth less than epsilon themselves. Combinations in
  // which large fields cancel hold the round-off of those.
  constexpr double safety = 1e6;
  const auto cutoff =
      torch::maximum(std::max(1e-13, safety * epsilon * epsilon) * largest, epsilon * mean_energy);
  const auto kept = values > cutoff;
  const auto reciprocal =
      torch::where(kept, torch::where(kept, values, torch::ones_like(values)).reciprocal(),
                   torch::zeros_like(values));
  const auto inverse = torch::matmul(vectors * reciprocal.unsqueeze(1), vectors.transpose(-2, -1));
  Ritz result;
  result.coefficients = -torch::matmul(coupling.transpose(-2, -1), inverse);
  const auto cross = torch::matmul(result.coefficients, coupling);
  const auto square =
      torch::matmul(torch::matmul(result.coefficients, a), result.coefficients.transpose(-2, -1));
  result.energy = symmetrized(energy + cross + cross.transpose(-2, -1) + square);
  return result;
}

}  // namespace seco::surrogate
