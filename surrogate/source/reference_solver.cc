#include "reference_solver.h"

#include "difference_operator.h"

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

}  // namespace

ReferenceMedium mean_medium(const StiffnessField& stiffness) {
  const auto [lambda, mu] = stiffness.mean_lame();
  return {lambda, mu};
}

torch::Tensor total_strain(const torch::Tensor& displacement, const Grid& grid) {
  return strain_of(displacement, grid) +
         with_grid_axes(unit_loads(grid, displacement.options()), grid);
}

MicroSolution solve(const StiffnessField& all, const SolverSettings& settings,
                    const torch::Tensor& initial) {
  torch::NoGradGuard no_grad;
  const Grid& grid = all.grid();
  const std::int64_t batch = all.batch_size(), loads = grid.n_components();
  const GreenOperator green(grid, all.options());

  std::vector<std::int64_t> shape{batch, loads, grid.dimension()};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  MicroSolution result;
  result.displacement = torch::zeros(shape, all.options());
  if (initial.defined()) result.displacement.copy_(initial);
  result.iterations.assign(batch, 0);
  result.residual.assign(batch, 0.);
  result.converged.assign(batch, false);

  // The part of the batch that still iterates, and where its members belong in the result.
  StiffnessField stiffness = all;
  std::vector<std::int64_t> members(batch);
  for (std::int64_t b = 0; b < batch; ++b) members[b] = b;

  const auto unit = with_grid_axes(unit_loads(grid, all.options()), grid);
  const auto zero_strain = unit + torch::zeros(
                                      [&] {
                                        auto s = shape;
                                        s[2] = loads;
                                        return s;
                                      }(),
                                      all.options());
  ReferenceMedium medium = mean_medium(stiffness);
  auto r = -divergence_of(stiffness.apply(zero_strain), grid);
  auto z = green.apply(r, medium);
  auto rz_zero = inner_product(r, z);  // at u = 0, whatever the start
  // A homogeneous RVE has a right-hand side of round-off only: measured against the mean energy of
  // the unit loads there is nothing to solve.
  const double epsilon = round_off(c10::typeMetaToScalarType(all.options().dtype()));
  auto floor = all.mean_stiffness().diagonal(0, 1, 2).to(rz_zero.device()) *
               (static_cast<double>(grid.n_voxels()) * epsilon * epsilon);
  auto u = result.displacement.clone();
  if (initial.defined()) {
    r = -divergence_of(stiffness.apply(total_strain(u, grid)), grid);
    z = green.apply(r, medium);
  }
  auto rz = inner_product(r, z);
  auto p = z.clone();

  for (unsigned int iteration = 0;; ++iteration) {
    const auto relative =
        torch::where(rz <= floor, torch::zeros_like(rz), rz / torch::maximum(rz_zero, floor))
            .sqrt();
    const auto worst = std::get<0>(relative.max(1)).cpu();
    std::vector<std::int64_t> active;
    for (std::int64_t i = 0; i < worst.size(0); ++i) {
      const double value = worst[i].item<double>();
      const auto b = members[i];
      const bool converged = value <= settings.tolerance;
      result.residual[b] = value;
      result.iterations[b] = iteration;
      result.converged[b] = converged;
      if (!converged && iteration < settings.max_iterations && std::isfinite(value))
        active.push_back(i);
      else
        result.displacement[b].copy_(u[i]);
    }
    if (active.empty()) break;
    if (active.size() < members.size()) {
      const auto keep = torch::tensor(active, torch::kLong).to(u.device());
      for (auto* t : {&u, &r, &z, &p, &rz, &rz_zero, &floor}) *t = t->index_select(0, keep);
      stiffness = stiffness.select(active);
      medium = mean_medium(stiffness);
      std::vector<std::int64_t> remaining;
      for (const auto i : active) remaining.push_back(members[i]);
      members = remaining;
    }
    const auto ap = divergence_of(stiffness.apply(strain_of(p, grid)), grid);
    const auto p_ap = inner_product(p, ap);
    // Finished load cases stand still while others of the same RVE go on.
    const auto moving = (rz > floor) & (p_ap > 0);
    const auto alpha = torch::where(moving, rz / p_ap, torch::zeros_like(rz));
    u.add_(p * per_load(alpha, p));
    r.sub_(ap * per_load(alpha, p));
    z = green.apply(r, medium);
    const auto rz_new = inner_product(r, z);
    const auto beta = torch::where(moving, rz_new / rz, torch::zeros_like(rz));
    p.mul_(per_load(beta, p)).add_(z);
    rz = rz_new;
  }
  return result;
}

}  // namespace seco::surrogate
