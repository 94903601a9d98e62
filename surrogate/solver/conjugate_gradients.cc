#include "conjugate_gradients.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "conjugate_step.h"
#include "kernel_tables.h"
#include "matrices.h"

namespace seco::surrogate {
namespace {

std::vector<std::int64_t> field_shape(const StiffnessField& stiffness, std::int64_t components) {
  std::vector<std::int64_t> shape{stiffness.batch_size(), stiffness.grid().n_components(),
                                  components};
  shape.insert(shape.end(), stiffness.grid().shape.begin(), stiffness.grid().shape.end());
  return shape;
}

void keep_members(const std::vector<std::int64_t>& members,
                  std::initializer_list<torch::Tensor*> tensors) {
  const auto index = torch::tensor(members, torch::kLong);
  for (auto* t : tensors)
    if (t->defined()) *t = t->index_select(0, index.to(t->device()));
}

/// @param sum `[B, L, d, n...]` @param weight `[B, L]`
torch::Tensor mean_of(const torch::Tensor& sum, const torch::Tensor& weight) {
  auto shape = weight.sizes().vec();
  shape.resize(sum.dim(), 1);
  // Types are promoted on the way, without a pass of their own.
  return sum / weight.reshape(shape);
}

/// The smallest eigenvalue of the tridiagonal matrix of Lanczos behind steps of conjugate
/// gradients.
/// @param products `<r . z>` before every step @param falls of the energy in it
double smallest_ritz_value(const std::vector<double>& products, const std::vector<double>& falls) {
  std::vector<double> diagonal, off_diagonal;
  double last_alpha = 0;
  for (std::size_t k = 0; k < products.size(); ++k) {
    // The step along p is alpha = fall / <r . z>, and beta the ratio of two r . z.
    const double alpha = falls[k] / products[k];
    if (!(products[k] > 0) || !(alpha > 0) || !std::isfinite(alpha)) break;
    double entry = 1. / alpha;
    if (k > 0) {
      const double beta = products[k] / products[k - 1];
      entry += beta / last_alpha;
      off_diagonal.push_back(std::sqrt(beta) / last_alpha);
    }
    diagonal.push_back(entry);
    last_alpha = alpha;
  }
  if (diagonal.empty()) return std::numeric_limits<double>::infinity();
  const auto n = static_cast<Eigen::Index>(diagonal.size());
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
  solver.computeFromTridiagonal(Eigen::Map<Eigen::VectorXd>(diagonal.data(), n),
                                Eigen::Map<Eigen::VectorXd>(off_diagonal.data(), n - 1),
                                Eigen::EigenvaluesOnly);
  return std::max(solver.eigenvalues()[0], 0.);
}

/// Whether most voxels are far softer than the mean: stiff inclusions.
bool mostly_soft(const StiffnessField& stiffness, std::int64_t b) {
  constexpr double far = 0.1;
  const double mean = stiffness.mean_lame().second.data_ptr<double>()[b];
  const auto& fractions = stiffness.fractions();
  double soft = 0;
  for (std::int64_t p = 0; p < fractions.size(1); ++p)
    if (isotropic_part(to_matrix(stiffness.phase_stiffness()[b][p])).mu < far * mean)
      soft += fractions[b][p].item<double>();
  return soft > 0.5;
}

}  // namespace

Smoothing useful_smoothing(const StiffnessField& stiffness) {
  // Soft inclusions gain less: their slow modes are fewer.
  constexpr double least = 100., least_of_soft = 500., high = 1500.;
  const auto contrasts = stiffness.contrast();
  auto result = Smoothing::none;
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
    // The lower bound of solids with voids comes from the residual.
    if (stiffness.has_void()[static_cast<std::size_t>(b)]) continue;
    const double contrast = contrasts.data_ptr<double>()[b];
    if (contrast >= high)
      result = Smoothing::always;
    else if (contrast >= least_of_soft || (contrast >= least && mostly_soft(stiffness, b)))
      result = std::max(result, Smoothing::near_end);
  }
  return result;
}

KinematicIteration::KinematicIteration(const StiffnessField& stiffness,
                                       const torch::Tensor& initial)
    : KinematicIteration(stiffness, GreenOperator(stiffness.grid(), stiffness.options()), initial) {
}

