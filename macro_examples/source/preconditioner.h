#pragma once

#include <deal.II/lac/generic_linear_algebra.h>

#include "rigid_motions.h"

namespace seco::macro {

/// The two libraries that solve the linear system.
struct PETSc {
  using SparseMatrix = dealii::LinearAlgebraPETSc::MPI::SparseMatrix;
  using Vector = dealii::LinearAlgebraPETSc::MPI::Vector;
  using PreconditionAMG = dealii::LinearAlgebraPETSc::MPI::PreconditionAMG;
};
struct Trilinos {
  using SparseMatrix = dealii::LinearAlgebraTrilinos::MPI::SparseMatrix;
  using Vector = dealii::LinearAlgebraTrilinos::MPI::Vector;
  using PreconditionAMG = dealii::LinearAlgebraTrilinos::MPI::PreconditionAMG;
};

/// Algebraic multigrid for elasticity. The coarse spaces of ML (Trilinos) hold all rigid motions;
/// BoomerAMG (PETSc) treats each displacement component as an unknown of its own.
template <int dim>
void initialize_preconditioner(Trilinos::PreconditionAMG& preconditioner,
                               const Trilinos::SparseMatrix& matrix,
                               const dealii::DoFHandler<dim>& dof_handler,
                               const RigidMotions<dim>& motions);
template <int dim>
void initialize_preconditioner(PETSc::PreconditionAMG& preconditioner,
                               const PETSc::SparseMatrix& matrix,
                               const dealii::DoFHandler<dim>& dof_handler);

}  // namespace seco::macro
