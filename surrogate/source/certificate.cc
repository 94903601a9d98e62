#include "certificate.h"

namespace seco::surrogate {
namespace {

// <a_i . b_j> over voxels and components in double precision: [B, La, Lb].
torch::Tensor gram(const torch::Tensor& a, const torch::Tensor& b, const Grid& grid) {
  // One RVE at a time keeps the double-precision copies small.
  std::vector<torch::Tensor> products;
  for (std::int64_t i = 0; i < a.size(0); ++i)
    products.push_back(torch::matmul(a[i].flatten(1).to(torch::kDouble),
                                     b[i].flatten(1).to(torch::kDouble).t()));
  return torch::stack(products).cpu() / static_cast<double>(grid.n_voxels());
}

torch::Tensor symmetrized(const torch::Tensor& matrix) {
  return 0.5 * (matrix + matrix.transpose(-2, -1));
}

// min over a of M + a B + (a B)^T + a A a^T, evaluated at the a found. Directions of A that vanish
// to round-off relative to its largest are left out (a homogeneous RVE has no fluctuation at all).
torch::Tensor ritz(const torch::Tensor& mean, const torch::Tensor& coupling,
                   const torch::Tensor& fluctuation) {
  const auto a = symmetrized(fluctuation);
  const auto inverse = torch::linalg_pinv(a, 1e-12, /*hermitian=*/true);
  const auto coefficients = -torch::matmul(coupling.transpose(-2, -1), inverse);
  const auto cross = torch::matmul(coefficients, coupling);
  const auto square = torch::matmul(torch::matmul(coefficients, a), coefficients.transpose(-2, -1));
  return symmetrized(mean + cross + cross.transpose(-2, -1) + square);
}

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

torch::Tensor upper_bound(const StiffnessField& stiffness, const torch::Tensor& strain) {
  const auto stress = stiffness.apply(strain);
  return ritz(stiffness.mean_stiffness(), means(stress, stiffness.grid()),
              gram(strain, stress, stiffness.grid()));
}

Bounds certify(const StiffnessField& stiffness, const torch::Tensor& strain_fluctuation,
               const torch::Tensor& stress_fluctuation) {
  Bounds bounds;
  bounds.upper = upper_bound(stiffness, strain_fluctuation);
  const auto strain = stiffness.apply_compliance(stress_fluctuation);
  const auto compliance =
      ritz(stiffness.mean_compliance(), means(strain, stiffness.grid()),
           gram(stress_fluctuation, strain, stiffness.grid()));
  std::vector<torch::Tensor> lower;
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b)
    lower.push_back(stiffness.has_void()[b] ? torch::zeros_like(compliance[b])
                                            : symmetrized(torch::inverse(compliance[b])));
  bounds.lower = torch::stack(lower);
  return bounds;
}

}  // namespace seco::surrogate
