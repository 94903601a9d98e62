#pragma once

#include <deal.II/base/quadrature.h>
#include <deal.II/base/timer.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/lac/affine_constraints.h>
#include <deal.II/lac/la_parallel_vector.h>
#include <deal.II/lac/solver_control.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "rigid_motions.h"
#include "spring_matrices.h"
#include "stiffness_field.h"

namespace seco::macro {

/// The finite element problem that a linear solver works on; what it refers to must outlive the
/// solver.
template <int dim>
struct Discretization {
  /// Of FESystem(FE_Q(p), dim).
  const dealii::DoFHandler<dim>& dof_handler;
  /// Hanging nodes, and prescribed displacements made zero.
  const dealii::AffineConstraints<double>& constraints;
  /// Gauss points, p + 1 along each axis.
  const dealii::Quadrature<dim>& quadrature;
  const RigidMotions<dim>& rigid_motions;
  /// Closes the same constraints for another mesh or degree.
  std::function<void(const dealii::DoFHandler<dim>&, dealii::AffineConstraints<double>&)> constrain;
  /// Of elastic foundations, which are part of K; null for none.
  const SpringMatrices<dim>* springs = nullptr;
  /// The same for another mesh or degree; empty for none.
  std::function<SpringMatrices<dim>(const dealii::DoFHandler<dim>&)> make_springs = {};
  /// Normals at nodes that slide in a plane, by the unknown of their first component: constraints
  /// make one component follow the others. Null for none.
  const std::map<dealii::types::global_dof_index, dealii::Tensor<1, dim>>* normals = nullptr;
};

/// Solves K(C) u = f with one stiffness C after another, K with the springs of the discretization;
/// what does not depend on C is kept. All
/// functions are collective.
template <int dim>
class LinearSolver {
 public:
  using Vector = dealii::LinearAlgebra::distributed::Vector<double>;

  virtual ~LinearSolver() = default;

  /// The matrix, or what stands for it, of this stiffness; sections "assembly" and "preconditioner"
  /// of the timer.
  virtual void set_stiffness(const StiffnessField<dim>& stiffness, dealii::TimerOutput& timer) = 0;

  /// Lets the next solve be that of a solver without a past, to the last bit, as in a run that is
  /// restarted here.
  virtual void forget() {}

  /// Solves K x = right-hand side from x = 0. What it takes for the residual is that of its own
  /// recursion, which in ill-conditioned bodies is far below the true one.
  /// @param right_hand_side zero at constrained unknowns
  /// @param control when to stop; has the number of iterations afterwards
  /// @throws dealii::SolverControl::NoConvergence
  virtual void solve(Vector& x, const Vector& right_hand_side, dealii::SolverControl& control) = 0;

  /// Bytes in which this rank keeps stiffnesses of points, besides matrices.
  virtual std::size_t stiffness_memory() const { return 0; }
};

/// A solver by its name in parameter files: conjugate gradients with "PETSc" or "Trilinos", an
/// assembled matrix and algebraic multigrid, or "matrix-free" with geometric multigrid; "direct"
/// with the factors of the matrix by MUMPS.
/// @throws std::invalid_argument if matrix-free has no elements of this degree
template <int dim>
std::unique_ptr<LinearSolver<dim>> make_linear_solver(const std::string& name,
                                                      const Discretization<dim>& discretization);

template <int dim>
std::unique_ptr<LinearSolver<dim>> make_petsc_solver(const Discretization<dim>& discretization);
template <int dim>
std::unique_ptr<LinearSolver<dim>> make_trilinos_solver(const Discretization<dim>& discretization);
template <int dim>
std::unique_ptr<LinearSolver<dim>> make_matrix_free_solver(
    const Discretization<dim>& discretization);
template <int dim>
std::unique_ptr<LinearSolver<dim>> make_direct_solver(const Discretization<dim>& discretization);

}  // namespace seco::macro
