#include "direct_network.h"

#include <fmt/format.h>

#include <stdexcept>

#include "network_input.h"

namespace seco::surrogate {

DirectNetwork::DirectNetwork(const NetworkSettings& settings) : FieldNetwork(settings) {
  if (settings.solver_steps != 0)
    throw std::invalid_argument(
        fmt::format("{} solver steps before a {} network; allowed is 0, since it has no blocks",
                    settings.solver_steps, settings.model));
  const int d = settings.dimension, m = d * (d + 1) / 2;
  backbone_ = register_module(
      "backbone",
      Backbone(settings, settings.model == "direct" ? settings.backbone : settings.model,
               n_microstructure_channels(settings), 2 * m * m, 1e-2));
}

PredictedFields DirectNetwork::forward(const StiffnessField& stiffness) {
  const Grid& grid = stiffness.grid();
  const auto channels = backbone_->forward({microstructure_channels(settings(), stiffness)});
  const auto half = channels.size(1) / 2;
  const auto strain = with_loads(channels.narrow(1, 0, half), grid);
  auto stress = with_loads(channels.narrow(1, half, half), grid);
  stress = stress * with_field_axes(mean_medium(stiffness).mu, stress);
  PredictedFields fields;
  fields.strain = strain - strain.mean(grid.axes(), /*keepdim=*/true);
  fields.mean_stress = grid_mean(stress, grid);
  fields.stress = stress - with_grid_axes(fields.mean_stress.to(stress.scalar_type()), grid);
  fields.estimate_weight = torch::full({stiffness.batch_size()}, 0.5, torch::kDouble);
  return fields;
}

}  // namespace seco::surrogate
