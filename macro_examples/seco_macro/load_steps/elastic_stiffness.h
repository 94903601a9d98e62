#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tangent_solver.h"

namespace seco::macro {

/// What a boundary with prescribed displacements resists them by.
struct BoundaryStiffness {
  /// As BoundaryForce.
  std::string name;
  std::int64_t id = 0;
  /// Per component a(w, w), a being the bilinear form of the elastic stiffness, with springs, and w
  /// a displacement that is 1 in this component at the nodes that count to the boundary
  /// (boundary_forces.h) and 0 wherever else displacements are prescribed; not below the least one.
  /// With it the reactions F and F* of stresses s and s* in equilibrium with the same loads obey
  ///   |F - F*| = |sum_q w_q (s_q - s*_q) : eps_q(w)| <= |s - s*| sqrt(a(w, w))
  /// in the norm of the elastic compliance. None where the component is free, or no solver found
  /// one.
  std::vector<std::optional<double>> stiffness;
};

nlohmann::json to_json(const BoundaryStiffness& boundary);
BoundaryStiffness boundary_stiffness_from_json(const nlohmann::json& boundary);

/// Those of all boundaries with prescribed displacements. Collective.
/// @param solver with the elastic stiffness as its tangent
template <int dim>
std::vector<BoundaryStiffness> elastic_stiffness(const BoundaryValueProblem<dim>& problem,
                                                 TangentSolver<dim>& solver);

}  // namespace seco::macro
