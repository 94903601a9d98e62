#include "conjugate_gradients.h"

#include <limits>

#include "../cpu/equilibrium.h"
#include "../cpu/field_algebra.h"
#include "../cpu/field_kernels.h"
#include "../cpu/fused_iteration.h"
#include "../cuda/fused_iteration.h"
#include "../cuda/operators.h"
#include "difference_operator.h"
#include "eco_blocks.h"

namespace seco::surrogate {
namespace {

// Sum over components and grid, in double precision: [B, L, c, n...] -> [B, L].
torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b) {
  if (cuda::takes(a)) return cuda::inner_product(a, b);
  if (cpu::takes(a)) return cpu::inner_product(a, b);
  return (a * b).flatten(2).sum(2, /*keepdim=*/false, torch::kDouble);
}

torch::Tensor per_load(const torch::Tensor& values, const torch::Tensor& field) {
  std::vector<std::int64_t> shape(field.dim(), 1);
  shape[0] = values.size(0);
  shape[1] = values.size(1);
  return values.to(field.scalar_type()).reshape(shape);
}

// u += alpha p, r -= alpha q.
void advance(const torch::Tensor& alpha, const torch::Tensor& p, const torch::Tensor& q,
             torch::Tensor& u, torch::Tensor& r) {
  if (cuda::takes(u)) return cuda::advance(alpha, p, q, u, r);
  if (cpu::takes(u)) {
    const auto one = torch::ones_like(alpha);
    cpu::update(alpha, p, one, u);
    cpu::update(-alpha, q, one, r);
    return;
  }
  u.add_(p * per_load(alpha, p));
  r.sub_(q * per_load(alpha, p));
}

// p = z + beta p.
void turn(const torch::Tensor& beta, const torch::Tensor& z, torch::Tensor& p) {
  if (cuda::takes(p)) return cuda::turn(beta, z, p);
  if (cpu::takes(p)) return cpu::update(torch::ones_like(beta), z, beta, p);
  p.mul_(per_load(beta, p)).add_(z);
}

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

ReferenceMedium mean_medium(const StiffnessField& stiffness) {
  const auto [lambda, mu] = stiffness.mean_lame();
  return {lambda, mu};
}

torch::Tensor total_strain(const torch::Tensor& displacement, const Grid& grid) {
  return strain_of(displacement, grid) +
         with_grid_axes(unit_loads(grid, displacement.options()), grid);
}

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
  if (cuda::has_fused_path(stiffness_)) {
    cuda::start_iteration(stiffness_, medium_, {u_, r_, z_, p_, rz_, beta_});
    return;
  }
  if (cpu::has_fused_path(stiffness_)) {
    const auto [residual, preconditioned, product] =
        cpu::residual_of(stiffness_, green_, medium_, u_);
    r_ = residual;
    z_ = preconditioned;
    rz_ = product;
    return;
  }
  r_ = -divergence_of(stiffness_.apply(total_strain(u_, stiffness_.grid())), stiffness_.grid());
  z_ = green_.apply(r_, medium_);
  rz_ = inner_product(r_, z_);
}

torch::Tensor KinematicIteration::residual() const {
  return torch::where(rz_ <= floor_, torch::zeros_like(rz_), rz_ / torch::maximum(rz_zero_, floor_))
      .sqrt();
}

void KinematicIteration::step() {
  if (cuda::has_fused_path(stiffness_)) {
    decrease_ = cuda::kinematic_step(stiffness_, medium_, floor_, {u_, r_, z_, p_, rz_, beta_});
    return;
  }
  if (cpu::has_fused_path(stiffness_)) {
    decrease_ = cpu::kinematic_step(stiffness_, green_, medium_, {u_, r_, z_, p_}, rz_, floor_);
    return;
  }
  const Grid& grid = stiffness_.grid();
  const auto ap = divergence_of(stiffness_.apply(strain_of(p_, grid)), grid);
  const auto p_ap = inner_product(p_, ap);
  // Finished load cases stand still while others of the same RVE go on.
  const auto moving = (rz_ > floor_) & (p_ap > 0);
  const auto alpha = torch::where(moving, rz_ / p_ap, torch::zeros_like(rz_));
  decrease_ = alpha * rz_ / static_cast<double>(grid.n_voxels());
  advance(alpha, p_, ap, u_, r_);
  z_ = green_.apply(r_, medium_);
  const auto rz_new = inner_product(r_, z_);
  const auto beta = torch::where(moving, rz_new / rz_, torch::zeros_like(rz_));
  turn(beta, z_, p_);
  rz_ = rz_new;
}

