#include "certificate.h"

#include "conjugate_gradients.h"
#include "eco_blocks.h"

namespace seco::surrogate {
namespace {

// <x_j> of a field, [B, L, m]; and with the constant unit fields as second factor this is the
// coupling <x_j : C : E_i> once x has been multiplied by C.
torch::Tensor means(const torch::Tensor& field, const Grid& grid) {
  return grid_mean(field, grid).cpu();
}

}  // namespace

torch::Tensor Bounds::gap() const {
  const auto up = upper.diagonal(0, 1, 2), lo = lower.diagonal(0, 1, 2);
  return std::get<0>(((up - lo) / up).max(1)).clamp_min(0.);
}

torch::Tensor Bounds::estimate(const torch::Tensor& weight) const {
  return lower + weight.reshape({-1, 1, 1}) * (upper - lower);
}

Ritz upper_ritz(const StiffnessField& stiffness, const torch::Tensor& strain) {
  const auto stress = stiffness.apply(strain);
  return ritz(stiffness.mean_stiffness(), means(stress, stiffness.grid()),
              gram(strain, stress, stiffness.grid()), strain.scalar_type());
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
  const auto strain = stiffness.apply_compliance(stress_fluctuation);
  const auto compliance =
      ritz(stiffness.mean_compliance(), means(strain, stiffness.grid()),
           gram(stress_fluctuation, strain, stiffness.grid()), strain.scalar_type())
          .energy;
  bounds.lower = lower_bound(stiffness, compliance);
  return bounds;
}

}  // namespace seco::surrogate
