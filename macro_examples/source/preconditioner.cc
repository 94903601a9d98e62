#include "preconditioner.h"

#include <Epetra_MultiVector.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/lac/exceptions.h>

#include <Teuchos_ParameterList.hpp>

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
void initialize_preconditioner(Trilinos::PreconditionAMG& preconditioner,
                               const Trilinos::SparseMatrix& matrix,
                               const dealii::DoFHandler<dim>& dof_handler,
                               const RigidMotions<dim>& motions) {
  Trilinos::PreconditionAMG::AdditionalData data;
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
  preconditioner.initialize(matrix, list);
}

template <int dim>
void initialize_preconditioner(PETSc::PreconditionAMG& preconditioner,
                               const PETSc::SparseMatrix& matrix,
                               const dealii::DoFHandler<dim>& dof_handler) {
  // BoomerAMG then coarsens and interpolates each displacement component by itself.
  if (numbered_by_node(dof_handler)) {
    const PetscErrorCode error = MatSetBlockSize(matrix, dim);
    AssertThrow(error == 0, dealii::ExcPETScError(error));
  }
  PETSc::PreconditionAMG::AdditionalData data;
  data.symmetric_operator = true;
  data.strong_threshold = dim == 3 ? 0.5 : 0.25;
  preconditioner.initialize(matrix, data);
}

#define INSTANTIATE(dim)                                                                         \
  template void initialize_preconditioner<dim>(                                                  \
      Trilinos::PreconditionAMG&, const Trilinos::SparseMatrix&, const dealii::DoFHandler<dim>&, \
      const RigidMotions<dim>&);                                                                 \
  template void initialize_preconditioner<dim>(                                                  \
      PETSc::PreconditionAMG&, const PETSc::SparseMatrix&, const dealii::DoFHandler<dim>&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