torch::Tensor KinematicIteration::gap() const {
  const auto table = stiffness_.compliance_between(medium_.lambda, medium_.mu);
  return cpu::has_fused_path(stiffness_)
             ? cpu::strain_forms(stiffness_, z_, table)
             : stiffness_.quadratic_form(strain_of(z_, stiffness_.grid()), table);
}

void KinematicIteration::keep(const std::vector<std::int64_t>& members) {
  keep_members(members, {&u_, &r_, &z_, &p_, &rz_, &beta_, &rz_zero_, &floor_, &decrease_});
  stiffness_ = stiffness_.select(members);
  medium_ = mean_medium(stiffness_);
}

void KinematicIteration::rest(std::int64_t member) {
  floor_[member].fill_(std::numeric_limits<double>::infinity());
}

StaticalIteration::StaticalIteration(const StiffnessField& stiffness, const GreenOperator& green,
                                     const torch::Tensor& initial)
    : stiffness_(stiffness),
      green_(green),
      medium_(mean_medium(stiffness)),
      t_(initial.clone(torch::MemoryFormat::Contiguous)) {
  const Grid& grid = stiffness.grid();
  g_ = -stiffness_.apply_compliance(t_ + with_grid_axes(unit_loads(grid, t_.options()), grid));
  precondition();
  const double epsilon = round_off(t_.scalar_type());
  floor_ = stiffness.mean_compliance().diagonal(0, 1, 2).to(gz_.device()) *
           (static_cast<double>(grid.n_voxels()) * epsilon * epsilon);
  p_ = z_.clone();
}

void StaticalIteration::precondition() {
  const Grid& grid = stiffness_.grid();
  z_ = cpu::takes(g_) ? cpu::equilibrated_part(medium_, g_, green_, medium_, nullptr).stress
                      : equilibrium_block(isotropic_stress(g_, medium_, grid),
                                          EquilibriumForm::projection, green_, medium_);
  // The strain tends to a compatible one, which does no work on any z: without that part, g . z is
  // not lost in the round-off of a large strain.
  const auto two_mu = 2. * medium_.mu, lambda = medium_.lambda;
  const ReferenceMedium inverse{-lambda / (two_mu * (two_mu + grid.dimension() * lambda)),
                                0.5 / two_mu};
  g_ = isotropic_stress(z_, inverse, grid);
  gz_ = inner_product(g_, z_);
}

void StaticalIteration::step() {
  const auto sp = stiffness_.apply_compliance(p_);
  const auto p_sp = inner_product(p_, sp);
  const auto moving = (gz_ > floor_) & (p_sp > 0);
  const auto alpha = torch::where(moving, gz_ / p_sp, torch::zeros_like(gz_));
  decrease_ = alpha * gz_ / static_cast<double>(stiffness_.grid().n_voxels());
  advance(alpha, p_, sp, t_, g_);
  const auto gz_old = gz_;
  precondition();
  const auto beta = torch::where(moving, gz_ / gz_old, torch::zeros_like(gz_));
  turn(beta, z_, p_);
}

void StaticalIteration::keep(const std::vector<std::int64_t>& members) {
  keep_members(members, {&t_, &g_, &z_, &p_, &gz_, &floor_, &decrease_});
  stiffness_ = stiffness_.select(members);
  medium_ = mean_medium(stiffness_);
}

}  // namespace seco::surrogate
