#include "s_eco_network.h"

#include <ATen/record_function.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "difference_operator.h"
#include "energy_descent.h"
#include "green_operator.h"
#include "network_input.h"
#include "seco/surrogate/network_setting_table.h"

namespace seco::surrogate {
namespace {

std::int64_t n_kinematic_channels(const NetworkSettings& settings) {
  const int d = settings.dimension, m = d * (d + 1) / 2;
  return settings.kinematic_head == "displacement" ? d : m;
}

// Root of the mean square over all loads, components and voxels, [B].
torch::Tensor root_mean_square(const torch::Tensor& field) {
  return field.square().flatten(1).mean(1).sqrt();
}

// All load cases and components as channels, divided by the size of the field.
InputChannels normalized(const torch::Tensor& field, const torch::Tensor& size) {
  return {field.flatten(1, 2), size.clamp_min(1e-30).reciprocal()};
}

double trace_of(const torch::Tensor& matrix) {
  return matrix.diagonal().sum().item<double>();
}

// Both energies still fall by about what they miss, in proportion: the bound that moved less in the
// last step is nearer to the solution.
torch::Tensor weight_from_decrease(const EnergyDescent& upper, const EnergyDescent& lower) {
  const auto lower_now = torch::inverse(lower.energy());
  const auto lower_before = torch::inverse(lower.previous_energy());
  auto weight = torch::full({lower_now.size(0)}, 0.5, torch::kDouble);
  for (std::int64_t b = 0; b < weight.size(0); ++b) {
    const double down = trace_of(upper.previous_energy()[b]) - trace_of(upper.energy()[b]);
    const double up = trace_of(lower_now[b]) - trace_of(lower_before[b]);
    if (down >= 0 && up >= 0 && down + up > 0) weight[b] = up / (down + up);
  }
  return weight;
}

}  // namespace

SEcoNetwork::SEcoNetwork(const NetworkSettings& settings)
    : FieldNetwork(settings), equilibrium_(equilibrium_form_from(settings.equilibrium_block)) {
  check_choice(settings, "kinematic_head");
  if (settings.solver_steps < 0 || settings.solver_steps > 100)
    throw std::invalid_argument(fmt::format("{} solver steps before the network (allowed 0 to 100)",
                                            settings.solver_steps));
  const int d = settings.dimension, m = d * (d + 1) / 2;
  const bool solver = settings.solver_steps > 0;
  const auto in = n_microstructure_channels(settings) + (solver ? 3 * m * m : 0);
  const auto out = m * (n_kinematic_channels(settings) + n_potential_channels(equilibrium_, d));
  // The Ritz step makes the size of the fields irrelevant; without it training starts from zero.
  backbone_ = register_module("backbone",
                              Backbone(settings, settings.backbone, in, out, solver ? 0.3 : 1e-2));
}

std::pair<torch::Tensor, torch::Tensor> SEcoNetwork::displacement_and_potential(
    const std::vector<InputChannels>& input, const torch::Tensor& unit_stress,
    const GreenOperator& green, const ReferenceMedium& medium) {
  const Grid& grid = green.grid();
  const bool displacement = settings().kinematic_head == "displacement";
  const double h = *std::min_element(grid.spacing.begin(), grid.spacing.end());
  const auto n_kinematic = grid.n_components() * n_kinematic_channels(settings());
  const auto n_dual = grid.n_components() * n_potential_channels(equilibrium_, grid.dimension());
  const auto options = input.back().values.options();
  const auto unit = unit_stress.to(options).unsqueeze(1);
  const auto kinematic_unit =
      displacement ? unit * (h / medium.mu.to(options).unsqueeze(1)) : -unit;
  const auto dual_unit = equilibrium_ == EquilibriumForm::projection ? unit : unit * (h * h);
  const auto factor =
      torch::cat({kinematic_unit.expand({-1, n_kinematic}), dual_unit.expand({-1, n_dual})}, 1);
  const auto channels = backbone_->forward(input, factor);
  RECORD_USER_SCOPE("kinematic block");
  const auto first = with_loads(channels.narrow(1, 0, n_kinematic), grid);
  const auto second = with_loads(channels.narrow(1, n_kinematic, n_dual), grid);
  return {displacement ? first : green.apply(divergence_of(first, grid), medium), second};
}

PredictedFields SEcoNetwork::without_solver(const StiffnessField& stiffness,
                                            const GreenOperator& green) {
  const Grid& grid = stiffness.grid();
  const auto medium = mean_medium(stiffness);
  auto [displacement, potential] = displacement_and_potential(
      {microstructure_channels(settings(), stiffness)}, medium.mu, green, medium);
  RECORD_USER_SCOPE("equilibrium block");
  PredictedFields fields;
  fields.strain = compatibility_block(displacement, grid);
  if (equilibrium_ == EquilibriumForm::projection)
    potential = potential + stiffness.apply(fields.strain + unit_fields(stiffness));
  fields.stress = equilibrium_block(potential, equilibrium_, green, medium);
  // A potential that is large beside its equilibrated part leaves round-off, which a second
  // projection removes.
  if (!is_training() && equilibrium_ == EquilibriumForm::projection)
    fields.stress = equilibrium_block(fields.stress, equilibrium_, green, medium);
  fields.mean_stress = optimal_mean_stress(stiffness, fields.stress);
  fields.estimate_weight = torch::full({stiffness.batch_size()}, 0.5, torch::kDouble);
  return fields;
}

PredictedFields SEcoNetwork::with_solver(const StiffnessField& stiffness,
                                         const GreenOperator& green) {
  const Grid& grid = stiffness.grid();
  const auto medium = mean_medium(stiffness);
  EnergyDescent kinematic(EnergyProblem::potential(stiffness, green));
  EnergyDescent dual(EnergyProblem::complementary(stiffness, green));
  std::vector<InputChannels> input;
  torch::Tensor residual_size;
  {
    torch::NoGradGuard no_grad;  // nothing here depends on the weights
    RECORD_USER_SCOPE("solver steps");
    for (int step = 0; step < settings().solver_steps; ++step) {
      kinematic.step();
      // The stress of the strain so far, equilibrated, is a good direction where the compliance has
      // high contrast (pores), the descent field where the stiffness has.
      dual.step({equilibrated_stress(kinematic)});
    }
  }
  {
    torch::NoGradGuard no_grad;
    RECORD_USER_SCOPE("input of the network");
    const auto mean_stress = torch::inverse(dual.energy());
    const auto stress = combine(mean_stress, dual.field() + unit_fields(stiffness));
    const auto strain = strain_of(kinematic.field(), grid);
    const auto descent = strain_of(kinematic.descent().field, grid);
    const auto residual = stress - stiffness.apply(strain + unit_fields(stiffness));
    residual_size = root_mean_square(residual);
    input = {microstructure_channels(settings(), stiffness),
             {strain.flatten(1, 2), {}},
             normalized(descent, root_mean_square(descent)),
             normalized(residual, residual_size)};
  }
  const auto [displacement, potential] =
      displacement_and_potential(input, residual_size, green, medium);
  input.clear();
  RECORD_USER_SCOPE("last step");
  const auto stress = equilibrium_block(potential, equilibrium_, green, medium);
  PredictedFields fields;
  if (is_training()) {
    fields.strain = compatibility_block(kinematic.field() + displacement, grid);
    fields.stress = combine(torch::inverse(dual.energy()), dual.field()) + stress;
    fields.mean_stress = optimal_mean_stress(stiffness, fields.stress);
    fields.estimate_weight = torch::full({stiffness.batch_size()}, 0.5, torch::kDouble);
    return fields;
  }
  kinematic.step({{displacement, {}}});
  dual.step({equilibrated_stress(kinematic), {stress, {}}});
  fields.strain = compatibility_block(kinematic.field(), grid);
  fields.mean_stress = torch::inverse(dual.energy());
  // The last projection removes what the combinations above have gathered in round-off.
  fields.stress = equilibrium_block(combine(fields.mean_stress, dual.field()),
                                    EquilibriumForm::projection, green, medium);
  fields.estimate_weight = weight_from_decrease(kinematic, dual);
  return fields;
}

PredictedFields SEcoNetwork::forward(const StiffnessField& stiffness) {
  const GreenOperator green(stiffness.grid(), stiffness.options());
  auto fields = settings().solver_steps > 0 ? with_solver(stiffness, green)
                                            : without_solver(stiffness, green);
  fields.compatible = fields.equilibrated = true;
  return fields;
}

}  // namespace seco::surrogate
