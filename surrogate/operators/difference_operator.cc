#include "difference_operator.h"

#include <torch/torch.h>

#include <algorithm>

#include "kernel_tables.h"
#include "linear_operator.h"

namespace seco::surrogate {

torch::Tensor strain_of(const torch::Tensor& displacement, const Grid& grid) {
  const auto strain = kernels_of(displacement).strain;
  if (!wants_gradient(displacement)) return strain(displacement, grid);
  return on_graph(
      displacement, [&](const torch::Tensor& u) { return strain(u, grid); },
      [grid](const torch::Tensor& gradient) { return divergence_of(gradient, grid); });
}

torch::Tensor divergence_of(const torch::Tensor& stress, const Grid& grid) {
  const auto divergence = kernels_of(stress).divergence;
  if (!wants_gradient(stress)) return divergence(stress, grid);
  return on_graph(
      stress, [&](const torch::Tensor& s) { return divergence(s, grid); },
      [grid](const torch::Tensor& gradient) { return strain_of(gradient, grid); });
}

double relative_divergence(const torch::Tensor& stress, const Grid& grid) {
  const double norm = stress.detach().to(torch::kDouble).norm().item<double>();
  if (norm == 0.) return 0.;
  const double h = *std::min_element(grid.spacing.begin(), grid.spacing.end());
  return divergence_of(stress.detach(), grid).to(torch::kDouble).norm().item<double>() * h / norm;
}

torch::Tensor total_strain(const torch::Tensor& displacement, const Grid& grid) {
  return strain_of(displacement, grid) +
         with_grid_axes(unit_loads(grid, displacement.options()), grid);
}

}  // namespace seco::surrogate