KinematicIteration::KinematicIteration(const StiffnessField& stiffness, const GreenOperator& green,
                                       const torch::Tensor& initial)
    : stiffness_(stiffness), green_(green), medium_(mean_medium(stiffness)) {
  const Grid& grid = stiffness.grid();
  const auto shape = field_shape(stiffness, grid.dimension());
  u_ = initial.defined() ? initial.to(stiffness.options()).clone()
                         : torch::zeros(shape, stiffness.options());
  const auto& kernels = stiffness_.kernels();
  const auto start = kernels.residual_of(kernels, stiffness_.tables(), green_.plan(), medium_, u_);
  r_ = start.residual;
  z_ = start.preconditioned;
  rz_ = start.product;
  first_energy_ = start.energy;
  beta_ = torch::zeros_like(rz_);
  first_rz_ = rz_.clone();
  // A homogeneous RVE has a right-hand side of round-off only: measured against the mean energy of
  // the unit loads there is nothing to solve.
  const double epsilon = round_off(c10::typeMetaToScalarType(stiffness.options().dtype()));
  floor_ = (stiffness.mean_stiffness().diagonal(0, 1, 2).to(rz_.device()) *
            (static_cast<double>(grid.n_voxels()) * epsilon * epsilon))
               .contiguous();
  p_ = z_.clone();
  with_voids_ = stiffness.any_void();
}

torch::Tensor KinematicIteration::residual() const {
  return torch::where(rz_ <= floor_, torch::zeros_like(rz_),
                      rz_ / torch::maximum(first_rz_, floor_))
      .sqrt();
}

void KinematicIteration::step() {
  const auto& kernels = stiffness_.kernels();
  if (with_voids_) before_.push_back(rz_.clone());
  decrease_ = kernels.kinematic_step(kernels, stiffness_.tables(), green_.plan(), medium_, floor_,
                                     {u_, r_, z_, p_, rz_, beta_, sum_, z_sum_, weight_});
  if (with_voids_) fall_.push_back(decrease_.clone());
}

std::vector<double> KinematicIteration::smallest_ritz_values() const {
  if (!with_voids_) return {};
  const auto batch = rz_.size(0), loads = rz_.size(1);
  std::vector<double> smallest(static_cast<std::size_t>(batch),
                               std::numeric_limits<double>::infinity());
  if (fall_.empty()) return smallest;
  const auto n_voxels = static_cast<double>(stiffness_.grid().n_voxels());
  const auto by_load = [&](const std::vector<torch::Tensor>& steps) {
    return torch::stack(steps, 2).to(torch::kCPU, torch::kDouble).contiguous();
  };
  const auto products = by_load(before_) / n_voxels, falls = by_load(fall_);
  const auto n = static_cast<std::size_t>(products.size(2));
  for (std::int64_t b = 0; b < batch; ++b) {
    if (!stiffness_.has_void()[static_cast<std::size_t>(b)]) continue;
    auto& value = smallest[static_cast<std::size_t>(b)];
    for (std::int64_t l = 0; l < loads; ++l) {
      const auto row = [&](const torch::Tensor& all) {
        const auto* begin = all.data_ptr<double>() + (b * loads + l) * static_cast<std::int64_t>(n);
        return std::vector<double>(begin, begin + n);
      };
      value = std::min(value, smallest_ritz_value(row(products), row(falls)));
    }
  }
  return smallest;
}

void KinematicIteration::start_smoothing(bool with_residual) {
  sum_ = u_.clone();
  if (with_residual) z_sum_ = z_.clone();
  weight_ = torch::ones_like(rz_);
}

torch::Tensor KinematicIteration::smoothed_displacement(bool precise) const {
  const auto type = precise ? torch::kDouble : u_.scalar_type();
  return smoothing() ? mean_of(sum_, weight_.to(type)) : u_.to(type);
}

torch::Tensor KinematicIteration::smoothed_preconditioned() const {
  return z_sum_.defined() ? mean_of(z_sum_, weight_.to(z_.scalar_type())) : z_;
}

torch::Tensor KinematicIteration::smoothing_factor() const {
  return smoothing() ? weight_.reciprocal() : torch::ones_like(rz_);
}

torch::Tensor KinematicIteration::gap() const {
  const auto& kernels = stiffness_.kernels();
  return kernels.strain_forms(kernels, stiffness_.tables(),
                              stiffness_.compliance_between(medium_.lambda, medium_.mu), z_);
}

void KinematicIteration::keep(const std::vector<std::int64_t>& members) {
  keep_members(members, {&u_, &r_, &z_, &p_, &rz_, &beta_, &sum_, &z_sum_, &weight_, &first_rz_,
                         &first_energy_, &floor_, &decrease_});
  for (auto* steps : {&before_, &fall_})
    for (auto& values : *steps) keep_members(members, {&values});
  stiffness_ = stiffness_.select(members);
  medium_ = mean_medium(stiffness_);
}

void KinematicIteration::rest(std::int64_t member) {
  floor_[member].fill_(std::numeric_limits<double>::infinity());
}

}  // namespace seco::surrogate
