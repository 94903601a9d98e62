#include "conjugate_gradients.h"

#include <limits>

#include "conjugate_step.h"
#include "kernel_tables.h"

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

}  // namespace

KinematicIteration::KinematicIteration(const StiffnessField& stiffness,
                                       const torch::Tensor& initial)
    : KinematicIteration(stiffness, GreenOperator(stiffness.grid(), stiffness.options()), initial) {
}

KinematicIteration::KinematicIteration(const StiffnessField& stiffness, const GreenOperator& green,
                                       const torch::Tensor& initial)
    : stiffness_(stiffness), green_(green), medium_(mean_medium(stiffness)) {
  const Grid& grid = stiffness.grid();
  u_ = torch::zeros(field_shape(stiffness, grid.dimension()), stiffness.options());
  evaluate_residual();
  rz_zero_ = rz_.clone();  // at u = 0, whatever the start
  // A homogeneous RVE has a right-hand side of round-off only: measured against the mean energy of
  // the unit loads there is nothing to solve.
  const double epsilon = round_off(c10::typeMetaToScalarType(stiffness.options().dtype()));
  floor_ = (stiffness.mean_stiffness().diagonal(0, 1, 2).to(rz_zero_.device()) *
            (static_cast<double>(grid.n_voxels()) * epsilon * epsilon))
               .contiguous();
  if (initial.defined()) {
    u_.copy_(initial);
    evaluate_residual();
  }
  p_ = z_.clone();
}

void KinematicIteration::evaluate_residual() {
  const auto& kernels = stiffness_.kernels();
  const auto start = kernels.residual_of(kernels, stiffness_.tables(), green_.plan(), medium_, u_);
  r_ = start.residual;
  z_ = start.preconditioned;
  rz_ = start.product;
  beta_ = torch::zeros_like(rz_);
}

torch::Tensor KinematicIteration::residual() const {
  return torch::where(rz_ <= floor_, torch::zeros_like(rz_), rz_ / torch::maximum(rz_zero_, floor_))
      .sqrt();
}

void KinematicIteration::step() {
  const auto& kernels = stiffness_.kernels();
  decrease_ = kernels.kinematic_step(kernels, stiffness_.tables(), green_.plan(), medium_, floor_,
                                     {u_, r_, z_, p_, rz_, beta_});
}

torch::Tensor KinematicIteration::gap() const {
  const auto& kernels = stiffness_.kernels();
  return kernels.strain_forms(kernels, stiffness_.tables(),
                              stiffness_.compliance_between(medium_.lambda, medium_.mu), z_);
}

void KinematicIteration::keep(const std::vector<std::int64_t>& members) {
  keep_members(members, {&u_, &r_, &z_, &p_, &rz_, &beta_, &rz_zero_, &floor_, &decrease_});
  stiffness_ = stiffness_.select(members);
  medium_ = mean_medium(stiffness_);
}

void KinematicIteration::rest(std::int64_t member) {
  floor_[member].fill_(std::numeric_limits<double>::infinity());
}

DualIteration::DualIteration(const StiffnessField& stiffness, const GreenOperator& green,
                             const torch::Tensor& initial)
    : stiffness_(stiffness),
      green_(green),
      medium_(mean_medium(stiffness)),
      t_(initial.clone(torch::MemoryFormat::Contiguous)) {
  const Grid& grid = stiffness.grid();
  g_ = -stiffness_.apply_compliance(t_ + with_grid_axes(unit_loads(grid, t_.options()), grid));
  gz_ = precondition();
  beta_ = torch::zeros_like(gz_);
  const double epsilon = round_off(t_.scalar_type());
  floor_ = stiffness.mean_compliance().diagonal(0, 1, 2).to(gz_.device()) *
           (static_cast<double>(grid.n_voxels()) * epsilon * epsilon);
  p_ = z_.clone();
}

torch::Tensor DualIteration::precondition() {
  const auto& kernels = stiffness_.kernels();
  z_ = kernels.equilibrated_part(kernels, &medium_, g_, green_.plan(), medium_, nullptr).stress;
  // The strain tends to a compatible one, which does no work on any z: without that part, g . z is
  // not lost in the round-off of a large strain.
  const auto two_mu = 2. * medium_.mu, lambda = medium_.lambda;
  const ReferenceMedium inverse{
      -lambda / (two_mu * (two_mu + stiffness_.grid().dimension() * lambda)), 0.5 / two_mu};
  g_ = kernels.isotropic_stress(inverse, z_, stiffness_.grid());
  return kernels.inner_product(g_, z_);
}

void DualIteration::step() {
  decrease_ = conjugate_step(
                  stiffness_.kernels(), floor_, {t_, g_, z_, p_, gz_, beta_},
                  [&](const torch::Tensor& p) { return stiffness_.apply_compliance(p); },
                  [&] { return precondition(); }) /
              static_cast<double>(stiffness_.grid().n_voxels());
}

void DualIteration::keep(const std::vector<std::int64_t>& members) {
  keep_members(members, {&t_, &g_, &z_, &p_, &gz_, &beta_, &floor_, &decrease_});
  stiffness_ = stiffness_.select(members);
  medium_ = mean_medium(stiffness_);
}

}  // namespace seco::surrogate
