#include "polarization_network.h"

#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "certificate.h"
#include "difference_operator.h"
#include "green_operator.h"
#include "kernel_tables.h"
#include "linear_operator.h"
#include "network_input.h"

namespace seco::surrogate {
namespace {

constexpr std::int64_t isotropic_channels = 3;

struct Lame {
  double lambda = 0, mu = 0;
};

// The isotropic part of a stiffness, as StiffnessField::mean_lame() takes it.
Lame isotropic_part(const materials::MandelMatrix& stiffness, int d) {
  const auto m = stiffness.rows();
  const double bulk = stiffness.topLeftCorner(d, d).sum() / (d * d);
  const double mu = (stiffness.trace() - d * bulk) / (2. * static_cast<double>(m - 1));
  return {bulk - 2. * mu / d, mu};
}

materials::MandelMatrix stiffness_of(const Lame& medium, int d) {
  const auto m = d * (d + 1) / 2;
  materials::MandelMatrix result = 2. * medium.mu * materials::MandelMatrix::Identity(m, m);
  result.topLeftCorner(d, d).array() += medium.lambda;
  return result;
}

// M : x of one symmetric matrix per phase, on the graph.
torch::Tensor gated(const StiffnessField& stiffness, const torch::Tensor& matrices,
                    const torch::Tensor& x) {
  const auto& kernels = stiffness.kernels();
  PhaseTables tables = stiffness.tables();
  tables.stiffness = matrices;
  tables.compact.stiffness = kernels.compact_matrices(matrices);
  const auto multiply = [&kernels, tables](const torch::Tensor& field) {
    return kernels.multiply(tables, Moduli::stiffness, field);
  };
  if (!wants_gradient(x)) return multiply(x);
  // The adjoint stays on the graph only for second derivatives, which nobody takes.
  return on_graph(x, multiply, multiply);
}

}  // namespace

Gating gating_of(const StiffnessField& stiffness) {
  const int d = stiffness.grid().dimension();
  const auto batch = stiffness.batch_size();
  const auto& tables = stiffness.phase_stiffness();
  const auto n_phases = tables.size(1), m = tables.size(2);
  const auto [mean_lambda, mean_mu] = stiffness.mean_lame();
  Gating gating;
  gating.medium = {mean_lambda.clone(), mean_mu.clone()};
  auto matrices = torch::zeros_like(tables);
  for (std::int64_t b = 0; b < batch; ++b) {
    std::vector<std::int64_t> used;
    const auto* fraction = stiffness.fractions().data_ptr<double>() + b * n_phases;
    for (std::int64_t p = 0; p < n_phases; ++p)
      if (fraction[p] > 0) used.push_back(p);
    const auto of_phase = [&](std::int64_t p) {
      return Eigen::Map<
          const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
          tables.data_ptr<double>() + (b * n_phases + p) * m * m, m, m);
    };
    double& lambda = gating.medium.lambda.data_ptr<double>()[b];
    double& mu = gating.medium.mu.data_ptr<double>()[b];
    const double mean = mu;
    if (used.size() == 2) {
      const auto most = fraction[used[0]] >= fraction[used[1]] ? used[0] : used[1];
      const auto part = isotropic_part(of_phase(most), d);
      // A void fills most of it: nothing to refer to.
      if (part.mu > 0) {
        lambda = part.lambda;
        mu = part.mu;
      }
    }
    const bool soft = mu < mean;
    gating.soft_medium.push_back(soft);
    const auto medium = stiffness_of({lambda, mu}, d);
    for (const auto p : used) {
      const materials::MandelMatrix phase = of_phase(p);
      const materials::MandelMatrix gate =
          soft ? materials::MandelMatrix(medium - medium * phase.ldlt().solve(medium))
               : materials::MandelMatrix(phase - medium);
      const materials::MandelMatrix symmetric = 0.5 * (gate + gate.transpose());
      std::copy_n(symmetric.data(), m * m,
                  matrices.data_ptr<double>() + (b * n_phases + p) * m * m);
    }
  }
  gating.matrices = matrices.to(stiffness.options());
  return gating;
}

