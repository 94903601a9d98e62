#pragma once

#include <deal.II/lac/generic_linear_algebra.h>

#include "rigid_motions.h"

namespace seco::macro {

/// Algebraic multigrid of PETSc (GAMG, smoothed aggregation).
class PetscMultigrid : public dealii::Subscriptor {
 public:
  PetscMultigrid() = default;
  ~PetscMultigrid() override;
  PetscMultigrid(const PetscMultigrid&) = delete;
  PetscMultigrid& operator=(const PetscMultigrid&) = delete;

  /// @param block_size unknowns per node, if these are numbered consecutively, otherwise 1
  /// @param near_null_space orthonormal vectors
  void initialize(const dealii::PETScWrappers::MatrixBase& matrix, int block_size,
                  const std::vector<Vec>& near_null_space);
  void vmult(dealii::PETScWrappers::VectorBase& destination,
             const dealii::PETScWrappers::VectorBase& source) const;

 private:
  PC preconditioner_ = nullptr;
};

/// The two libraries that solve with an assembled matrix.
struct PETSc {
  using SparseMatrix = dealii::LinearAlgebraPETSc::MPI::SparseMatrix;
  using Vector = dealii::LinearAlgebraPETSc::MPI::Vector;
  using Multigrid = PetscMultigrid;
};
struct Trilinos {
  using SparseMatrix = dealii::LinearAlgebraTrilinos::MPI::SparseMatrix;
  using Vector = dealii::LinearAlgebraTrilinos::MPI::Vector;
  using Multigrid = dealii::LinearAlgebraTrilinos::MPI::PreconditionAMG;
};

/// Algebraic multigrid for elasticity by smoothed aggregation (ML in Trilinos, GAMG in PETSc):
/// aggregates of whole nodes, and all rigid motions in the coarse spaces.
template <int dim>
void initialize_multigrid(Trilinos::Multigrid& multigrid, const Trilinos::SparseMatrix& matrix,
                          const dealii::DoFHandler<dim>& dof_handler,
                          const RigidMotions<dim>& motions);
template <int dim>
void initialize_multigrid(PETSc::Multigrid& multigrid, const PETSc::SparseMatrix& matrix,
                          const dealii::DoFHandler<dim>& dof_handler,
                          const RigidMotions<dim>& motions);

}  // namespace seco::macro
