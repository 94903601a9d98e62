#include "polarization_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "certificate.h"
#include "network_input.h"

namespace seco::surrogate {
namespace {

constexpr std::int64_t isotropic_channels = 3, moduli_channels = 32, phase_channels = 8;

}  // namespace

PolarizationNetwork::PolarizationNetwork(const NetworkSettings& settings) : FieldNetwork(settings) {
  if (settings.input != "stiffness")
    throw std::invalid_argument(fmt::format(
        "input '{}' of the model 'polarization'; allowed is stiffness", settings.input));
  const NetworkSettings defaults;
  const auto without_effect = [](const std::string& name, const auto& value, const auto& allowed) {
    if (value != allowed)
      throw std::invalid_argument(
          fmt::format("{} '{}' has no effect on the model 'polarization'; allowed is {}", name,
                      value, allowed));
  };
  without_effect("backbone", settings.backbone, defaults.backbone);
  without_effect("precision", settings.precision, defaults.precision);
  without_effect("kinematic head", settings.kinematic_head, defaults.kinematic_head);
  without_effect("equilibrium block", settings.equilibrium_block, defaults.equilibrium_block);
  without_effect("coarsening", settings.coarsening, defaults.coarsening);
  without_effect("levels", settings.levels, defaults.levels);
  const auto [in, out] = channels();
  moduli_ = register_module("moduli", torch::nn::Linear(in, moduli_channels));
  phases_ = register_module("phases", torch::nn::Linear(moduli_channels, phase_channels));
  options_.dimension = settings.dimension;
  options_.in_channels = phase_channels;
  options_.out_channels = out;
  options_.width = settings.width;
  trunk_ = register_module("trunk", TokenTrunk(options_));
}

std::pair<std::int64_t, std::int64_t> PolarizationNetwork::channels() const {
  const std::int64_t d = settings().dimension, m = d * (d + 1) / 2;
  return {isotropic_channels + m * (m + 1) / 2, m * m};
}

torch::Tensor PolarizationNetwork::embedded_phases(const StiffnessField& stiffness,
                                                   const Gating& gating) {
  // Logarithms of bulk and shear modulus over those of the medium, which one the gate is, and the
  // anisotropic part in units of the phase's own shear modulus.
  const int d = stiffness.grid().dimension();
  const auto& tables = stiffness.phase_stiffness();
  const auto m = tables.size(2), n_channels = channels().first;
  auto values = torch::zeros({tables.size(0), tables.size(1), n_channels}, torch::kDouble);
  constexpr double least = 1e-6;
  for (std::int64_t b = 0; b < tables.size(0); ++b) {
    const double lambda = gating.medium.lambda.data_ptr<double>()[b],
                 mu = gating.medium.mu.data_ptr<double>()[b];
    const double bulk = lambda + 2. * mu / d;
    for (std::int64_t p = 0; p < tables.size(1); ++p) {
      const auto place = b * tables.size(1) + p;
      const auto phase = to_matrix(tables[b][p]);
      const auto part = isotropic_part(phase);
      auto* out = values.data_ptr<double>() + place * n_channels;
      const double phase_mu = std::max(part.mu, least * mu);
      out[0] = std::log(std::max(part.lambda + 2. * part.mu / d, least * bulk) / bulk);
      out[1] = std::log(phase_mu / mu);
      out[2] = gating.soft_medium[static_cast<std::size_t>(b)] ? 1. : -1.;
      const materials::MandelMatrix rest = (phase - isotropic_stiffness(part, d)) / phase_mu;
      std::int64_t k = isotropic_channels;
      for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = i; j < m; ++j) out[k++] = rest(i, j);
    }
  }
  return phases_(torch::gelu(moduli_(values.to(stiffness.options()))));
}

std::shared_ptr<const PolarizationInference> PolarizationNetwork::inference() {
  const auto parameters = trunk_->named_parameters(/*recurse=*/false);
  std::vector<std::pair<const void*, std::int64_t>> versions;
  for (const auto& p : parameters)
    versions.emplace_back(p.value().data_ptr(), static_cast<std::int64_t>(p.value()._version()));
  const std::lock_guard lock(mutex_);
  if (!prepared_ || versions != versions_) {
    prepared_ = std::make_shared<PolarizationInference>(options_, parameters);
    versions_ = versions;
  }
  return prepared_;
}

torch::Tensor PolarizationNetwork::polarization(const StiffnessField& stiffness,
                                                const Gating& gating) {
  const auto table = embedded_phases(stiffness, gating);
  if (!torch::GradMode::is_enabled() && table.is_cpu() && table.scalar_type() == torch::kFloat)
    return (*inference())(stiffness, gating, table);
  const auto index = stiffness.phase().unsqueeze(-1).expand({-1, -1, table.size(2)});
  std::vector<std::int64_t> shape{table.size(0), table.size(2)};
  const auto& voxels = stiffness.grid().shape;
  shape.insert(shape.end(), voxels.begin(), voxels.end());
  const auto channels = torch::gather(table, 1, index).transpose(1, 2).reshape(shape);
  const auto g = with_loads(trunk_->forward(channels), stiffness.grid());
  return polarization_of(stiffness, gating, g);
}

torch::Tensor PolarizationNetwork::start(const StiffnessField& stiffness,
                                         const GreenOperator& green) {
  const auto gating = gating_of(stiffness);
  return polarized_displacement(green, gating, polarization(stiffness, gating));
}

PredictedFields PolarizationNetwork::forward(const StiffnessField& stiffness) {
  const GreenOperator green(stiffness.grid(), stiffness.options());
  const auto gating = gating_of(stiffness);
  const auto pair = polarized_fields(stiffness, green, gating, polarization(stiffness, gating),
                                     settings().solver_steps);
  PredictedFields fields;
  fields.strain = pair.strain;
  fields.stress = pair.stress;
  fields.mean_stress = optimal_mean_stress(stiffness, pair.stress);
  fields.estimate_weight = torch::full({stiffness.batch_size()}, 0.5, torch::kDouble);
  fields.compatible = fields.equilibrated = true;
  return fields;
}

}  // namespace seco::surrogate
