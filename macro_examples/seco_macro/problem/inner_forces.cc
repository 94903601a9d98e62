#include "inner_forces.h"

namespace seco::macro {
namespace {

/// Calls add(force, indices) with the inner forces of every locally owned cell that has any.
template <int dim, typename Add>
void for_cell_forces(const BoundaryValueProblem<dim>& problem, const StiffnessField<dim>& stiffness,
                     const typename BoundaryValueProblem<dim>::Vector& displacement,
                     const Add& add) {
  const unsigned int n = problem.element().n_dofs_per_cell();
  dealii::Vector<double> whole(n), local(n), force(n);
  std::vector<dealii::types::global_dof_index> indices(n);
  ElementStiffness<dim> cell_stiffness(problem.element(), problem.quadrature());
  CellCoefficients gathered;
  std::size_t number = 0;
  for (const auto& cell : problem.dof_handler().active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const auto k = number++;
    cell->get_dof_values(displacement, whole);
    local = whole;
    subtract_translation(cell_stiffness, local);
    // Springs feel a translation, too.
    if (local.all_zero() && !problem.spring_matrices().of_cell(k)) continue;
    cell_stiffness.reinit(cell);
    cell_stiffness.forces(stiffness.cell(k, gathered), local, force);
    problem.spring_matrices().add_forces(k, whole, force);
    cell->get_dof_indices(indices);
    add(force, indices);
  }
}

}  // namespace

template <int dim>
typename BoundaryValueProblem<dim>::Vector inner_forces(
    const BoundaryValueProblem<dim>& problem, const StiffnessField<dim>& stiffness,
    const typename BoundaryValueProblem<dim>::Vector& displacement) {
  auto result = problem.zero_vector();
  for_cell_forces(problem, stiffness, displacement, [&](const auto& force, const auto& indices) {
    problem.homogeneous_constraints().distribute_local_to_global(force, indices, result);
  });
  result.compress(dealii::VectorOperation::add);
  problem.homogeneous_constraints().set_zero(result);
  return result;
}

template <int dim>
typename BoundaryValueProblem<dim>::Vector all_inner_forces(
    const BoundaryValueProblem<dim>& problem, const StiffnessField<dim>& stiffness,
    const typename BoundaryValueProblem<dim>::Vector& displacement) {
  auto result = problem.zero_vector();
  for_cell_forces(problem, stiffness, displacement,
                  [&](const auto& force, const auto& indices) { result.add(indices, force); });
  result.compress(dealii::VectorOperation::add);
  return result;
}

#define INSTANTIATE(dim)                                            \
  template BoundaryValueProblem<dim>::Vector inner_forces(          \
      const BoundaryValueProblem<dim>&, const StiffnessField<dim>&, \
      const BoundaryValueProblem<dim>::Vector&);                    \
  template BoundaryValueProblem<dim>::Vector all_inner_forces(      \
      const BoundaryValueProblem<dim>&, const StiffnessField<dim>&, \
      const BoundaryValueProblem<dim>::Vector&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
