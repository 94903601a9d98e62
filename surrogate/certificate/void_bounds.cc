#include "void_bounds.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "difference_operator.h"
#include "matrices.h"
#include "rounding.h"

namespace seco::surrogate {
namespace {

using DenseMatrix = Eigen::MatrixXd;

/// The largest c with `C >= c C0` for every phase of the solid.
double stiffness_ratio(const StiffnessField& stiffness, const ReferenceMedium& medium,
                       std::int64_t b) {
  const auto& phases = stiffness.phase_stiffness();
  const auto& fractions = stiffness.fractions();
  const DenseMatrix reference = isotropic_stiffness(
      {medium.lambda[b].item<double>(), medium.mu[b].item<double>()}, stiffness.grid().dimension());
  double smallest = std::numeric_limits<double>::infinity();
  for (std::int64_t p = 0; p < phases.size(1); ++p) {
    if (fractions[b][p].item<double>() == 0.) continue;
    const DenseMatrix phase = to_matrix(phases[b][p]);
    if (phase.isZero(0.)) continue;
    const Eigen::GeneralizedSelfAdjointEigenSolver<DenseMatrix> solver(phase, reference,
                                                                       Eigen::EigenvaluesOnly);
    smallest = std::min(smallest, solver.eigenvalues().minCoeff());
  }
  return smallest;
}

// <x_i . y_j> over the voxels, of [B, L, c, n...].
torch::Tensor products(const torch::Tensor& x, const torch::Tensor& y, const Grid& grid) {
  return torch::matmul(x.flatten(2), y.flatten(2).transpose(1, 2)).cpu() /
         static_cast<double>(grid.n_voxels());
}

}  // namespace

double continuation(const Grid& grid) {
  const auto n = static_cast<double>(*std::max_element(grid.shape.begin(), grid.shape.end()));
  return 1e-2 * std::pow(n, -5.);
}

std::vector<double> solid_softness(const StiffnessField& stiffness, const ReferenceMedium& medium,
                                   const std::vector<double>& smallest) {
  constexpr double margin = 1e-3;
  std::vector<double> result;
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
    double softness = stiffness_ratio(stiffness, medium, b) * continuation(stiffness.grid());
    if (!smallest.empty())
      softness = std::min(softness, margin * smallest[static_cast<std::size_t>(b)]);
    result.push_back(softness);
  }
  return result;
}

torch::Tensor voids_from_below(const StiffnessField& stiffness, const torch::Tensor& displacement,
                               const GreenOperator& green, const ReferenceMedium& medium,
                               const std::vector<double>& smallest) {
  torch::NoGradGuard no_grad;
  const Grid& grid = stiffness.grid();
  const auto rounding = rounding_of(grid);
  const auto strain = total_strain(displacement, grid);
  const auto [energy, mean] = stiffness.forms(strain);
  const auto stress = stiffness.apply(strain);
  const auto residual = divergence_of(stress, grid);
  const auto work = products(residual, green.apply(residual, medium), grid);
  const auto root_mean_square = [&](const torch::Tensor& field) {
    return products(field, field, grid).diagonal(0, 1, 2).clamp_min(0.).sqrt();
  };
  const auto stress_size = root_mean_square(stress), residual_size = root_mean_square(residual),
             displacement_size = root_mean_square(displacement);
  const auto softness = solid_softness(stiffness, medium, smallest);

  const auto m = energy.size(1);
  auto lower = torch::zeros({stiffness.batch_size(), m, m}, torch::kDouble);
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
    // A Green operator that leaves modes out does not see all of the residual.
    if (!rounding.complete) continue;
    const auto& conditioning = stiffness.conditioning()[static_cast<std::size_t>(b)];
    const double hard = std::sqrt(conditioning.largest), mu = medium.mu[b].item<double>(),
                 lambda = std::min(medium.lambda[b].item<double>(), 0.);
    // The smallest eigenvalue of C0 and of G0: || sym D u || >= || D u || / sqrt(2).
    const double soft = std::sqrt(2. * mu + grid.dimension() * lambda);
    const double of_residual = std::sqrt(2.) / (rounding.smallest_symbol * soft);
    const double g = form_error(conditioning, rounding);
    const DenseMatrix f = to_matrix(energy[b]), w = to_matrix(work[b]);
    // (a - b)^2 >= (1 - t) a^2 - b^2 / t, (a + b)^2 <= (1 + t) a^2 + (1 + 1 / t) b^2, and
    // (sum |c_i| d_i)^2 <= m sum c_i^2 d_i^2 take the errors of single loads to all combinations.
    constexpr double t_energy = 1e-9, t_residual = 0.01;
    DenseMatrix from_below = (1. - t_energy) * f;
    DenseMatrix excess = (1. + t_residual) * w;
    for (std::int64_t i = 0; i < m; ++i) {
      const double strain_size = 1. + rounding.difference * displacement_size[b][i].item<double>();
      const double strain_error = 1.001 * hard * gamma(difference_roundings) * strain_size;
      const double stress_error =
          conditioning.absolute * strain_size *
          (gamma(product_roundings) + entry_round_off + gamma(difference_roundings));
      from_below(i, i) -=
          static_cast<double>(m) * (g * 1.001 * f(i, i) + strain_error * strain_error / t_energy);
      const double divergence_error =
          1.001 * rounding.difference *
          (gamma(divergence_roundings) * stress_size[b][i].item<double>() + stress_error);
      const double residual_error =
          of_residual *
          (divergence_error + 1.001 * rounding.transform * residual_size[b][i].item<double>());
      excess(i, i) +=
          (1. + 1. / t_residual) * static_cast<double>(m) * residual_error * residual_error;
    }
    DenseMatrix bound = from_below - excess / softness[static_cast<std::size_t>(b)];
    bound = (0.5 * (bound + bound.transpose())).eval();
    if (!bound.allFinite() || Eigen::LLT<DenseMatrix>(bound).info() != Eigen::Success) continue;
    std::copy_n(bound.data(), m * m, lower.data_ptr<double>() + b * m * m);
  }
  return lower;
}

void enclose_voids(Bounds& bounds, const StiffnessField& stiffness,
                   const torch::Tensor& displacement, const std::vector<double>& smallest) {
  std::vector<std::int64_t> members;
  std::vector<double> of_members;
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
    if (!stiffness.has_void()[static_cast<std::size_t>(b)]) continue;
    members.push_back(b);
    if (!smallest.empty()) of_members.push_back(smallest[static_cast<std::size_t>(b)]);
  }
  if (members.empty()) return;
  const auto options = stiffness.options().dtype(torch::kDouble);
  const auto part = stiffness.select(members).to(options);
  const auto index = torch::tensor(members, torch::kLong);
  const auto u = displacement.index_select(0, index.to(displacement.device())).to(options);
  bounds.lower.index_copy_(0, index,
                           voids_from_below(part, u, GreenOperator(part.grid(), options),
                                            mean_medium(part), of_members));
}

}  // namespace seco::surrogate
