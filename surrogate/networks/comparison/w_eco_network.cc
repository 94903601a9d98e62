#include "w_eco_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "difference_operator.h"
#include "eco_blocks.h"
#include "green_operator.h"
#include "network_input.h"
#include "seco/surrogate/network_setting_table.h"

namespace seco::surrogate {

WEcoNetwork::WEcoNetwork(const NetworkSettings& settings) : FieldNetwork(settings) {
  const int d = settings.dimension, m = d * (d + 1) / 2;
  check_choice(settings, "kinematic_head");
  if (settings.solver_steps != 0)
    throw std::invalid_argument(fmt::format(
        "{} solver steps before a w-ECO network; allowed is 0, since they need both energies of "
        "s-ECO",
        settings.solver_steps));
  const int channels = settings.kinematic_head == "displacement" ? d : m;
  backbone_ = register_module(
      "backbone", Backbone(settings, settings.backbone, n_microstructure_channels(settings),
                           m * channels, 1e-2));
}

PredictedFields WEcoNetwork::forward(const StiffnessField& stiffness) {
  const Grid& grid = stiffness.grid();
  const auto channels =
      with_loads(backbone_->forward({microstructure_channels(settings(), stiffness)}), grid);
  torch::Tensor displacement;
  if (settings().kinematic_head == "displacement") {
    displacement = channels * *std::min_element(grid.spacing.begin(), grid.spacing.end());
  } else {
    const auto medium = mean_medium(stiffness);
    const GreenOperator green(grid, stiffness.options());
    displacement =
        green.apply(-divergence_of(channels * with_field_axes(medium.mu, channels), grid), medium);
  }
  PredictedFields fields;
  fields.strain = compatibility_block(displacement, grid);
  const auto stress = stiffness.apply(fields.strain + unit_fields(stiffness));
  fields.mean_stress = grid_mean(stress, grid);
  fields.stress = stress - with_grid_axes(fields.mean_stress.to(stress.scalar_type()), grid);
  fields.compatible = true;
  fields.estimate_weight = torch::full({stiffness.batch_size()}, 0.5, torch::kDouble);
  return fields;
}

}  // namespace seco::surrogate
