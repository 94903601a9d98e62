#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "residual_energy.h"
#include "step_response.h"
#include "tangent_solver.h"

namespace seco::macro {

/// Guaranteed bounds of the least incremental potential of a step, from the state at its begin.
struct StepBounds {
  /// Nan if a material has no energy.
  double upper = std::numeric_limits<double>::quiet_NaN();
  std::optional<double> lower;
  /// Why there is no lower bound, one clause; empty if there is one.
  std::string no_lower_bound;
};

/// Bounds the incremental potential of a step. Any displacement with the prescribed values bounds
/// it from above. Stresses s at the points that are in equilibrium with the loads,
///   sum_q w_q s_q : eps_q(v) = f . v  for all v that are zero where displacements are prescribed,
/// bound it from below: with the dual energies w* of the materials
///   Pi(u*) >= Pi(u) - sum_q w_q [w(eps_q(u)) + w*(s_q) - s_q : eps_q(u)],
/// in which no term is negative (constitutive relation error: Ladeveze and Leguillon 1983, SIAM J.
/// Numer. Anal. 20; docs/macro_solver.md). The stresses are those of the displacement u, less the
/// residual, which a solve with the tangent takes away, and what this leaves, which cell by cell
/// stresses of residual_energy.h balance. Collective.
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
  StepBounds bounds(const plugin::LoadStep& step, const Loads& loads,
                    const StepResponse<dim>& response);

 private:
  using Stresses = std::vector<std::vector<dealii::SymmetricTensor<2, dim>>>;
  /// Stresses in equilibrium with the loads; none if there is no way, with the reason.
  std::optional<Stresses> equilibrated(const StepResponse<dim>& response, std::string& reason);
  /// Sum of w [w + w* - s : eps] and of what round-off may hide of it, infinity if a w* is; and the
  /// number of points where it is, with their material.
  struct Gap {
    double value = 0;
    std::uint64_t n_infinite = 0;
    std::string material;
  };
  Gap gap(const plugin::LoadStep& step, const StepResponse<dim>& response, const Stresses& stress,
          double factor) const;

  const BoundaryValueProblem<dim>& problem_;
  const MaterialField<dim>& materials_;
  TangentSolver<dim>& tangent_solver_;
  std::unique_ptr<ResidualEnergy<dim>> residual_energy_;
};

}  // namespace seco::macro
