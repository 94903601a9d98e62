#include "certificate.h"

#include "../cpu/fused_iteration.h"
#include "conjugate_gradients.h"
#include "difference_operator.h"
#include "eco_blocks.h"

namespace seco::surrogate {

torch::Tensor Bounds::gap() const {
  const auto up = upper.diagonal(0, 1, 2), lo = lower.diagonal(0, 1, 2);
  return std::get<0>(((up - lo) / up).max(1)).clamp_min(0.);
}

torch::Tensor Bounds::estimate(const torch::Tensor& weight) const {
  return lower + weight.reshape({-1, 1, 1}) * (upper - lower);
}

Ritz upper_ritz(const StiffnessField& stiffness, const torch::Tensor& strain) {
  // <e_j : C : E_i> is component i of the mean of C : e_j.
  const auto [gram, mean] = stiffness.forms(strain);
  return ritz(stiffness.mean_stiffness(), mean, gram, strain.scalar_type());
}

torch::Tensor upper_bound(const StiffnessField& stiffness, const torch::Tensor& strain) {
  return upper_ritz(stiffness, strain).energy;
}

torch::Tensor equilibrated_stress(const StiffnessField& stiffness, const torch::Tensor& strain) {
  return equilibrium_block(stiffness.apply(strain), EquilibriumForm::projection,
                           GreenOperator(stiffness.grid(), stiffness.options()),
                           mean_medium(stiffness));
}

torch::Tensor lower_bound(const StiffnessField& stiffness, const torch::Tensor& compliance) {
  std::vector<torch::Tensor> lower;
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b)
    lower.push_back(stiffness.has_void()[b] ? torch::zeros_like(compliance[b])
                                            : symmetrized(torch::inverse(compliance[b])));
  return torch::stack(lower);
}

materials::MandelMatrix to_matrix(const torch::Tensor& values) {
  const auto contiguous = values.to(torch::kCPU, torch::kDouble).contiguous();
  return Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
      contiguous.data_ptr<double>(), contiguous.size(0), contiguous.size(1));
}

Bounds certify(const StiffnessField& stiffness, const torch::Tensor& strain_fluctuation,
               const torch::Tensor& stress_fluctuation) {
  Bounds bounds;
  bounds.upper = upper_bound(stiffness, strain_fluctuation);
  const auto [gram, mean] = stiffness.compliance_forms(stress_fluctuation);
  const auto compliance =
      ritz(stiffness.mean_compliance(), mean, gram, stress_fluctuation.scalar_type()).energy;
  bounds.lower = lower_bound(stiffness, compliance);
  return bounds;
}

Bounds certify_displacement(const StiffnessField& stiffness, const torch::Tensor& displacement,
                            const GreenOperator& green, const ReferenceMedium& medium,
                            const torch::Tensor& preconditioned_residual) {
  const Grid& grid = stiffness.grid();
  if (!cpu::has_fused_path(stiffness)) {
    const auto total = stiffness.apply(total_strain(displacement, grid));
    return certify(stiffness, strain_of(displacement, grid),
                   equilibrium_block(total, EquilibriumForm::projection, green, medium));
  }
  // C : (E + e) lacks equilibrium by the residual r = -D^T C : (E + e), and C0 : sym D z with
  // z = G0 r is what the projection adds to it.
  const auto z = preconditioned_residual.defined()
                     ? preconditioned_residual
                     : cpu::residual_of(stiffness, green, medium, displacement).preconditioned;
  const auto sums = cpu::energies(stiffness, medium, displacement, z);
  Bounds bounds;
  bounds.upper = ritz(stiffness.mean_stiffness(), sums.stress_mean, sums.strain_gram,
                      displacement.scalar_type())
                     .energy;
  // From total stresses s_i to their fluctuations s_i - M_i.
  const auto compliance = stiffness.mean_compliance();
  const auto means = sums.total_mean,
             coupling = sums.compliance_mean - torch::matmul(means, compliance);
  const auto cross = torch::matmul(means, sums.compliance_mean.transpose(1, 2));
  const auto gram = sums.stress_gram - cross - cross.transpose(1, 2) +
                    torch::matmul(torch::matmul(means, compliance), means.transpose(1, 2));
  bounds.lower =
      lower_bound(stiffness, ritz(compliance, coupling, gram, displacement.scalar_type()).energy);
  return bounds;
}

}  // namespace seco::surrogate
