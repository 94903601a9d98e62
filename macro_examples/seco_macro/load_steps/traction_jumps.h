#pragma once

#include <vector>

#include "material_field.h"
#include "step_response.h"

namespace seco::macro {

/// Estimates of the energy of the discretization error, by the jumps of the tractions between
/// cells, which are none in the exact solution, at interfaces of materials either:
///   eta_K^2 = h_K / 24 * sum over faces F of K  int_F |[stress] n|^2 / E
/// with the larger E of the two cells, the largest eigenvalue of a tangent at their points (Kelly,
/// Gago, Zienkiewicz, Babuska 1983; the weight is that of Bernardi and Verfuerth 2000, Numer. Math.
/// 85). Stresses are extrapolated to faces as the polynomial through those at the quadrature
/// points.
struct TractionJumps {
  /// eta_K of the locally owned cells, by active cell index; 0 of others.
  std::vector<double> of_cell;
  /// sum_q w_q |stress_q|^2 / E over all ranks, the scale of the squares.
  double scale = 0;
};

/// Collective.
template <int dim>
TractionJumps traction_jumps(const BoundaryValueProblem<dim>& problem,
                             const MaterialField<dim>& materials,
                             const StepResponse<dim>& response);

}  // namespace seco::macro
