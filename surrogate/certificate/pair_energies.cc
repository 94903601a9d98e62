#include "pair_energies.h"

namespace seco::surrogate {
namespace {

// E - <C^-1 t>, [B, L, m].
torch::Tensor mean_misfit(const torch::Tensor& stress_strain, const Grid& grid) {
  return torch::eye(grid.n_components(), torch::kDouble).to(stress_strain.device()) -
         grid_mean(stress_strain, grid);
}

torch::Tensor reuss(const StiffnessField& stiffness, const torch::Tensor& like) {
  return torch::inverse(stiffness.mean_compliance()).to(like.device());
}

}  // namespace

PairEnergies pair_energies(const StiffnessField& stiffness, const AdmissibleFields& fields) {
  const Grid& grid = stiffness.grid();
  PairEnergies energies;
  const auto strain =
      fields.strain + with_grid_axes(unit_loads(grid, fields.strain.options()), grid);
  energies.potential = mean_product(strain, stiffness.apply(strain), grid);
  energies.voigt = stiffness.mean_stiffness().diagonal(0, 1, 2).to(energies.potential.device());

  const auto stress_strain = stiffness.apply_compliance(fields.stress);
  const auto misfit = mean_misfit(stress_strain, grid);
  energies.complementary = (misfit * torch::matmul(misfit, reuss(stiffness, misfit))).sum(2) -
                           mean_product(fields.stress, stress_strain, grid);
  return energies;
}

torch::Tensor optimal_mean_stress(const StiffnessField& stiffness, const torch::Tensor& stress) {
  const auto misfit = mean_misfit(stiffness.apply_compliance(stress), stiffness.grid());
  return torch::matmul(misfit, reuss(stiffness, misfit));
}

}  // namespace seco::surrogate
