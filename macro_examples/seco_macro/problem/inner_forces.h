#pragma once

#include "boundary_value_problem.h"
#include "element_stiffness.h"
#include "stiffness_field.h"

namespace seco::macro {

/// Takes the translation out of the displacement of a cell, which carries no force but whose
/// round-off would.
template <int dim>
void subtract_translation(const ElementStiffness<dim>& element, dealii::Vector<double>& local) {
  for (unsigned int c = 0; c < dim; ++c) {
    const double translation = local(element.unknown(0, c));
    for (unsigned int a = 0; a < element.n_nodes(); ++a)
      local(element.unknown(a, c)) -= translation;
  }
}

/// Inner forces K(C) u at the unknowns, those of springs included: those of hanging nodes are
/// passed on, and constrained ones have zero. Collective.
/// @param displacement with ghost values
template <int dim>
typename BoundaryValueProblem<dim>::Vector inner_forces(
    const BoundaryValueProblem<dim>& problem, const StiffnessField<dim>& stiffness,
    const typename BoundaryValueProblem<dim>::Vector& displacement);

/// The same at all unknowns, nothing passed on: loads and reactions together in equilibrium.
template <int dim>
typename BoundaryValueProblem<dim>::Vector all_inner_forces(
    const BoundaryValueProblem<dim>& problem, const StiffnessField<dim>& stiffness,
    const typename BoundaryValueProblem<dim>::Vector& displacement);

}  // namespace seco::macro
