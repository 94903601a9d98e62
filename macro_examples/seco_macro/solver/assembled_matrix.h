#pragma once

#include "element_stiffness.h"
#include "linear_solver.h"

namespace seco::macro {

/// The sparsity pattern of the matrix, made once, in a matrix of PETSc or Trilinos.
template <int dim, typename SparseMatrix>
void reinit_matrix(const Discretization<dim>& discretization, SparseMatrix& matrix);

/// Sums the element matrices of a stiffness field, and springs, into a matrix with this pattern.
/// Cells whose unknowns are all owned and unconstrained are added to the arrays of the matrix
/// directly, node by node; the others through the library.
template <int dim, typename SparseMatrix>
void assemble_matrix(const Discretization<dim>& discretization,
                     const StiffnessField<dim>& stiffness, SparseMatrix& matrix);

}  // namespace seco::macro
