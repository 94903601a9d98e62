#pragma once

#include <string>

#include "step_response.h"
#include "tangent_solver.h"

namespace seco::macro {

/// A displacement that minimizes the incremental potential of a step, or why none was found.
template <int dim>
struct Increment {
  using Vector = typename BoundaryValueProblem<dim>::Vector;

  /// Why it has failed; empty if it has not.
  std::string failure;
  /// Fraction of the step to try instead, if it has.
  double step_fraction = 0.5;
  Vector displacement;
  StepResponse<dim> response;
  unsigned int newton_iterations = 0, linear_iterations = 0;
  /// Norm of the residual relative to the forces.
  double relative_residual = 0;

  bool converged() const { return failure.empty(); }
};

/// Newton's method with consistent tangents and a line search on the incremental potential, for one
/// step of time; linear systems are solved as accurately as quadratic convergence needs (Eisenstat
/// and Walker 1996, SIAM J. Sci. Comput. 17, choice 2). Collective.
template <int dim>
class IncrementSolver {
 public:
  using Vector = typename BoundaryValueProblem<dim>::Vector;
  using Loads = typename BoundaryValueProblem<dim>::Loads;

  /// What it refers to must outlive it.
  IncrementSolver(const MacroParameters<dim>& parameters, const BoundaryValueProblem<dim>& problem,
                  const MaterialField<dim>& materials, TangentSolver<dim>& tangent_solver,
                  RunLog& log);

  /// The constraints of the problem are those at the end of the step.
  /// @param start need not have the prescribed displacements
  /// @param force_scale largest norm of the forces of the steps before
  /// @param tolerance of the residual, relative to the forces
  Increment<dim> solve(const plugin::LoadStep& step, const Loads& loads, const Vector& start,
                       double force_scale, double tolerance);

  /// A displacement with the constraints of the problem, and ghost values.
  Vector constrained(const Vector& displacement) const {
    return moved(displacement, 0., displacement);
  }
  /// What the materials answer; the time counts as theirs.
  StepResponse<dim> respond_to(const Vector& displacement, const plugin::LoadStep& step,
                               const Loads& loads) const;
  /// Norm of the forces at all nodes, reactions included, or of earlier ones if that is larger.
  double scale_of(const StepResponse<dim>& response, const Loads& loads, double least) const;

 private:
  /// Goes on along a direction, as far as the potential, or else the residual, falls. On failure
  /// the increment says why.
  bool search(const plugin::LoadStep& step, const Loads& loads, const Vector& direction,
              Increment<dim>& increment) const;
  /// The displacement plus a multiple of the direction, with all constraints.
  Vector moved(const Vector& displacement, double factor, const Vector& direction) const;

  const MacroParameters<dim>& parameters_;
  const BoundaryValueProblem<dim>& problem_;
  const MaterialField<dim>& materials_;
  TangentSolver<dim>& tangent_solver_;
  RunLog& log_;
};

}  // namespace seco::macro
