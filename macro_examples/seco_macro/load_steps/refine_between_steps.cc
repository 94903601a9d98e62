// The mesh is refined between load steps, and the state goes to the points of the finer one.
#include <fmt/format.h>

#include "load_steps.h"
#include "mark_cells.h"

namespace seco::macro {

template <int dim>
bool LoadSteps<dim>::is_time_to_refine() const {
  const auto every = parameters_.load_steps.refine_every;
  return every > 0 && !records_.empty() && records_.size() % every == 0;
}

template <int dim>
void LoadSteps<dim>::refine() {
  const auto scope = log_.section("refinement of the mesh");
  const auto& p = parameters_.load_steps;
  // A run that is continued has not been there.
  problem_.set_time(time());
  const unsigned int finest = problem_.first_mesh_levels() - 1 + p.refinement_levels;
  // A moment in which nothing creeps; some laws have no answer to none at all.
  constexpr double moment = 1e-9;
  const plugin::LoadStep step{time(), time() + moment * records_.back().duration};
  const auto present = increment_solver_.respond_to(displacement_, step, problem_.assemble_loads());
  for (std::size_t m = 0; m < materials_.n_materials(); ++m) materials_.material(m).reject();
  if (present.step_fraction < 1 ||
      mark_cells(problem_, traction_jumps(problem_, materials_, present), p, finest) == 0) {
    const auto n_cells = problem_.mesh().n_global_active_cells();
    const bool is_full = static_cast<double>(n_cells) + ((1 << dim) - 1) > p.largest_cells;
    log_.print(fmt::format(
        "== the mesh stays: {}\n",
        present.step_fraction < 1 ? present.refusal
        : is_full ? fmt::format("it has {} cells, and 'Largest number of cells' is {:g}", n_cells,
                                p.largest_cells)
                  : "no cell is to be refined"));
    return;
  }
  RefinementRecord record;
  record.n_cells_before = problem_.mesh().n_global_active_cells();
  auto states = materials_.states_of_cells();
  problem_.refine(displacement_, states,
                  [&](const auto& of_parent) { return materials_.states_of_children(of_parent); });
  materials_.take_refined(states);
  tangent_solver_.change_mesh();
  certificate_.change_mesh();
  const auto n_cells = problem_.mesh().n_global_active_cells();
  record.n_refined = (n_cells - record.n_cells_before) / ((1 << dim) - 1);

  const auto loads = problem_.assemble_loads();
  displacement_ = increment_solver_.constrained(displacement_);
  const auto transferred = increment_solver_.respond_to(displacement_, step, loads);
  if (transferred.step_fraction < 1)
    throw std::runtime_error(fmt::format(
        "{}: section 'Load steps': after the refinement of the mesh at the time {:g}, {}; a larger "
        "'Refine every', or 0, avoids it",
        parameters_.file, time(), transferred.refusal));
  // The same forces are spread over more nodes.
  const double scale = increment_solver_.scale_of(transferred, loads, 0.);
  if (force_norm_ > 0) force_scale_ *= scale / force_norm_;
  force_scale_ = std::max(force_scale_, scale);
  record.relative_residual = force_scale_ > 0 ? transferred.residual.l2_norm() / force_scale_ : 0.;
  auto increment =
      increment_solver_.solve(step, loads, displacement_, force_scale_, p.newton_tolerance);
  record.newton_iterations = increment.newton_iterations;
  if (increment.converged()) {
    materials_.accept();
    displacement_ = std::move(increment.displacement);
    displacement_.update_ghost_values();
  } else {
    for (std::size_t m = 0; m < materials_.n_materials(); ++m) materials_.material(m).reject();
    record.failure = increment.failure;
    log_.keep_note(fmt::format(
        "after the refinement of the mesh at the time {:g} no equilibrium was found under the same "
        "loads ({}); the next step starts from the transferred state",
        time(), increment.failure));
  }
  // The last two steps were on another mesh, so that none is extrapolated.
  displacement_before_ = loads_before_ = Vector();
  stresses_before_.clear();
  response_ = {};
  loads_ = loads.total;
  log_.print(fmt::format(
      "== mesh refined: {} of {} cells, now {} with {} unknowns; the transferred state misses "
      "equilibrium by {:.2g} of the forces{}\n",
      record.n_refined, record.n_cells_before, n_cells, problem_.dof_handler().n_dofs(),
      record.relative_residual,
      record.failure.empty()
          ? fmt::format(", none after {} Newton iterations", record.newton_iterations)
          : ""));
  refinement_ = std::move(record);
}

template bool LoadSteps<2>::is_time_to_refine() const;
template bool LoadSteps<3>::is_time_to_refine() const;
template void LoadSteps<2>::refine();
template void LoadSteps<3>::refine();

}  // namespace seco::macro
