#include "polarization.h"

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
    const auto of_phase = [&](std::int64_t p) { return to_matrix(tables[b][p]); };
    double& lambda = gating.medium.lambda.data_ptr<double>()[b];
    double& mu = gating.medium.mu.data_ptr<double>()[b];
    const double mean = mu;
    if (used.size() == 2) {
      const auto most = fraction[used[0]] >= fraction[used[1]] ? used[0] : used[1];
      const auto part = isotropic_part(of_phase(most));
      // A void fills most of it: nothing to refer to.
      if (part.mu > 0) {
        lambda = part.lambda;
        mu = part.mu;
      }
    }
    const bool soft = mu < mean;
    gating.soft_medium.push_back(soft);
    gating.two_phases.push_back(used.size() == 2);
    const auto medium = isotropic_stiffness({lambda, mu}, d);
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

torch::Tensor polarization_of(const StiffnessField& stiffness, const Gating& gating,
                              const torch::Tensor& g) {
  return gated(stiffness, gating.matrices, (g + unit_fields(stiffness)).contiguous());
}

torch::Tensor polarized_displacement(const GreenOperator& green, const Gating& gating,
                                     const torch::Tensor& tau) {
  return -green.apply(divergence_of(tau, green.grid()), gating.medium);
}

torch::Tensor uniform_start(const StiffnessField& stiffness, const GreenOperator& green) {
  const auto gating = gating_of(stiffness);
  const auto tau = gated(stiffness, gating.matrices, unit_fields(stiffness).contiguous());
  return polarized_displacement(green, gating, tau);
}

namespace {

// The displacement after steps of conjugate gradients on the potential energy, and the equilibrated
// part of its stress; on the graph, without any rule for the end.
AdmissibleFields after_steps(const StiffnessField& stiffness, const GreenOperator& green,
                             torch::Tensor u, int n_steps) {
  const Grid& grid = stiffness.grid();
  const auto medium = mean_medium(stiffness);
  const auto along = [](const torch::Tensor& scalar, const torch::Tensor& field) {
    auto shape = scalar.sizes().vec();
    shape.resize(static_cast<std::size_t>(field.dim()), 1);
    return scalar.to(field.scalar_type()).reshape(shape);
  };
  constexpr double none = 1e-30;
  auto stress = stiffness.apply(strain_of(u, grid) + unit_fields(stiffness));
  auto residual = -divergence_of(stress, grid);
  auto z = green.apply(residual, medium);
  auto direction = z;
  auto rho = mean_product(residual, z, grid);
  for (int step = 0; step < n_steps; ++step) {
    const auto change = stiffness.apply(strain_of(direction, grid));
    const auto image = divergence_of(change, grid);
    const auto length = along(rho / (mean_product(direction, image, grid) + none), u);
    u = u + length * direction;
    stress = stress + length * change;
    residual = residual - length * image;
    z = green.apply(residual, medium);
    const auto next = mean_product(residual, z, grid);
    direction = z + along(next / (rho + none), u) * direction;
    rho = next;
  }
  // D^T (stress + C0 : sym D z) = 0.
  stress = stress + isotropic_stress(strain_of(z, grid), medium, grid);
  return {strain_of(u, grid), stress - stress.mean(grid.axes(), /*keepdim=*/true)};
}

// The displacement and the stress of a polarization, without further steps.
AdmissibleFields one_shot(const StiffnessField& stiffness, const GreenOperator& green,
                          const Gating& gating, const torch::Tensor& tau, const torch::Tensor& v,
                          bool soft) {
  const Grid& grid = stiffness.grid();
  const auto strain = strain_of(v, grid);
  const auto stress = isotropic_stress(strain, gating.medium, grid) + tau;
  AdmissibleFields fields{strain, stress - stress.mean(grid.axes(), /*keepdim=*/true)};
  if (!soft) return fields;
  const auto mean_stress = optimal_mean_stress(stiffness, fields.stress);
  const auto total = fields.stress + with_grid_axes(mean_stress.to(stress.options()), grid);
  fields.strain = strain_of(
      displacement_of(stiffness.apply_compliance(total), green, mean_medium(stiffness)), grid);
  return fields;
}

Gating selected(const Gating& gating, const std::vector<std::int64_t>& members) {
  const auto index = torch::tensor(members, torch::kLong);
  Gating part;
  part.medium = {gating.medium.lambda.index_select(0, index),
                 gating.medium.mu.index_select(0, index)};
  for (const auto b : members) {
    part.soft_medium.push_back(gating.soft_medium[static_cast<std::size_t>(b)]);
    part.two_phases.push_back(gating.two_phases[static_cast<std::size_t>(b)]);
  }
  part.matrices = gating.matrices.index_select(0, index.to(gating.matrices.device()));
  return part;
}

}  // namespace

AdmissibleFields polarized_fields(const StiffnessField& stiffness, const GreenOperator& green,
                                  const Gating& gating, const torch::Tensor& tau, int n_steps) {
  std::vector<std::int64_t> order;
  std::vector<AdmissibleFields> parts;
  // What follows the Green operator differs: each kind goes alone.
  for (const bool soft : {false, true}) {
    std::vector<std::int64_t> members;
    for (std::int64_t b = 0; b < stiffness.batch_size(); ++b)
      if (gating.soft_medium[static_cast<std::size_t>(b)] == soft) members.push_back(b);
    if (members.empty()) continue;
    order.insert(order.end(), members.begin(), members.end());
    const bool all = static_cast<std::int64_t>(members.size()) == stiffness.batch_size();
    const auto index = torch::tensor(members, torch::kLong).to(tau.device());
    const auto field = all ? stiffness : stiffness.select(members);
    const auto part = all ? gating : selected(gating, members);
    const auto own = all ? tau : tau.index_select(0, index);
    const auto v = polarized_displacement(green, part, own);
    parts.push_back(!soft && n_steps > 0 ? after_steps(field, green, v, n_steps)
                                         : one_shot(field, green, part, own, v, soft));
  }
  if (parts.size() == 1) return parts.front();
  const auto place = torch::argsort(torch::tensor(order, torch::kLong)).to(tau.device());
  return {torch::cat({parts[0].strain, parts[1].strain}).index_select(0, place),
          torch::cat({parts[0].stress, parts[1].stress}).index_select(0, place)};
}

}  // namespace seco::surrogate
