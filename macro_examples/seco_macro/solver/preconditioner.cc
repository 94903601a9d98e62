#include "preconditioner.h"

#include <Epetra_MultiVector.h>
#include <deal.II/dofs/dof_tools.h>

#include <Teuchos_ParameterList.hpp>

#include "petsc_check.h"

namespace seco::macro {
namespace {

/// Whether the components of every node have consecutive numbers, which is what AMG libraries mean
/// by equations per node. In deal.II's numbering, systems of Lagrange elements have several nodes
/// per line from degree 3 on, and number these component by component.
template <int dim>
bool numbered_by_node(const dealii::DoFHandler<dim>& dof_handler) {
  return dof_handler.get_fe().degree <= 2;
}

}  // namespace

template <int dim>
void initialize_multigrid(Trilinos::Multigrid& multigrid, const Trilinos::SparseMatrix& matrix,
                          const dealii::DoFHandler<dim>& dof_handler,
                          const RigidMotions<dim>& motions) {
  Trilinos::Multigrid::AdditionalData data;
  data.elliptic = true;
  data.higher_order_elements = dof_handler.get_fe().degree > 1;
  // Aggregates of whole nodes follow the mesh; dropping weak couplings between them only weakens
  // the coarse levels.
  data.aggregation_threshold = 0.;
  dealii::DoFTools::extract_constant_modes(dof_handler, dealii::ComponentMask(dim, true),
                                           data.constant_modes);
  Teuchos::ParameterList list;
  std::unique_ptr<Epetra_MultiVector> translations;
  data.set_parameters(list, translations, matrix);

  // deal.II gives ML the translations; the near null space of elasticity holds the rotations, too.
  Epetra_MultiVector near_null_space(matrix.trilinos_matrix().OperatorDomainMap(),
                                     RigidMotions<dim>::n);
  for (unsigned int motion = 0; motion < RigidMotions<dim>::n; ++motion) {
    const auto& values = motions.values(motion);
    for (std::size_t i = 0; i < values.size(); ++i)
      near_null_space.ReplaceMyValue(static_cast<int>(i), static_cast<int>(motion), values[i]);
  }
  list.set("null space: type", "pre-computed");
  list.set("null space: dimension", near_null_space.NumVectors());
  list.set("null space: vectors", near_null_space.Values());
  if (numbered_by_node(dof_handler)) list.set("PDE equations", dim);
  multigrid.initialize(matrix, list);
}

PetscMultigrid::~PetscMultigrid() {
  if (preconditioner_) PCDestroy(&preconditioner_);
}

void PetscMultigrid::initialize(const dealii::PETScWrappers::MatrixBase& matrix, int block_size,
                                const std::vector<Vec>& near_null_space) {
  const Mat mat = matrix;
  const auto communicator = matrix.get_mpi_communicator();
  if (preconditioner_) check_petsc(PCDestroy(&preconditioner_));
  check_petsc(MatSetBlockSize(mat, block_size));
  MatNullSpace space = nullptr;
  check_petsc(MatNullSpaceCreate(communicator, PETSC_FALSE,
                                 static_cast<PetscInt>(near_null_space.size()),
                                 near_null_space.data(), &space));
  check_petsc(MatSetNearNullSpace(mat, space));
  check_petsc(MatNullSpaceDestroy(&space));
  check_petsc(MatSetOption(mat, MAT_SPD, PETSC_TRUE));
  check_petsc(PCCreate(communicator, &preconditioner_));
  check_petsc(PCSetType(preconditioner_, PCGAMG));
  check_petsc(PCSetOperators(preconditioner_, mat, mat));
  check_petsc(PCSetUp(preconditioner_));
}

void PetscMultigrid::vmult(dealii::PETScWrappers::VectorBase& destination,
                           const dealii::PETScWrappers::VectorBase& source) const {
  check_petsc(PCApply(preconditioner_, source, destination));
}

template <int dim>
void initialize_multigrid(PETSc::Multigrid& multigrid, const PETSc::SparseMatrix& matrix,
                          const dealii::DoFHandler<dim>& dof_handler,
                          const RigidMotions<dim>& motions) {
  const auto& owned = dof_handler.locally_owned_dofs();
  std::vector<PETSc::Vector> vectors;
  std::vector<Vec> modes;
  vectors.reserve(RigidMotions<dim>::n);
  for (unsigned int motion = 0; motion < RigidMotions<dim>::n; ++motion) {
    auto& vector = vectors.emplace_back(owned, dof_handler.get_communicator());
    const auto& values = motions.values(motion);
    std::size_t k = 0;
    for (const auto i : owned) vector(i) = values[k++];
    vector.compress(dealii::VectorOperation::insert);
    for (unsigned int other = 0; other < motion; ++other)
      vector.add(-(vector * vectors[other]), vectors[other]);
    vector /= vector.l2_norm();
    modes.push_back(vector);
  }
  multigrid.initialize(matrix, numbered_by_node(dof_handler) ? dim : 1, modes);
}

#define INSTANTIATE(dim)                                                                       \
  template void initialize_multigrid<dim>(Trilinos::Multigrid&, const Trilinos::SparseMatrix&, \
                                          const dealii::DoFHandler<dim>&,                      \
                                          const RigidMotions<dim>&);                           \
  template void initialize_multigrid<dim>(PETSc::Multigrid&, const PETSc::SparseMatrix&,       \
                                          const dealii::DoFHandler<dim>&,                      \
                                          const RigidMotions<dim>&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
