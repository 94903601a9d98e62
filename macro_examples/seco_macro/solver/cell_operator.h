#pragma once

#include <deal.II/base/aligned_vector.h>
#include <deal.II/base/subscriptor.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/lac/affine_constraints.h>
#include <deal.II/lac/diagonal_matrix.h>
#include <deal.II/lac/la_parallel_vector.h>

#include <memory>
#include <vector>

#include "seco/simd/vectors.h"
#include "spring_matrices.h"
#include "stiffness_field.h"

namespace seco::macro {

/// The stiffness matrix of Lagrange elements of degree 1 to 3 as an operator, without a matrix:
/// P^T (sum of cells B^T C B, and of springs) P, where P makes hanging nodes follow and removes
/// prescribed unknowns; the latter rows are those of the identity.
template <int dim, typename Number>
class CellOperator : public dealii::Subscriptor {
 public:
  using value_type = Number;
  using Vector = dealii::LinearAlgebra::distributed::Vector<Number>;

  /// Geometry and numbering. @param constraints hanging nodes and zeros
  /// @param springs may be null
  CellOperator(const dealii::DoFHandler<dim>& dof_handler,
               const dealii::AffineConstraints<double>& constraints,
               const SpringMatrices<dim>* springs = nullptr);

  /// Takes the stiffness of the Gauss points, degree + 1 along each axis.
  void set_stiffness(const StiffnessField<dim>& stiffness);

  void vmult(Vector& destination, const Vector& source) const;
  /// The matrix is symmetric.
  void Tvmult(Vector& destination, const Vector& source) const { vmult(destination, source); }

  /// Inverse of the diagonal. At hanging nodes' neighbours the mixed terms are left out, which
  /// makes it a little smaller; a smoother with estimated eigenvalues does not mind.
  std::shared_ptr<dealii::DiagonalMatrix<Vector>> inverse_diagonal(
      const StiffnessField<dim>& stiffness) const;

  /// Bytes of the stiffness with its integration weights.
  std::size_t stiffness_memory() const {
    return (stiffness_.capacity() + weights_.capacity()) * sizeof(Block);
  }

  void initialize_dof_vector(Vector& vector) const { vector.reinit(partitioner_); }
  dealii::types::global_dof_index m() const { return dof_handler_.n_dofs(); }
  /// Entries are not at hand; the interface of deal.II's smoothers asks for the function.
  Number el(unsigned int, unsigned int) const;

 private:
  using Block = simd::Vector<Number>;
  static constexpr unsigned int n_lanes = simd::lanes<Number>;

  /// Values of constrained unknowns from the others, and forces the other way.
  void distribute(Vector& vector) const;
  void condense(Vector& vector) const;

  const dealii::DoFHandler<dim>& dof_handler_;
  unsigned int degree_, n_points_, n_unknowns_;
  std::shared_ptr<const dealii::Utilities::MPI::Partitioner> partitioner_;
  std::vector<Number> shape_, derivative_;
  std::size_t n_cells_ = 0, n_batches_ = 0;
  std::vector<unsigned int> unknowns_;
  dealii::AlignedVector<Block> inverse_jacobians_, stiffness_;
  /// Determinants of the Jacobians times reference weights, [batch][point].
  dealii::AlignedVector<Block> weights_;
  std::vector<std::size_t> jacobian_start_;
  std::vector<char> affine_;
  /// Local numbers of the constrained unknowns, and of what they follow, with weights.
  std::vector<unsigned int> constrained_, master_start_, masters_;
  std::vector<Number> master_weights_;
  /// Of cells with springs: local numbers of the unknowns in the order of the element, and the
  /// matrix, row by row.
  struct SpringCell {
    std::vector<unsigned int> unknowns;
    std::vector<Number> matrix;
  };
  std::vector<SpringCell> spring_cells_;
  mutable Vector work_;
};

}  // namespace seco::macro
