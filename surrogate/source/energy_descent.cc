#include "energy_descent.h"

#include "difference_operator.h"
#include "reference_solver.h"

namespace seco::surrogate {

EnergyProblem EnergyProblem::potential(const StiffnessField& stiffness,
                                       const GreenOperator& green) {
  EnergyProblem problem;
  problem.grid_ = stiffness.grid();
  problem.mean_ = stiffness.mean_stiffness();
  problem.apply_ = [stiffness](const torch::Tensor& x) { return stiffness.apply(x); };
  problem.descent_ = [green, medium = mean_medium(stiffness)](const torch::Tensor& gradient) {
    const Grid& grid = green.grid();
    return strain_of(green.apply(-divergence_of(gradient, grid), medium), grid);
  };
  return problem;
}

EnergyProblem EnergyProblem::complementary(const StiffnessField& stiffness,
                                           const GreenOperator& green) {
  EnergyProblem problem;
  problem.grid_ = stiffness.grid();
  problem.mean_ = stiffness.mean_compliance();
  problem.apply_ = [stiffness](const torch::Tensor& x) { return stiffness.apply_compliance(x); };
  problem.descent_ = [green, medium = mean_medium(stiffness)](const torch::Tensor& gradient) {
    return equilibrium_block(-isotropic_stress(gradient, medium, green.grid()),
                             EquilibriumForm::projection, green, medium);
  };
  return problem;
}

EnergyDescent::EnergyDescent(EnergyProblem problem, const torch::TensorOptions& options)
    : problem_(std::move(problem)) {
  const Grid& grid = problem_.grid();
  const auto batch = problem_.mean().size(0);
  const std::int64_t m = grid.n_components();
  std::vector<std::int64_t> shape{batch, m, m};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  field_ = torch::zeros(shape, options);
  gradient_ = problem_.apply(with_grid_axes(unit_loads(grid, options), grid).expand(shape));
  energy_ = previous_energy_ = problem_.mean();
}

const torch::Tensor& EnergyDescent::descent() {
  if (!descent_.defined()) descent_ = problem_.descent(gradient_);
  return descent_;
}

void EnergyDescent::step(const std::vector<torch::Tensor>& further) {
  const Grid& grid = problem_.grid();
  std::vector<torch::Tensor> fields{descent()}, images{problem_.apply(descent())};
  if (direction_.defined()) {
    fields.push_back(direction_);
    images.push_back(direction_image_);
  }
  for (const auto& field : further) {
    fields.push_back(field);
    images.push_back(problem_.apply(field));
  }
  auto images_and_gradient = images;
  images_and_gradient.push_back(gradient_);
  const auto products = gram(fields, images_and_gradient, grid);
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
  direction_ = combine(best.coefficients, fields);
  direction_image_ = combine(best.coefficients, images);
  field_ = field_ + direction_;
  gradient_ = gradient_ + direction_image_;
  descent_ = torch::Tensor();
  previous_energy_ = energy_;
  energy_ = best.energy;
}

}  // namespace seco::surrogate
