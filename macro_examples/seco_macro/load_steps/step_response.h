#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "boundary_value_problem.h"
#include "material_field.h"
#include "stiffness_field.h"

namespace seco::macro {

/// What the materials answer to a displacement at the end of a step of time, from their state at
/// its begin. The incremental potential
///   Pi(u) = sum_q w_q w(eps_q(u)) - f . u
/// over the quadrature points is that of a nonlinear elastic body, and its derivative the residual.
template <int dim>
struct StepResponse {
  using Vector = typename BoundaryValueProblem<dim>::Vector;
  using Strain = dealii::SymmetricTensor<2, dim>;

  /// Of the points of each material.
  std::vector<std::vector<Strain>> strain;
  std::vector<plugin::MaterialResponse<dim>> answers;
  /// Inner forces at all unknowns, and loads minus inner forces with those of hanging nodes passed
  /// on and zero at constrained ones.
  Vector inner_forces, residual;
  /// Consistent tangents.
  StiffnessField<dim> tangent;
  /// Incremental energy of all points, nan if a material has none, with the energy of springs at
  /// the end; and work f . u of the loads.
  double energy = 0, work = 0;
  /// Fraction of the step that a material wants to be tried instead, 1 if it has answered.
  double step_fraction = 1;
  /// Which material wants that; empty if none does.
  std::string refusal;

  double potential() const { return energy - work; }
  bool has_energy() const { return std::isfinite(energy); }
  /// Of the sums in the potential.
  double round_off() const { return 1e-13 * (std::abs(energy) + std::abs(work)); }
};

/// Asks the materials. Collective.
/// @param loads at the end of the step
/// @param displacement with ghost values
/// @throws std::runtime_error on all ranks, naming the material
template <int dim>
StepResponse<dim> respond(const BoundaryValueProblem<dim>& problem,
                          const MaterialField<dim>& materials, const plugin::LoadStep& step,
                          const typename BoundaryValueProblem<dim>::Loads& loads,
                          const typename BoundaryValueProblem<dim>::Vector& displacement);

/// Strains of a displacement at the points of each material.
/// @param displacement with ghost values
template <int dim>
std::vector<std::vector<dealii::SymmetricTensor<2, dim>>> strains_of(
    const BoundaryValueProblem<dim>& problem, const MaterialField<dim>& materials,
    const typename BoundaryValueProblem<dim>::Vector& displacement);

}  // namespace seco::macro
