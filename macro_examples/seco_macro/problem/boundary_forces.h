#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "boundary_value_problem.h"

namespace seco::macro {

/// What happens on a boundary with prescribed displacements, tractions, pressures or springs.
struct BoundaryForce {
  /// As the parameter file names it: its name or its id.
  std::string name;
  std::int64_t id = 0;
  /// What the mesh file calls it; may be empty.
  std::string group;
  /// Force that acts on the body there, one per component: the reaction where displacements are
  /// prescribed, and the resultant of traction, pressure and springs.
  std::vector<double> force;
  /// Moment of these forces about the origin of the coordinates, sum of x cross f with positions
  /// before deformation: three components, or in 2D the one about z.
  std::vector<double> moment;
  /// Mean displacement over its area.
  std::vector<double> displacement;

  bool operator==(const BoundaryForce&) const = default;
};
/// "10 'left'", "left" or "10".
std::string described(const BoundaryForce& boundary);
nlohmann::json to_json(const BoundaryForce& boundary);
BoundaryForce boundary_force_from_json(const nlohmann::json& boundary);

/// As the parameter file names it.
std::string name_of(const NamedBoundary& boundary);

/// The owned unknowns whose reactions count to each of BoundaryValueProblem::displacement, by
/// component: those of a node on two boundaries to the first that prescribes the component.
template <int dim>
std::vector<std::array<dealii::IndexSet, dim>> supported_unknowns(
    const BoundaryValueProblem<dim>& problem);

/// Of all such boundaries, in the order of the parameter file, those with displacements first, then
/// planes of symmetry. The reaction at a node is what inner forces exceed the loads by, those of
/// hanging nodes passed on; a node on
/// two boundaries counts for the first that prescribes the component, so that all forces and
/// moments together are in equilibrium (with body force and point loads, which are not listed).
/// Collective.
/// @param inner_forces at all unknowns, those of springs included, nothing passed on
/// @param loads BoundaryValueProblem::Loads::total
/// @param displacement with ghost values
/// @param of_springs the displacement whose forces of springs are in equilibrium with the inner
///   ones, with ghost values
template <int dim>
std::vector<BoundaryForce> boundary_forces(
    const BoundaryValueProblem<dim>& problem,
    const typename BoundaryValueProblem<dim>::Vector& inner_forces,
    const typename BoundaryValueProblem<dim>::Vector& loads,
    const typename BoundaryValueProblem<dim>::Vector& displacement,
    const typename BoundaryValueProblem<dim>::Vector& of_springs);

}  // namespace seco::macro
