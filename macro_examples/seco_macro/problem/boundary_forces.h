#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "boundary_value_problem.h"

namespace seco::macro {

/// What happens on a boundary with prescribed displacements or tractions.
struct BoundaryForce {
  /// Its name in the parameter file, or its id.
  std::string name;
  /// Force that acts on the body there, one per component: the reaction where displacements are
  /// prescribed, and the resultant of the traction.
  std::vector<double> force;
  /// Mean displacement over its area.
  std::vector<double> displacement;

  bool operator==(const BoundaryForce&) const = default;
};
nlohmann::json to_json(const BoundaryForce& boundary);
BoundaryForce boundary_force_from_json(const nlohmann::json& boundary);

/// Of all such boundaries, in the order of the parameter file, those with displacements first. The
/// reaction at a node is what inner forces exceed the loads by; a node on two boundaries counts for
/// the first that prescribes the component, so that all forces together are in equilibrium.
/// Collective.
/// @param inner_forces at all unknowns, nothing passed on
/// @param loads BoundaryValueProblem::Loads::total
/// @param displacement with ghost values
template <int dim>
std::vector<BoundaryForce> boundary_forces(
    const BoundaryValueProblem<dim>& problem,
    const typename BoundaryValueProblem<dim>::Vector& inner_forces,
    const typename BoundaryValueProblem<dim>::Vector& loads,
    const typename BoundaryValueProblem<dim>::Vector& displacement);

}  // namespace seco::macro
