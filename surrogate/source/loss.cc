#include "loss.h"

#include "difference_operator.h"
#include "reference_solver.h"

namespace seco::surrogate {
namespace {

torch::Tensor mean_of_product(const torch::Tensor& a, const torch::Tensor& b, const Grid& grid) {
  return (a * b).flatten(2).sum(2, /*keepdim=*/false, torch::kDouble) /
         static_cast<double>(grid.n_voxels());
}

torch::Tensor unit_strain(const AdmissibleFields& fields, const Grid& grid) {
  return with_grid_axes(unit_loads(grid, fields.strain.options()), grid);
}

// |C_V : E|^2 of every unit load: columns of the Voigt stiffness, [B, L].
torch::Tensor stress_scale(const StiffnessField& stiffness, const torch::Tensor& like) {
  return stiffness.mean_stiffness().square().sum(2).to(like.device());
}

}  // namespace

PairEnergies pair_energies(const StiffnessField& stiffness, const AdmissibleFields& fields) {
  const Grid& grid = stiffness.grid();
  PairEnergies energies;
  const auto strain = fields.strain + unit_strain(fields, grid);
  energies.potential = mean_of_product(strain, stiffness.apply(strain), grid);
  energies.voigt = stiffness.mean_stiffness().diagonal(0, 1, 2).to(energies.potential.device());

  const auto stress_strain = stiffness.apply_compliance(fields.stress);
  const auto misfit = torch::eye(grid.n_components(), torch::kDouble).to(strain.device()) -
                      grid_mean(stress_strain, grid);
  const auto mean_stiffness = torch::inverse(stiffness.mean_compliance()).to(strain.device());
  energies.mean_stress = torch::matmul(misfit, mean_stiffness);
  energies.complementary =
      (misfit * energies.mean_stress).sum(2) - mean_of_product(fields.stress, stress_strain, grid);
  return energies;
}

torch::Tensor constitutive_residual(const StiffnessField& stiffness, const AdmissibleFields& fields,
                                    bool weighted) {
  const Grid& grid = stiffness.grid();
  const auto energies = pair_energies(stiffness, fields);
  if (weighted)
    return torch::log1p((energies.potential - energies.complementary).clamp_min(0.) /
                        energies.voigt);
  const auto stress =
      fields.stress + with_grid_axes(energies.mean_stress.to(fields.stress.scalar_type()), grid);
  const auto residual = stress - stiffness.apply(fields.strain + unit_strain(fields, grid));
  return mean_of_product(residual, residual, grid) / stress_scale(stiffness, residual);
}

torch::Tensor block_average(const torch::Tensor& field, int factor, const Grid& grid) {
  const auto folded = field.flatten(0, 1);
  const auto average =
      grid.dimension() == 2 ? torch::avg_pool2d(folded, factor) : torch::avg_pool3d(folded, factor);
  auto shape = average.sizes().vec();
  shape[0] = field.size(0);
  shape.insert(shape.begin() + 1, field.size(1));
  return average.reshape(shape);
}

torch::Tensor label_misfit(const StiffnessField& stiffness, const AdmissibleFields& fields,
                           const torch::Tensor& label_strain, const torch::Tensor& label_stress) {
  const Grid& grid = stiffness.grid();
  const auto factor = static_cast<int>(grid.shape[0] / label_strain.size(3));
  const auto mean_stress = pair_energies(stiffness, fields).mean_stress;
  const auto strain = fields.strain + unit_strain(fields, grid);
  const auto stress =
      fields.stress + with_grid_axes(mean_stress.to(fields.stress.scalar_type()), grid);
  const auto square = [&](const torch::Tensor& x) {
    return x.square().flatten(2).sum(2, /*keepdim=*/false, torch::kDouble) /
           static_cast<double>(x[0][0][0].numel());
  };
  return square(block_average(strain, factor, grid) - label_strain) +
         square(block_average(stress, factor, grid) - label_stress) /
             stress_scale(stiffness, stress);
}

}  // namespace seco::surrogate
