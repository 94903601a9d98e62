#include "tangent_solver.h"

#include <fmt/format.h>

#include "interruption.h"

namespace seco::macro {

template <int dim>
TangentSolver<dim>::TangentSolver(const MacroParameters<dim>& parameters,
                                  const BoundaryValueProblem<dim>& problem, RunLog& log)
    : parameters_(parameters),
      problem_(problem),
      log_(log),
      direct_(parameters.linear_algebra == "direct") {}

template <int dim>
void TangentSolver<dim>::forget() {
  if (solver_) solver_->forget();
  has_tangent_ = false;
}

template <int dim>
void TangentSolver<dim>::change_mesh() {
  solver_.reset();
  tangent_ = {};
  has_tangent_ = false;
}

template <int dim>
bool TangentSolver<dim>::switch_to_direct() {
  if (direct_ || problem_.dof_handler().n_dofs() > parameters_.largest_direct) return false;
  direct_ = true;
  direct_reason_ = fmt::format(
      "{} ({}); a direct solver took over, as 'Largest direct system' = {} in section 'Solver' "
      "allows",
      failure_, parameters_.linear_algebra, parameters_.largest_direct);
  log_.note(direct_reason_);
  solver_.reset();
  return try_to_set();
}

template <int dim>
bool TangentSolver<dim>::try_to_set() {
  if (!solver_)
    solver_ = make_linear_solver<dim>(direct_ ? "direct" : parameters_.linear_algebra,
                                      problem_.discretization());
  try {
    solver_->set_stiffness(tangent_, log_.timer());
    return true;
  } catch (const dealii::ExceptionBase& error) {
    failure_ = fmt::format("the library of the linear solver reports {}", error.get_exc_name());
  } catch (const std::runtime_error& error) {
    failure_ = error.what();
  }
  return false;
}

template <int dim>
bool TangentSolver<dim>::set(StiffnessField<dim> tangent) {
  tangent_ = std::move(tangent);
  has_tangent_ = try_to_set() || switch_to_direct();
  return has_tangent_;
}

template <int dim>
std::optional<typename TangentSolver<dim>::Vector> TangentSolver<dim>::solve(
    const Vector& right_hand_side, double goal) {
  const auto scope = log_.section("linear solver");
  for (;;) {
    InterruptibleControl control(parameters_.solver_iterations, goal, log_.communicator());
    auto solution = problem_.zero_vector();
    try {
      solver_->solve(solution, right_hand_side, control);
      n_iterations_ += control.last_step();
      problem_.homogeneous_constraints().distribute(solution);
      solution.update_ghost_values();
      if (std::isfinite(solution.l2_norm())) return solution;
      failure_ = "the linear solver gives no finite displacement";
    } catch (const dealii::SolverControl::NoConvergence& error) {
      n_iterations_ += error.last_step;
      failure_ = fmt::format(
          "the linear solver reached a residual of {:.3g} in {} iterations, asked for {:.3g}",
          error.last_residual, error.last_step, goal);
    } catch (const dealii::ExceptionBase& error) {
      failure_ = fmt::format("the library of the linear solver reports {}", error.get_exc_name());
    } catch (const std::runtime_error& error) {
      failure_ = error.what();
    }
    if (!switch_to_direct()) return std::nullopt;
  }
}

template class TangentSolver<2>;
template class TangentSolver<3>;

}  // namespace seco::macro
