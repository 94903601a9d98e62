#include "equilibrium_solver.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "element_stiffness.h"
#include "inner_forces.h"
#include "interruption.h"
#include "json_number.h"

namespace seco::macro {

template <int dim>
EquilibriumSolver<dim>::EquilibriumSolver(const MacroParameters<dim>& parameters,
                                          const BoundaryValueProblem<dim>& problem, RunLog& log)
    : parameters_(parameters),
      problem_(problem),
      log_(log),
      direct_(parameters.linear_algebra == "direct") {}

template <int dim>
void EquilibriumSolver<dim>::forget() {
  if (solver_) solver_->forget();
}

template <int dim>
void EquilibriumSolver<dim>::change_loads(Vector start, bool same_stiffness) {
  prepare();
  loads_ = problem_.assemble_loads();
  last_displacement_ = std::move(start);
  if (last_displacement_.size() > 0) last_displacement_.update_ghost_values();
  keep_stiffness_ = same_stiffness;
}

template <int dim>
void EquilibriumSolver<dim>::prepare() {
  if (solver_) return;
  loads_ = problem_.assemble_loads();
  solver_ = make_linear_solver<dim>(direct_ ? "direct" : parameters_.linear_algebra,
                                    problem_.discretization());
  residual_energy_ = std::make_unique<ResidualEnergy<dim>>(problem_.discretization());
}

template <int dim>
typename EquilibriumSolver<dim>::Vector EquilibriumSolver<dim>::residual(
    const StiffnessField<dim>& stiffness, const Vector& displacement) const {
  auto result = loads_.condensed;
  result -= inner_forces(problem_, stiffness, displacement);
  return result;
}

template <int dim>
double EquilibriumSolver<dim>::strain_energy(const StiffnessField<dim>& stiffness,
                                             const Vector& displacement) const {
  ElementStiffness<dim> cell_stiffness(problem_.element(), problem_.quadrature());
  dealii::Vector<double> local(problem_.element().n_dofs_per_cell()),
      force(problem_.element().n_dofs_per_cell());
  double energy = 0;
  CellCoefficients gathered;
  std::size_t number = 0;
  for (const auto& cell : problem_.dof_handler().active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    cell->get_dof_values(displacement, local);
    energy += problem_.spring_matrices().add_forces(number, local, force);
    subtract_translation(cell_stiffness, local);
    cell_stiffness.reinit(cell);
    energy += cell_stiffness.forces(stiffness.cell(number++, gathered), local, force);
  }
  return dealii::Utilities::MPI::sum(energy, log_.communicator());
}

template <int dim>
bool EquilibriumSolver<dim>::approach(const StiffnessField<dim>& stiffness, double goal,
                                      Solution& solution) {
  // The residual that a solver knows drifts away from the true one, which is computed anew after
  // every solve; the next solve is for the error that is left. Without progress of both the
  // residual and the potential energy, round-off is all that is left.
  constexpr unsigned int most_solves = 40;
  double last_decrease = std::numeric_limits<double>::infinity();
  auto unbalanced = residual(stiffness, solution.displacement);
  solution.residual = unbalanced.l2_norm();
  for (unsigned int solve = 0; solve < most_solves && solution.residual > goal; ++solve) {
    const unsigned int left = parameters_.solver_iterations - solution.iterations;
    InterruptibleControl control(left, goal, log_.communicator());
    auto correction = problem_.zero_vector();
    try {
      solver_->solve(correction, unbalanced, control);
    } catch (const dealii::SolverControl::NoConvergence& failure) {
      solution.iterations += failure.last_step;
      // Restarts that no longer get there have met round-off.
      if (solve > 0) return false;
      solution.failure = fmt::format(
          "the linear solver reached a residual of {:.3g} in {} iterations, asked for {:.3g}",
          failure.last_residual, failure.last_step, goal);
      return false;
    }
    solution.iterations += control.last_step();
    auto next = solution.displacement;
    next.zero_out_ghost_values();
    next += correction;
    problem_.constraints().distribute(next);
    next.update_ghost_values();
    auto next_unbalanced = residual(stiffness, next);
    const double norm = next_unbalanced.l2_norm();
    // Twice the decrease of the potential energy, which is the decrease of r . K^-1 r.
    const double decrease = correction * unbalanced + correction * next_unbalanced;
    if (!std::isfinite(norm) || !(decrease > 0)) return false;
    const bool stagnates = norm > 0.5 * solution.residual && decrease > 0.25 * last_decrease;
    last_decrease = decrease;
    solution.displacement = next;
    solution.residual = norm;
    unbalanced = next_unbalanced;
    if (stagnates) return false;
  }
  return solution.residual <= goal;
}

template <int dim>
Solution EquilibriumSolver<dim>::attempt(const StiffnessField<dim>& stiffness, const Vector& start,
                                         double load) {
  Solution solution;
  solution.displacement = start;
  solution.displacement.update_ghost_values();
  try {
    if (!has_stiffness_) solver_->set_stiffness(stiffness, log_.timer());
    has_stiffness_ = true;
    const auto scope = log_.section("linear solver");
    double goal = parameters_.solver_tolerance * load;
    for (;;) {
      const bool held = approach(stiffness, goal, solution);
      if (!solution.failure.empty()) return solution;
      const auto unbalanced = residual(stiffness, solution.displacement);
      // The computed residual has a round-off of about its own size where nothing else is left.
      constexpr double safety = 4;
      solution.error = residual_energy_->bound(stiffness, unbalanced);
      if (solution.error) *solution.error *= safety;
      solution.strain_energy = strain_energy(stiffness, solution.displacement);
      const double relative = solution.relative_error();
      if (!held || !(relative > parameters_.equilibrium_tolerance) || !std::isfinite(relative))
        break;
      goal = solution.residual *
             std::clamp(0.5 * parameters_.equilibrium_tolerance / relative, 1e-4, 0.5);
    }
  } catch (const dealii::ExceptionBase& error) {
    solution.failure =
        fmt::format("the library of the linear solver reports {}", error.get_exc_name());
  } catch (const std::runtime_error& error) {
    solution.failure = error.what();
  }
  solution.work = loads_.total * solution.displacement;
  return solution;
}

template <int dim>
bool EquilibriumSolver<dim>::direct_is_left(const Solution& solution) const {
  if (direct_ || problem_.dof_handler().n_dofs() > parameters_.largest_direct) return false;
  // Of so few iterations nobody can tell whether more would do.
  constexpr unsigned int enough_iterations = 100;
  const bool can_tell = parameters_.solver_iterations >= enough_iterations;
  if (!solution.failure.empty()) return can_tell;
  // Without the residual that was asked for, though more iterations might bring it.
  if (can_tell && solution.iterations >= parameters_.solver_iterations) return true;
  return solution.error && solution.relative_error() > parameters_.equilibrium_tolerance;
}

template <int dim>
void EquilibriumSolver<dim>::check_load(double load) const {
  if (!std::isfinite(load))
    throw std::runtime_error(fmt::format(
        "{}: section 'Boundary conditions': the loads add up to {}; allowed are loads whose sum "
        "and square are finite numbers",
        parameters_.file, load));
}

template <int dim>
void EquilibriumSolver<dim>::switch_to_direct(const Solution& solution) {
  const auto reason =
      solution.failure.empty()
          ? fmt::format(
                "the linear solver left an error of up to {:.1e} of the displacement in "
                "the energy norm after {} iterations",
                solution.relative_error(), solution.iterations)
          : solution.failure;
  record_.direct_reason = fmt::format(
      "{} ({}); a direct solver took over, as 'Largest direct system' = {} in section 'Solver' "
      "allows",
      reason, parameters_.linear_algebra, parameters_.largest_direct);
  log_.note(record_.direct_reason);
  direct_ = true;
  solver_ = make_linear_solver<dim>("direct", problem_.discretization());
  has_stiffness_ = false;
}

template <int dim>
void EquilibriumSolver<dim>::check_solution(const Solution& solution) const {
  const std::string way_out =
      direct_ ? ""
              : " Otherwise raise 'Largest number of iterations' or 'Tolerance' in section "
                "'Solver', or set 'Linear algebra' = direct there";
  if (!solution.failure.empty())
    throw std::runtime_error(
        fmt::format("{}: {}. Is the body held firmly enough by 'Displacement' in section 'Boundary "
                    "conditions'?{}",
                    parameters_.file, solution.failure, way_out));
  if (!std::isfinite(solution.strain_energy) || solution.strain_energy < 0 ||
      (solution.error && !(solution.relative_error() <= 1)))
    throw std::runtime_error(fmt::format(
        "{}: the displacement is not in equilibrium: its strain energy is {:.3g}, and that of its "
        "error may be {:.3g}. The body is too slender, or its stiffnesses are too far apart, for "
        "numbers in double precision; or it is not held firmly enough by 'Displacement' in section "
        "'Boundary conditions'.{}",
        parameters_.file, solution.strain_energy, 0.5 * solution.error.value_or(0.), way_out));
}

template <int dim>
Solution EquilibriumSolver<dim>::solve(const StiffnessField<dim>& stiffness,
                                       const std::string& name) {
  prepare();
  has_stiffness_ = has_stiffness_ && keep_stiffness_;
  keep_stiffness_ = false;
  // The displacement is the prescribed one, or that of the last stiffness, plus a correction.
  auto start = problem_.zero_vector();
  problem_.constraints().distribute(start);
  start.update_ghost_values();
  const double load = residual(stiffness, start).l2_norm();
  check_load(load);
  if (last_displacement_.size() > 0) start = last_displacement_;

  auto solution = attempt(stiffness, start, load);
  if (direct_is_left(solution)) {
    switch_to_direct(solution);
    auto other = attempt(stiffness, solution.failure.empty() ? solution.displacement : start, load);
    other.iterations += solution.iterations;
    if (!other.failure.empty())
      log_.note(other.failure);
    else if (!solution.failure.empty() || other.relative_error() < solution.relative_error())
      solution = std::move(other);
  }
  check_solution(solution);
  record_.iterations.push_back(solution.iterations);
  record_.errors.push_back(solution.relative_error());
  log_.print(fmt::format("== solve with the {} of the stiffness: {} iterations, {}, {}\n", name,
                         solution.iterations, direct_ ? "direct" : parameters_.linear_algebra,
                         solution.error ? fmt::format("error in the energy norm below {:.1e}",
                                                      solution.relative_error())
                                        : "no guaranteed error"));
  last_displacement_ = solution.displacement;
  last_displacement_.update_ghost_values();
  return solution;
}

template <int dim>
nlohmann::json EquilibriumSolver<dim>::state() const {
  auto errors = nlohmann::json::array();
  for (const double error : record_.errors) errors.push_back(number_or_null(error));
  nlohmann::json equilibrium = {{"errors", errors}};
  if (!record_.direct_reason.empty()) equilibrium["direct_solver"] = record_.direct_reason;
  return {{"linear_iterations", record_.iterations}, {"equilibrium", equilibrium}};
}

template <int dim>
void EquilibriumSolver<dim>::take_state(const nlohmann::json& state) {
  state.at("linear_iterations").get_to(record_.iterations);
  const auto& equilibrium = state.at("equilibrium");
  record_.errors.clear();
  for (const auto& error : equilibrium.at("errors")) record_.errors.push_back(number_or_nan(error));
  record_.direct_reason = equilibrium.value("direct_solver", "");
  direct_ = direct_ || !record_.direct_reason.empty();
}

template class EquilibriumSolver<2>;
template class EquilibriumSolver<3>;

}  // namespace seco::macro
