#include "energy_descent.h"

#include "kernel_tables.h"

namespace seco::surrogate {
namespace {

// step = sum_j a_ij x_j, total += step.
void advance(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& fields,
             torch::Tensor& step, torch::Tensor& total) {
  const auto& kernels = kernels_of(total);
  const auto moved = kernels.combine_and_add(kernels, coefficients, fields, total);
  step = moved.step;
  total = moved.sum;
}

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
  const auto& kernels = stiffness_.kernels();
  return potential_ ? kernels.stiffness_action(kernels, stiffness_.tables(), field,
                                               /*unit_loads=*/false, 1.)
                    : kernels.multiply(stiffness_.tables(), Moduli::compliance, field);
}

EnergyProblem::Direction EnergyProblem::descent(const torch::Tensor& gradient) const {
  const auto& kernels = stiffness_.kernels();
  if (potential_) return {kernels.green(green_.plan(), medium_, -gradient), {}};
  const auto law = negative(medium_);
  const auto [stress, strain] = kernels.equilibrated_part(kernels, &law, gradient, green_.plan(),
                                                          medium_, &stiffness_.tables());
  return {stress, strain};
}

torch::Tensor EnergyProblem::first_gradient() const {
  const Grid& grid = green_.grid();
  const auto m = grid.n_components();
  const auto& kernels = stiffness_.kernels();
  std::vector<std::int64_t> shape{stiffness_.batch_size(), m, m};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  const auto loads = with_grid_axes(unit_loads(grid, stiffness_.options()), grid).expand(shape);
  const auto moduli = potential_ ? Moduli::stiffness : Moduli::compliance;
  const auto gradient = kernels.multiply(stiffness_.tables(), moduli, loads);
  return potential_ ? kernels.divergence(gradient, grid) : gradient;
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
  advance(best.coefficients, fields, direction_.field, field_);
  advance(best.coefficients, images, direction_.image, gradient_);
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
  // <C : (E_i + e_i)> by its products with the unit strains,
  // `<E_k : C : (E_i + e_i)> = <(E_k + e_k) : C : (E_i + e_i)> - <e_k : C : (E_i + e_i)>`.
  const auto mean = kinematic.energy() - gram(kinematic.gradient(), u, grid);
  const auto& kernels = stiffness.kernels();
  const auto [stress, strain] =
      kernels.equilibrated_stress(kernels, stiffness.tables(), problem.medium(), u, z, mean);
  return {stress, strain};
}

}  // namespace seco::surrogate
