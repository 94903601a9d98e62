#include "conjugate_gradients.h"

#include "difference_operator.h"
#include "eco_blocks.h"

namespace seco::surrogate {
namespace {

// Sum over components and grid, in double precision: [B, L, c, n...] -> [B, L].
torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b) {
  return (a * b).flatten(2).sum(2, /*keepdim=*/false, torch::kDouble);
}

torch::Tensor per_load(const torch::Tensor& values, const torch::Tensor& field) {
  std::vector<std::int64_t> shape(field.dim(), 1);
  shape[0] = values.size(0);
  shape[1] = values.size(1);
  return values.to(field.scalar_type()).reshape(shape);
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
    : stiffness_(stiffness),
      green_(stiffness.grid(), stiffness.options()),
      medium_(mean_medium(stiffness)) {
  const Grid& grid = stiffness.grid();
  u_ = torch::zeros(field_shape(stiffness, grid.dimension()), stiffness.options());
  const auto unit = with_grid_axes(unit_loads(grid, stiffness.options()), grid)
                        .expand(field_shape(stiffness, grid.n_components()));
  r_ = -divergence_of(stiffness_.apply(unit), grid);
  z_ = green_.apply(r_, medium_);
  rz_ = rz_zero_ = inner_product(r_, z_);  // at u = 0, whatever the start
  // A homogeneous RVE has a right-hand side of round-off only: measured against the mean energy of
  // the unit loads there is nothing to solve.
  const double epsilon = round_off(c10::typeMetaToScalarType(stiffness.options().dtype()));
  floor_ = stiffness.mean_stiffness().diagonal(0, 1, 2).to(rz_zero_.device()) *
           (static_cast<double>(grid.n_voxels()) * epsilon * epsilon);
  if (initial.defined()) {
    u_.copy_(initial);
    r_ = -divergence_of(stiffness_.apply(total_strain(u_, grid)), grid);
    z_ = green_.apply(r_, medium_);
    rz_ = inner_product(r_, z_);
  }
  p_ = z_.clone();
}

torch::Tensor KinematicIteration::residual() const {
  return torch::where(rz_ <= floor_, torch::zeros_like(rz_), rz_ / torch::maximum(rz_zero_, floor_))
      .sqrt();
}

void KinematicIteration::step() {
  const Grid& grid = stiffness_.grid();
  const auto ap = divergence_of(stiffness_.apply(strain_of(p_, grid)), grid);
  const auto p_ap = inner_product(p_, ap);
  // Finished load cases stand still while others of the same RVE go on.
  const auto moving = (rz_ > floor_) & (p_ap > 0);
  const auto alpha = torch::where(moving, rz_ / p_ap, torch::zeros_like(rz_));
  decrease_ = alpha * rz_ / static_cast<double>(grid.n_voxels());
  u_.add_(p_ * per_load(alpha, p_));
  r_.sub_(ap * per_load(alpha, p_));
  z_ = green_.apply(r_, medium_);
  const auto rz_new = inner_product(r_, z_);
  const auto beta = torch::where(moving, rz_new / rz_, torch::zeros_like(rz_));
  p_.mul_(per_load(beta, p_)).add_(z_);
  rz_ = rz_new;
}

torch::Tensor KinematicIteration::gap() const {
  return stiffness_.quadratic_form(strain_of(z_, stiffness_.grid()),
                                   stiffness_.compliance_between(medium_.lambda, medium_.mu));
}

void KinematicIteration::keep(const std::vector<std::int64_t>& members) {
  keep_members(members, {&u_, &r_, &z_, &p_, &rz_, &rz_zero_, &floor_, &decrease_});
  stiffness_ = stiffness_.select(members);
  medium_ = mean_medium(stiffness_);
}

StaticalIteration::StaticalIteration(const StiffnessField& stiffness, const GreenOperator& green,
                                     const torch::Tensor& initial)
    : stiffness_(stiffness), green_(green), medium_(mean_medium(stiffness)), t_(initial.clone()) {
  const Grid& grid = stiffness.grid();
  g_ = -stiffness_.apply_compliance(t_ + with_grid_axes(unit_loads(grid, t_.options()), grid));
  z_ = precondition(g_);
  gz_ = inner_product(g_, z_);
  p_ = z_.clone();
}

torch::Tensor StaticalIteration::precondition(const torch::Tensor& strain) const {
  return equilibrium_block(isotropic_stress(strain, medium_, stiffness_.grid()),
                           EquilibriumForm::projection, green_, medium_);
}

void StaticalIteration::step() {
  const auto sp = stiffness_.apply_compliance(p_);
  const auto p_sp = inner_product(p_, sp);
  const auto moving = (gz_ > 0) & (p_sp > 0);
  const auto alpha = torch::where(moving, gz_ / p_sp, torch::zeros_like(gz_));
  decrease_ = alpha * gz_ / static_cast<double>(stiffness_.grid().n_voxels());
  t_.add_(p_ * per_load(alpha, p_));
  g_.sub_(sp * per_load(alpha, p_));
  z_ = precondition(g_);
  const auto gz_new = inner_product(g_, z_);
  const auto beta = torch::where(moving, gz_new / gz_, torch::zeros_like(gz_));
  p_.mul_(per_load(beta, p_)).add_(z_);
  gz_ = gz_new;
}

void StaticalIteration::keep(const std::vector<std::int64_t>& members) {
  keep_members(members, {&t_, &g_, &z_, &p_, &gz_, &decrease_});
  stiffness_ = stiffness_.select(members);
  medium_ = mean_medium(stiffness_);
}

}  // namespace seco::surrogate
