// Steps of the algorithms, composed of the operators of the table that is passed.
#include <torch/torch.h>

#include "conjugate_step.h"
#include "portable_kernels.h"

namespace seco::surrogate::portable {
namespace {

torch::Tensor total_strain(const KernelEntries& kernels, const torch::Tensor& u, const Grid& grid) {
  return kernels.strain(u, grid) + with_grid_axes(unit_loads(grid, u.options()), grid);
}

// C0 : sym D z.
torch::Tensor correction(const KernelEntries& kernels, const ReferenceMedium& medium,
                         const torch::Tensor& z, const Grid& grid) {
  return kernels.isotropic_stress(medium, kernels.strain(z, grid), grid);
}

// <a_i . b_j>, [B, L, L].
torch::Tensor mean_products(const KernelEntries& kernels, const torch::Tensor& a,
                            const torch::Tensor& b, const Grid& grid) {
  return kernels.gram({a}, {b}, /*symmetric=*/true) / static_cast<double>(grid.n_voxels());
}

}  // namespace

FieldForms forms(const KernelEntries& kernels, const PhaseTables& tables, Moduli moduli,
                 const torch::Tensor& x) {
  torch::NoGradGuard no_grad;
  const auto y = kernels.multiply(tables, moduli, x);
  return {mean_products(kernels, x, y, tables.grid), grid_mean(y, tables.grid).cpu()};
}

torch::Tensor quadratic_form(const KernelEntries& kernels, const PhaseTables& tables,
                             const torch::Tensor& matrices, const torch::Tensor& x) {
  torch::NoGradGuard no_grad;
  const auto values = matrices.to(x.options());
  const PhaseTables of_matrices{tables.grid,
                                tables.phase,
                                values,
                                {},
                                {tables.compact.phase, kernels.compact_matrices(values), {}}};
  return mean_product(x, kernels.multiply(of_matrices, Moduli::stiffness, x), tables.grid).cpu();
}

torch::Tensor strain_forms(const KernelEntries& kernels, const PhaseTables& tables,
                           const torch::Tensor& matrices, const torch::Tensor& u) {
  return kernels.quadratic_form(kernels, tables, matrices, kernels.strain(u, tables.grid));
}

torch::Tensor stiffness_action(const KernelEntries& kernels, const PhaseTables& tables,
                               const torch::Tensor& u, bool unit_loads, double sign) {
  torch::NoGradGuard no_grad;
  const Grid& grid = tables.grid;
  const auto strain = unit_loads ? total_strain(kernels, u, grid) : kernels.strain(u, grid);
  const auto force = kernels.divergence(kernels.multiply(tables, Moduli::stiffness, strain), grid);
  return sign == 1. ? force : force * sign;
}

TangentAction tangent_action(const KernelEntries& kernels, const Grid& grid,
                             const torch::Tensor& coefficients, const torch::Tensor& u,
                             const torch::Tensor& mean) {
  torch::NoGradGuard no_grad;
  const auto m = mean.size(2);
  const auto strain = kernels.strain(u, grid) + with_grid_axes(mean.to(u.options()), grid);
  // Row i of the symmetric matrices by the places of its entries in the triangle.
  std::vector<torch::Tensor> rows;
  for (std::int64_t i = 0; i < m; ++i) {
    std::vector<std::int64_t> places;
    for (std::int64_t j = 0; j < m; ++j) {
      const auto a = std::min(i, j), b = std::max(i, j);
      places.push_back(a * m - a * (a - 1) / 2 + b - a);
    }
    const auto index = torch::tensor(places, torch::kLong).to(u.device());
    rows.push_back((coefficients.index_select(1, index).unsqueeze(1) * strain).sum(2));
  }
  const auto stress = torch::stack(rows, 2);
  return {kernels.divergence(stress, grid), grid_mean(stress, grid).cpu(),
          kernels.inner_product(strain, stress).cpu() / static_cast<double>(grid.n_voxels())};
}

Residual residual_of(const KernelEntries& kernels, const PhaseTables& tables, const GreenPlan& plan,
                     const ReferenceMedium& medium, const torch::Tensor& u) {
  const auto r = kernels.stiffness_action(kernels, tables, u, /*unit_loads=*/true, -1.);
  const auto z = kernels.green(plan, medium, r);
  const auto strain = total_strain(kernels, u, tables.grid);
  const auto energy =
      kernels.inner_product(strain, kernels.multiply(tables, Moduli::stiffness, strain)) /
      static_cast<double>(tables.grid.n_voxels());
  return {r, z, kernels.inner_product(r, z), energy};
}

torch::Tensor kinematic_step(const KernelEntries& kernels, const PhaseTables& tables,
                             const GreenPlan& plan, const ReferenceMedium& medium,
                             const torch::Tensor& floor, const KinematicState& state) {
  torch::NoGradGuard no_grad;
  const auto act = [&](const torch::Tensor& p) {
    return kernels.stiffness_action(kernels, tables, p, /*unit_loads=*/false, 1.);
  };
  const auto precondition = [&] {
    state.preconditioned = kernels.green(plan, medium, state.residual);
    return kernels.inner_product(state.residual, state.preconditioned);
  };
  return conjugate_step(kernels, floor, state, act, precondition) /
         static_cast<double>(tables.grid.n_voxels());
}

Energies energies(const KernelEntries& kernels, const PhaseTables& tables,
                  const ReferenceMedium& medium, const torch::Tensor& displacement,
                  const torch::Tensor& of_stress, const torch::Tensor& preconditioned) {
  torch::NoGradGuard no_grad;
  const Grid& grid = tables.grid;
  const auto type = tables.stiffness.scalar_type();
  const auto u = displacement.to(type), z = preconditioned.to(type);
  const auto v = of_stress.is_same(displacement) ? u : of_stress.to(type);
  const auto strain = total_strain(kernels, u, grid);
  const auto stress = kernels.multiply(tables, Moduli::stiffness, strain);
  const auto unbalanced =
      v.is_same(u) ? stress
                   : kernels.multiply(tables, Moduli::stiffness, total_strain(kernels, v, grid));
  const auto equilibrated = unbalanced + correction(kernels, medium, z, grid);
  const auto its_strain = kernels.multiply(tables, Moduli::compliance, equilibrated);
  const auto mean = [&](const torch::Tensor& field) { return grid_mean(field, grid).cpu(); };
  const auto divergence = kernels.divergence(equilibrated, grid);
  return {
      mean_products(kernels, strain, stress, grid),
      mean(stress),
      mean_products(kernels, equilibrated, its_strain, grid),
      mean(its_strain),
      mean(equilibrated),
      divergence.to(torch::kFloat),
      kernels.inner_product(divergence, divergence).cpu() / static_cast<double>(grid.n_voxels())};
}

StressAndStrain equilibrated_part(const KernelEntries& kernels, const ReferenceMedium* law,
                                  const torch::Tensor& s, const GreenPlan& plan,
                                  const ReferenceMedium& medium, const PhaseTables* tables) {
  torch::NoGradGuard no_grad;
  const Grid& grid = plan.grid;
  const auto stress = law ? kernels.isotropic_stress(*law, s, grid) : s.contiguous();
  const auto z = kernels.green(plan, medium, kernels.divergence(stress, grid));
  const auto balanced = stress - correction(kernels, medium, z, grid);
  const auto result = balanced - balanced.mean(grid.axes(), /*keepdim=*/true);
  return {result, tables ? kernels.multiply(*tables, Moduli::compliance, result) : torch::Tensor()};
}

StressAndStrain equilibrated_stress(const KernelEntries& kernels, const PhaseTables& tables,
                                    const ReferenceMedium& medium, const torch::Tensor& u,
                                    const torch::Tensor& z, const torch::Tensor& mean) {
  torch::NoGradGuard no_grad;
  const Grid& grid = tables.grid;
  const auto stress = kernels.multiply(tables, Moduli::stiffness, total_strain(kernels, u, grid)) +
                      correction(kernels, medium, z, grid) -
                      with_grid_axes(mean.to(u.options()), grid);
  return {stress, kernels.multiply(tables, Moduli::compliance, stress)};
}

}  // namespace seco::surrogate::portable
