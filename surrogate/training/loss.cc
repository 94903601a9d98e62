#include "loss.h"

#include <algorithm>

#include "difference_operator.h"
#include "green_operator.h"

namespace seco::surrogate {
namespace {

// Relative gap below which the loss no longer counts factors but differences.
constexpr double smallest_gap = 1e-3;

torch::Tensor completed_strain(const torch::Tensor& fluctuation, const Grid& grid) {
  return fluctuation + with_grid_axes(unit_loads(grid, fluctuation.options()), grid);
}

torch::Tensor completed_stress(const PredictedFields& fields, const Grid& grid) {
  return fields.stress + with_grid_axes(fields.mean_stress.to(fields.stress.options()), grid);
}

// |C_V : E|^2 of every unit load: columns of the Voigt stiffness, [B, L].
torch::Tensor stress_scale(const StiffnessField& stiffness, const torch::Tensor& like) {
  return stiffness.mean_stiffness().square().sum(2).to(like.device());
}

torch::Tensor voigt_energy(const StiffnessField& stiffness, const torch::Tensor& like) {
  return stiffness.mean_stiffness().diagonal(0, 1, 2).to(like.device());
}

}  // namespace

torch::Tensor constitutive_residual(const StiffnessField& stiffness, const PredictedFields& fields,
                                    bool weighted) {
  const Grid& grid = stiffness.grid();
  if (weighted) {
    const auto energies = pair_energies(stiffness, {fields.strain, fields.stress});
    // An untrained stress may have no complementary energy to speak of.
    const auto reference = torch::maximum(energies.complementary, 1e-2 * energies.voigt);
    const auto gap = (energies.potential - energies.complementary).clamp_min(0.) / reference;
    return torch::log1p(gap / smallest_gap);
  }
  const auto residual =
      completed_stress(fields, grid) - stiffness.apply(completed_strain(fields.strain, grid));
  return mean_product(residual, residual, grid) / stress_scale(stiffness, residual);
}

torch::Tensor equilibrium_residual(const StiffnessField& stiffness, const PredictedFields& fields,
                                   bool weighted) {
  const Grid& grid = stiffness.grid();
  const auto force = divergence_of(fields.stress, grid);
  if (weighted) {
    const auto response =
        GreenOperator(grid, stiffness.options()).apply(force, mean_medium(stiffness));
    return mean_product(force, response, grid) / voigt_energy(stiffness, force);
  }
  const double h = *std::min_element(grid.spacing.begin(), grid.spacing.end());
  return h * h * mean_product(force, force, grid) / stress_scale(stiffness, force);
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

torch::Tensor label_misfit(const StiffnessField& stiffness, const PredictedFields& fields,
                           const torch::Tensor& label_strain, const torch::Tensor& label_stress) {
  const Grid& grid = stiffness.grid();
  const auto factor = static_cast<int>(grid.shape[0] / label_strain.size(3));
  const auto square = [&](const torch::Tensor& x) {
    return x.square().flatten(2).sum(2, /*keepdim=*/false, torch::kDouble) /
           static_cast<double>(x[0][0][0].numel());
  };
  const auto strain = completed_strain(fields.strain, grid),
             stress = completed_stress(fields, grid);
  return square(block_average(strain, factor, grid) - label_strain) +
         square(block_average(stress, factor, grid) - label_stress) /
             stress_scale(stiffness, stress);
}

}  // namespace seco::surrogate