AdmissibleFields polarized_fields(const StiffnessField& stiffness, const GreenOperator& green,
                                  const Gating& gating, const torch::Tensor& g) {
  const Grid& grid = stiffness.grid();
  const auto tau = gated(stiffness, gating.matrices, (g + unit_fields(stiffness)).contiguous());
  const auto strain = strain_of(-green.apply(divergence_of(tau, grid), gating.medium), grid);
  const auto stress = isotropic_stress(strain, gating.medium, grid) + tau;
  AdmissibleFields fields{strain, stress - stress.mean(grid.axes(), /*keepdim=*/true)};
  const auto& soft = gating.soft_medium;
  if (std::find(soft.begin(), soft.end(), true) == soft.end()) return fields;
  const auto mean_stress = optimal_mean_stress(stiffness, fields.stress);
  const auto total = fields.stress + with_grid_axes(mean_stress.to(stress.options()), grid);
  const auto compatible = strain_of(
      displacement_of(stiffness.apply_compliance(total), green, mean_medium(stiffness)), grid);
  const std::vector<std::int64_t> choice(soft.begin(), soft.end());
  std::vector<std::int64_t> shape(static_cast<std::size_t>(strain.dim()), 1);
  shape[0] = strain.size(0);
  const auto mask =
      torch::tensor(choice, torch::kLong).to(strain.device(), torch::kBool).reshape(shape);
  fields.strain = torch::where(mask, compatible, strain);
  return fields;
}

PolarizationNetwork::PolarizationNetwork(const NetworkSettings& settings) : FieldNetwork(settings) {
  if (settings.input != "stiffness")
    throw std::invalid_argument(fmt::format(
        "input '{}' of the model 'polarization'; allowed is stiffness", settings.input));
  const auto [in, out] = channels();
  TokenTrunkOptions options;
  options.dimension = settings.dimension;
  options.in_channels = in;
  options.out_channels = out;
  options.width = settings.width;
  trunk_ = register_module("trunk", TokenTrunk(options));
}

std::pair<std::int64_t, std::int64_t> PolarizationNetwork::channels() const {
  const std::int64_t d = settings().dimension, m = d * (d + 1) / 2;
  return {isotropic_channels + m * (m + 1) / 2, m * m};
}

torch::Tensor PolarizationNetwork::input(const StiffnessField& stiffness,
                                         const Gating& gating) const {
  // By phase: logarithms of bulk and shear modulus over those of the medium, which one the gate is,
  // and the anisotropic part in units of the phase's own shear modulus.
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
      const Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>
          phase(tables.data_ptr<double>() + place * m * m, m, m);
      const auto part = isotropic_part(phase, d);
      auto* out = values.data_ptr<double>() + place * n_channels;
      const double phase_mu = std::max(part.mu, least * mu);
      out[0] = std::log(std::max(part.lambda + 2. * part.mu / d, least * bulk) / bulk);
      out[1] = std::log(phase_mu / mu);
      out[2] = gating.soft_medium[static_cast<std::size_t>(b)] ? 1. : -1.;
      const materials::MandelMatrix rest = (phase - stiffness_of(part, d)) / phase_mu;
      std::int64_t k = isotropic_channels;
      for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = i; j < m; ++j) out[k++] = rest(i, j);
    }
  }
  return stiffness.expand(values);
}

PredictedFields PolarizationNetwork::forward(const StiffnessField& stiffness) {
  const Grid& grid = stiffness.grid();
  const GreenOperator green(grid, stiffness.options());
  const auto gating = gating_of(stiffness);
  const auto g = with_loads(trunk_->forward(input(stiffness, gating)), grid);
  const auto pair = polarized_fields(stiffness, green, gating, g);
  PredictedFields fields;
  fields.strain = pair.strain;
  fields.stress = pair.stress;
  fields.mean_stress = optimal_mean_stress(stiffness, pair.stress);
  fields.estimate_weight = torch::full({stiffness.batch_size()}, 0.5, torch::kDouble);
  fields.compatible = fields.equilibrated = true;
  return fields;
}

}  // namespace seco::surrogate
