#include "ritz.h"

#include <algorithm>

#include "../cpu/field_algebra.h"
#include "../cpu/field_kernels.h"
#include "../cuda/operators.h"

namespace seco::surrogate {
namespace {

std::vector<torch::Tensor> contiguous(const std::vector<torch::Tensor>& fields) {
  std::vector<torch::Tensor> result;
  for (const auto& field : fields) result.push_back(field.contiguous());
  return result;
}

bool has_kernel(const std::vector<torch::Tensor>& fields) {
  return std::all_of(fields.begin(), fields.end(), cpu::takes);
}

}  // namespace

torch::Tensor symmetrized(const torch::Tensor& matrix) {
  return 0.5 * (matrix + matrix.transpose(-2, -1));
}

torch::Tensor gram(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                   const Grid& grid, bool symmetric) {
  torch::NoGradGuard no_grad;
  const auto n_voxels = static_cast<double>(grid.n_voxels());
  if (cuda::takes(a.front())) {
    std::vector<torch::Tensor> rows;
    for (const auto& left : a) {
      std::vector<torch::Tensor> blocks;
      for (const auto& right : b) blocks.push_back(cuda::gram(left, right));
      rows.push_back(torch::cat(blocks, 2));
    }
    return torch::cat(rows, 1).cpu() / n_voxels;
  }
  if (a.front().is_cpu()) return cpu::gram(contiguous(a), contiguous(b), symmetric) / n_voxels;
  const auto wide = [](const std::vector<torch::Tensor>& groups) {
    return torch::cat(groups, 1).flatten(2).to(torch::kDouble);
  };
  return torch::matmul(wide(a), wide(b).transpose(1, 2)).cpu() / n_voxels;
}

torch::Tensor gram(const torch::Tensor& a, const torch::Tensor& b, const Grid& grid) {
  return gram(std::vector<torch::Tensor>{a}, std::vector<torch::Tensor>{b}, grid);
}

torch::Tensor combine(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& fields) {
  if (has_kernel(fields)) return cpu::combine(coefficients, contiguous(fields));
  torch::Tensor sum;
  std::int64_t first = 0;
  for (const auto& field : fields) {
    const auto part = coefficients.narrow(2, first, field.size(1)).to(field.options());
    first += field.size(1);
    const auto flat = field.flatten(2);
    sum = sum.defined() ? torch::baddbmm(sum, part, flat) : torch::bmm(part, flat);
  }
  auto shape = fields.front().sizes().vec();
  shape[1] = coefficients.size(1);
  return sum.reshape(shape);
}

torch::Tensor combine(const torch::Tensor& coefficients, const torch::Tensor& fields) {
  return combine(coefficients, std::vector<torch::Tensor>{fields});
}

std::pair<torch::Tensor, torch::Tensor> combine_and_add(const torch::Tensor& coefficients,
                                                        const std::vector<torch::Tensor>& fields,
                                                        const torch::Tensor& total) {
  if (has_kernel(fields) && has_kernel({total})) {
    auto [step, sum] = cpu::combine_and_add(coefficients, contiguous(fields), total.contiguous());
    return {step, sum};
  }
  auto step = combine(coefficients, fields);
  return {step, total + step};
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
