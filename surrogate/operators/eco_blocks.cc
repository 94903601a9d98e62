#include "eco_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <tuple>

#include "difference_operator.h"
#include "kernel_tables.h"
#include "linear_operator.h"

namespace seco::surrogate {
namespace {

torch::Tensor channel(const torch::Tensor& field, int index, const Grid& grid) {
  return field.select(-grid.dimension() - 1, index);
}

torch::Tensor without_mean(const torch::Tensor& field, const Grid& grid) {
  return field - field.mean(grid.axes(), /*keepdim=*/true);
}

// All symbols k_j share one phase (rotated scheme), so D_k D_m^T has the real symbol kappa_k
// kappa_m: it is symmetric in (k, m), and the stress built from it is symmetric.
torch::Tensor second_difference(const torch::Tensor& field, int k, int m, const Grid& grid) {
  return difference(difference_adjoint(field, m, grid), k, grid);
}

int permutation_sign(int i, int j, int k) {
  return (j - i) * (k - i) * (k - j) / 2;
}

torch::Tensor curl_curl(const torch::Tensor& potential, bool diagonal, const Grid& grid) {
  std::map<std::tuple<int, int, int>, torch::Tensor> cache;
  const auto derivative = [&](int index, int k, int m) -> const torch::Tensor& {
    auto& entry = cache[{index, std::min(k, m), std::max(k, m)}];
    if (!entry.defined()) entry = second_difference(channel(potential, index, grid), k, m, grid);
    return entry;
  };
  std::vector<torch::Tensor> stress;
  for (const auto& [i, j] : mandel_pairs(3)) {
    torch::Tensor sum;
    for (int k = 0; k < 3; ++k)
      for (int l = 0; l < 3; ++l)
        for (int m = 0; m < 3; ++m)
          for (int n = 0; n < 3; ++n) {
            const int sign = permutation_sign(i, k, l) * permutation_sign(j, m, n);
            if (sign == 0 || (diagonal && l != n)) continue;
            const auto term = derivative(l == n ? l : 6 - l - n, k, m) * static_cast<double>(sign);
            sum = sum.defined() ? sum + term : term;
          }
    stress.push_back(i == j ? sum : sum * std::sqrt(2.));
  }
  return torch::stack(stress, -4);
}

torch::Tensor airy(const torch::Tensor& potential, const Grid& grid) {
  const auto phi = channel(potential, 0, grid);
  return torch::stack({second_difference(phi, 1, 1, grid), second_difference(phi, 0, 0, grid),
                       -std::sqrt(2.) * second_difference(phi, 0, 1, grid)},
                      -3);
}

// t = s - C0 : sym(D G0 D^T s), without its mean; the adjoint is s - sym(D G0 D^T C0 : s), of s
// without its mean.
torch::Tensor projected(const torch::Tensor& stress, const GreenOperator& green,
                        const ReferenceMedium& medium) {
  const auto project = [&](const torch::Tensor& s) {
    const auto& kernels = kernels_of(s);
    return kernels.equilibrated_part(kernels, nullptr, s, green.plan(), medium, nullptr).stress;
  };
  if (!wants_gradient(stress)) return project(stress);
  return on_graph(stress, project, [green, medium](const torch::Tensor& gradient) {
    const Grid& grid = green.grid();
    const auto force = divergence_of(isotropic_stress(gradient, medium, grid), grid);
    return without_mean(gradient, grid) - strain_of(green.apply(force, medium), grid);
  });
}

}  // namespace

torch::Tensor compatibility_block(const torch::Tensor& displacement, const Grid& grid) {
  return strain_of(displacement, grid);
}

EquilibriumForm equilibrium_form_from(const std::string& name) {
  if (name == "vector potential") return EquilibriumForm::vector_potential;
  if (name == "beltrami") return EquilibriumForm::beltrami;
  if (name == "projection") return EquilibriumForm::projection;
  throw std::invalid_argument(fmt::format(
      "equilibrium block '{}' is not known; allowed are vector potential, beltrami, projection",
      name));
}

std::string to_string(EquilibriumForm form) {
  switch (form) {
    case EquilibriumForm::vector_potential:
      return "vector potential";
    case EquilibriumForm::beltrami:
      return "beltrami";
    case EquilibriumForm::projection:
      return "projection";
  }
  return "unknown";
}

int n_potential_channels(EquilibriumForm form, int dimension) {
  if (form == EquilibriumForm::projection) return dimension * (dimension + 1) / 2;
  if (dimension == 2) return 1;
  return form == EquilibriumForm::vector_potential ? 3 : 6;
}

torch::Tensor equilibrium_block(const torch::Tensor& potential, EquilibriumForm form,
                                const GreenOperator& green, const ReferenceMedium& medium) {
  const Grid& grid = green.grid();
  if (form == EquilibriumForm::projection) return projected(potential, green, medium);
  if (grid.dimension() == 2) return without_mean(airy(potential, grid), grid);
  return without_mean(curl_curl(potential, form == EquilibriumForm::vector_potential, grid), grid);
}

}  // namespace seco::surrogate
