#pragma once

#include <memory>
#include <optional>
#include <string>

#include "boundary_value_problem.h"
#include "linear_solver.h"

namespace seco::macro {

/// Solves with one tangent after another, by the linear solver of the run; where that fails, a
/// direct solver takes over, if the body has no more unknowns than it is allowed. Collective.
template <int dim>
class TangentSolver {
 public:
  using Vector = typename BoundaryValueProblem<dim>::Vector;

  /// What it refers to must outlive it; constraints may be made later.
  TangentSolver(const MacroParameters<dim>& parameters, const BoundaryValueProblem<dim>& problem,
                RunLog& log);

  /// The tangent that is solved with from now on. @return whether a solver takes it
  bool set(StiffnessField<dim> tangent);
  const StiffnessField<dim>& tangent() const { return tangent_; }
  /// Whether a tangent is set and solved with.
  bool has_tangent() const { return has_tangent_; }

  /// A displacement near K^-1 f, zero at constrained unknowns, hanging nodes following; none if the
  /// solver fails.
  /// @param goal norm of the residual
  std::optional<Vector> solve(const Vector& right_hand_side, double goal);
  /// Why the last call of `set` or `solve` failed.
  const std::string& failure() const { return failure_; }

  unsigned int n_iterations() const { return n_iterations_; }
  /// Why the direct solver took over; empty if it did not.
  const std::string& direct_reason() const { return direct_reason_; }
  /// As LinearSolver::forget.
  void forget();
  /// The problem has another mesh.
  void change_mesh();

 private:
  bool switch_to_direct();
  bool try_to_set();

  const MacroParameters<dim>& parameters_;
  const BoundaryValueProblem<dim>& problem_;
  RunLog& log_;
  std::unique_ptr<LinearSolver<dim>> solver_;
  StiffnessField<dim> tangent_;
  bool direct_, has_tangent_ = false;
  unsigned int n_iterations_ = 0;
  std::string failure_, direct_reason_;
};

}  // namespace seco::macro
