#pragma once

#include <deal.II/base/subscriptor.h>
#include <deal.II/lac/diagonal_matrix.h>

#include <memory>

#include "linear_solver.h"

namespace seco::benchmarks {

/// The operator of macro::CellOperator by deal.II's MatrixFree and FEEvaluation, for comparison:
/// the same constraints, quadrature and stiffness, with the identity at constrained unknowns.
template <typename Number>
class DealiiOperator : public dealii::Subscriptor {
 public:
  using value_type = Number;
  using Vector = dealii::LinearAlgebra::distributed::Vector<Number>;
  using Diagonal = dealii::DiagonalMatrix<Vector>;

  /// @param per_cell takes the stiffness of the first point of a cell for all of them
  virtual void set_stiffness(const macro::StiffnessField<3>& stiffness, bool per_cell) = 0;
  virtual void vmult(Vector& destination, const Vector& source) const = 0;
  virtual std::shared_ptr<Diagonal> inverse_diagonal() const = 0;
  virtual void initialize_dof_vector(Vector& vector) const = 0;

  /// The matrix is symmetric.
  void Tvmult(Vector& destination, const Vector& source) const { vmult(destination, source); }
  virtual dealii::types::global_dof_index m() const = 0;
  /// Entries are not at hand; the interface of deal.II's smoothers asks for the function.
  Number el(unsigned int, unsigned int) const;
};

/// @throws std::invalid_argument unless the degree of the elements is 1 or 2
template <typename Number>
std::unique_ptr<DealiiOperator<Number>> make_dealii_operator(
    const dealii::DoFHandler<3>& dof_handler, const dealii::AffineConstraints<double>& constraints);

/// Conjugate gradients with these operators in the multigrid of the solver "matrix-free": the same
/// levels, stiffness of the levels, transfer and smoother, in single precision; on the coarsest
/// level Chebyshev's iteration as a solver (step-37).
std::unique_ptr<macro::LinearSolver<3>> make_dealii_solver(
    const macro::Discretization<3>& discretization, bool per_cell);

}  // namespace seco::benchmarks
