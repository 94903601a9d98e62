#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "residual_energy.h"
#include "step_response.h"
#include "tangent_solver.h"

namespace seco::macro {

/// Guaranteed bounds of the least incremental potential of a step, from the state at its begin.
template <int dim>
struct StepBounds {
  /// Nan if a material has no energy.
  double upper = std::numeric_limits<double>::quiet_NaN();
  std::optional<double> lower;
  /// Why there is no lower bound, one clause; empty if there is one.
  std::string no_lower_bound;
  /// Whether it is missing at some points only, which a smaller residual may mend.
  bool some_infinite = false;
  /// What the points of each material contribute to `upper - lower`; empty without a lower bound.
  std::vector<std::vector<double>> shares;
  /// Of the stresses in equilibrium, to which the bounds of reactions belong, and of springs, at
  /// all unknowns, nothing passed on; of size zero without a lower bound.
  typename BoundaryValueProblem<dim>::Vector inner_forces;
  /// What those springs are displaced more than by the displacement; of size zero if by nothing.
  typename BoundaryValueProblem<dim>::Vector correction;
};

/// Bounds the incremental potential of a step. Any displacement with the prescribed values bounds
/// it from above. Stresses s at the points that are in equilibrium with the loads,
///   sum_q w_q s_q : eps_q(v) = f . v  for all v that are zero where displacements are prescribed,
/// bound it from below: with the dual energies w* of the materials
///   Pi(u*) >= Pi(u) - sum_q w_q [w(eps_q(u)) + w*(s_q) - s_q : eps_q(u)],
/// in which no term is negative (constitutive relation error: Ladeveze and Leguillon 1983, SIAM J.
/// Numer. Anal. 20; docs/macro_solver.md). The stresses are those of the displacement u, less the
/// residual, which a solve with the tangent takes away, and what this leaves, which cell by cell
/// stresses of residual_energy.h balance. Springs S that take the forces S v in this equilibrium
/// add 1/2 (u - v) . S (u - v) to the bracket. Collective.
template <int dim>
class StepCertificate {
 public:
  using Vector = typename BoundaryValueProblem<dim>::Vector;
  using Loads = typename BoundaryValueProblem<dim>::Loads;

  /// What it refers to must outlive it.
  StepCertificate(const BoundaryValueProblem<dim>& problem, const MaterialField<dim>& materials,
                  TangentSolver<dim>& tangent_solver)
      : problem_(problem), materials_(materials), tangent_solver_(tangent_solver) {}

  /// Of the displacement that the materials have been asked about last, before they accept it.
  /// @throws std::runtime_error on all ranks, naming the material
  StepBounds<dim> bounds(const plugin::LoadStep& step, const Loads& loads,
                         const StepResponse<dim>& response);
  /// The problem has another mesh.
  void change_mesh() { residual_energy_.reset(); }

 private:
  using Stresses = std::vector<std::vector<dealii::SymmetricTensor<2, dim>>>;
  /// Stresses and forces of springs in equilibrium with the loads.
  struct Equilibrium {
    Stresses stress;
    /// Of these, and of the springs at u + correction.
    Vector inner_forces, correction;
    /// At least sqrt((u - v) . S (u - v)).
    double springs = 0;
  };
  /// None if there is no way, with the reason.
  std::optional<Equilibrium> equilibrated(const StepResponse<dim>& response, std::string& reason);
  /// sqrt(u . S u). @param displacement with ghost values
  double spring_norm(const Vector& displacement) const;
  /// Sum of w [w + w* - s : eps] and of what round-off may hide of it, over all points with a
  /// finite w*; the terms; the number of other points, with their material; and of all.
  struct Gap {
    double value = 0;
    std::vector<std::vector<double>> shares;
    std::uint64_t n_infinite = 0, n_points = 0;
    std::string material;
  };
  Gap gap(const plugin::LoadStep& step, const StepResponse<dim>& response,
          const Equilibrium& equilibrium, double factor) const;

  const BoundaryValueProblem<dim>& problem_;
  const MaterialField<dim>& materials_;
  TangentSolver<dim>& tangent_solver_;
  std::unique_ptr<ResidualEnergy<dim>> residual_energy_;
};

}  // namespace seco::macro
