#include "energy_descent.h"

#include "../cpu/equilibrium.h"
#include "../cpu/fused_iteration.h"
#include "conjugate_gradients.h"
#include "difference_operator.h"

namespace seco::surrogate {
namespace {

ReferenceMedium negative(const ReferenceMedium& medium) {
  return {-medium.lambda, -medium.mu};
}

}  // namespace

EnergyProblem::EnergyProblem(const StiffnessField& stiffness, const GreenOperator& green,
                             bool potential)
    : stiffness_(stiffness),
      green_(green),
      medium_(mean_medium(stiffness)),
      potential_(potential),
      mean_(potential ? stiffness.mean_stiffness() : stiffness.mean_compliance()) {}

EnergyProblem EnergyProblem::potential(const StiffnessField& stiffness,
                                       const GreenOperator& green) {
  return EnergyProblem(stiffness, green, true);
}

EnergyProblem EnergyProblem::complementary(const StiffnessField& stiffness,
                                           const GreenOperator& green) {
  return EnergyProblem(stiffness, green, false);
}

torch::Tensor EnergyProblem::image(const torch::Tensor& field) const {
  if (!potential_) return stiffness_.apply_compliance(field);
  const Grid& grid = green_.grid();
  if (!cpu::has_fused_path(stiffness_))
    return divergence_of(stiffness_.apply(strain_of(field, grid)), grid);
  const auto u = field.contiguous();
  auto force = torch::empty_like(u);
  cpu::stiffness_action(stiffness_, u, /*with_unit_loads=*/false, 1., force);
  return force;
}

EnergyProblem::Direction EnergyProblem::descent(const torch::Tensor& gradient) const {
  if (potential_) return {green_.apply(-gradient, medium_), {}};
  if (cpu::has_fused_path(stiffness_)) {
    const auto [stress, strain] =
        cpu::equilibrated_part(negative(medium_), gradient, green_, medium_, &stiffness_);
    return {stress, strain};
  }
  return {equilibrium_block(-isotropic_stress(gradient, medium_, green_.grid()),
                            EquilibriumForm::projection, green_, medium_),
          {}};
}

torch::Tensor EnergyProblem::first_gradient() const {
  const Grid& grid = green_.grid();
  const auto m = grid.n_components();
  std::vector<std::int64_t> shape{stiffness_.batch_size(), m, m};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  const auto loads = with_grid_axes(unit_loads(grid, stiffness_.options()), grid).expand(shape);
  return potential_ ? divergence_of(stiffness_.apply(loads), grid)
                    : stiffness_.apply_compliance(loads);
}

EnergyDescent::EnergyDescent(EnergyProblem problem) : problem_(std::move(problem)) {
  gradient_ = problem_.first_gradient();
  field_ = torch::zeros_like(gradient_);
  energy_ = previous_energy_ = problem_.mean();
}

const EnergyDescent::Direction& EnergyDescent::descent() {
  if (!descent_.field.defined()) descent_ = problem_.descent(gradient_);
  return descent_;
}

void EnergyDescent::step(const std::vector<Direction>& further) {
  const Grid& grid = problem_.green().grid();
  std::vector<Direction> directions{descent()};
  if (direction_.field.defined()) directions.push_back(direction_);
  directions.insert(directions.end(), further.begin(), further.end());
  std::vector<torch::Tensor> fields, images;
  for (const auto& [field, image] : directions) {
    fields.push_back(field);
    images.push_back(image.defined() ? image : problem_.image(field));
  }
  auto images_and_gradient = images;
  images_and_gradient.push_back(gradient_);
  const auto products = gram(fields, images_and_gradient, grid, /*symmetric=*/true);
  const auto n_fields = products.size(1);
  auto best = ritz(energy_, products.narrow(2, n_fields, gradient_.size(1)),
                   products.narrow(2, 0, n_fields), field_.scalar_type());
  // What falls by no more than the round-off of the fields has converged: to go on would only feed
  // on the inadmissible part of the directions, which then grows from step to step.
  const auto trace = [](const torch::Tensor& t) { return t.diagonal(0, 1, 2).sum(1); };
  const auto moves =
      (trace(energy_) - trace(best.energy) > 8. * round_off(field_.scalar_type()) * trace(energy_))
          .reshape({-1, 1, 1});
  best.coefficients = torch::where(moves, best.coefficients, torch::zeros_like(best.coefficients));
  best.energy = torch::where(moves, best.energy, energy_);
  std::tie(direction_.field, field_) = combine_and_add(best.coefficients, fields, field_);
  std::tie(direction_.image, gradient_) = combine_and_add(best.coefficients, images, gradient_);
  descent_ = {};
  previous_energy_ = energy_;
  energy_ = best.energy;
}

EnergyProblem::Direction equilibrated_stress(EnergyDescent& kinematic) {
  const auto& problem = kinematic.problem();
  const StiffnessField& stiffness = problem.stiffness();
  const Grid& grid = stiffness.grid();
  const auto& u = kinematic.field();
  const auto& z = kinematic.descent().field;
  if (cpu::has_fused_path(stiffness)) {
    // <C : (E_i + e_i)> by its products with the unit strains,
    // `<E_k : C : (E_i + e_i)> = <(E_k + e_k) : C : (E_i + e_i)> - <e_k : C : (E_i + e_i)>`.
    const auto mean = kinematic.energy() - gram(kinematic.gradient(), u, grid);
    const auto [stress, strain] = cpu::equilibrated_stress(stiffness, problem.medium(), u, z, mean);
    return {stress, strain};
  }
  const auto stress = stiffness.apply(total_strain(u, grid)) +
                      isotropic_stress(strain_of(z, grid), problem.medium(), grid);
  return {stress - stress.mean(grid.axes(), /*keepdim=*/true), {}};
}

}  // namespace seco::surrogate
