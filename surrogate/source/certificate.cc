#include "certificate.h"

#include <limits>

namespace seco::surrogate {
namespace {

// <a_i . b_j> over voxels and components in double precision: [B, La, Lb].
torch::Tensor gram(const torch::Tensor& a, const torch::Tensor& b, const Grid& grid) {
  // One RVE at a time keeps the double-precision copies small.
  std::vector<torch::Tensor> products;
  for (std::int64_t i = 0; i < a.size(0); ++i)
    products.push_back(
        torch::matmul(a[i].flatten(1).to(torch::kDouble), b[i].flatten(1).to(torch::kDouble).t()));
  return torch::stack(products).cpu() / static_cast<double>(grid.n_voxels());
}

torch::Tensor symmetrized(const torch::Tensor& matrix) {
  return 0.5 * (matrix + matrix.transpose(-2, -1));
}

// min over a of M + a B + (a B)^T + a A a^T, evaluated at the a found. Directions of A that are no
// more than the round-off of the fields are left out: they are not admissible to the precision that
// a large coefficient would need. Homogeneous RVEs have only such directions, and the hydrostatic
// load of cubic polycrystals, which share one bulk modulus, is one as well.
torch::Tensor ritz(const torch::Tensor& mean, const torch::Tensor& coupling,
                   const torch::Tensor& fluctuation, torch::Dtype field_type) {
  const double epsilon = field_type == torch::kDouble ? std::numeric_limits<double>::epsilon()
                                                      : std::numeric_limits<float>::epsilon();
  // Fluctuations of less than 1e3 times the round-off of the total field: what they would add to
  // the bound is below 1e-8 in single precision, and their inadmissible part could cost more than
  // that.
  constexpr double safety = 1e6;
  const auto a = symmetrized(fluctuation);
  const auto [values, vectors] = torch::linalg_eigh(a);
  const auto largest = std::get<0>(values.max(1, /*keepdim=*/true)).clamp_min(0.);
  const auto mean_energy = mean.diagonal(0, 1, 2).mean(1, /*keepdim=*/true);
  const auto cutoff = torch::maximum(
      1e-13 * largest, safety * epsilon * epsilon * torch::maximum(largest, mean_energy));
  const auto kept = values > cutoff;
  const auto reciprocal =
      torch::where(kept, torch::where(kept, values, torch::ones_like(values)).reciprocal(),
                   torch::zeros_like(values));
  const auto inverse = torch::matmul(vectors * reciprocal.unsqueeze(1), vectors.transpose(-2, -1));
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
              gram(strain, stress, stiffness.grid()), strain.scalar_type());
}

Bounds certify(const StiffnessField& stiffness, const torch::Tensor& strain_fluctuation,
               const torch::Tensor& stress_fluctuation) {
  Bounds bounds;
  bounds.upper = upper_bound(stiffness, strain_fluctuation);
  const auto strain = stiffness.apply_compliance(stress_fluctuation);
  const auto compliance =
      ritz(stiffness.mean_compliance(), means(strain, stiffness.grid()),
           gram(stress_fluctuation, strain, stiffness.grid()), strain.scalar_type());
  std::vector<torch::Tensor> lower;
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b)
    lower.push_back(stiffness.has_void()[b] ? torch::zeros_like(compliance[b])
                                            : symmetrized(torch::inverse(compliance[b])));
  bounds.lower = torch::stack(lower);
  return bounds;
}

}  // namespace seco::surrogate
