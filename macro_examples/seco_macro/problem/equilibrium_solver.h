#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "boundary_value_problem.h"
#include "linear_solver.h"
#include "residual_energy.h"

namespace seco::macro {

/// A displacement near equilibrium, and how near.
struct Solution {
  dealii::LinearAlgebra::distributed::Vector<double> displacement;
  /// Norm of the residual.
  double residual = 0;
  unsigned int iterations = 0;
  /// 1/2 a(u, u), the energy of springs included, and f(u).
  double strain_energy = 0, work = 0;
  /// Guaranteed bound of a(e, e) for the error e, which is twice the difference of the potential
  /// energies; none where the body has no bound (residual_energy.h).
  std::optional<double> error;
  /// Why there is no solution; empty if there is one.
  std::string failure;

  double potential() const { return strain_energy - work; }
  /// Of the sums over points in the potential energy.
  double round_off() const { return 1e-13 * (std::abs(strain_energy) + std::abs(work)); }
  /// In the energy norm.
  double relative_error() const {
    if (!error) return std::numeric_limits<double>::quiet_NaN();
    return *error > 0 ? std::sqrt(*error / (2 * strain_energy)) : 0.;
  }
};

/// Of all solves, in their order.
struct SolveRecord {
  std::vector<unsigned int> iterations;
  /// Largest relative error in the energy norm, nan if not known.
  std::vector<double> errors;
  /// Why the direct solver took over; empty if it did not.
  std::string direct_reason;
};

/// Solves a boundary value problem with one stiffness after another, each from the displacement
/// of the last, until residual and guaranteed error are as small as asked for; the direct solver is
/// the last resort.
template <int dim>
class EquilibriumSolver {
 public:
  using Vector = typename BoundaryValueProblem<dim>::Vector;

  /// What it refers to must outlive it; the constraints may be made later.
  EquilibriumSolver(const MacroParameters<dim>& parameters,
                    const BoundaryValueProblem<dim>& problem, RunLog& log);

  /// @param name of the stiffness, for what is printed. Collective.
  /// @throws std::runtime_error if no displacement near equilibrium is found
  Solution solve(const StiffnessField<dim>& stiffness, const std::string& name);
  /// Lets the next solve be that of a run that is restarted here, to the last bit.
  void forget();
  /// The loads and prescribed displacements of the problem have become others. Collective.
  /// @param start near the solution, with the prescribed displacements, for example that of another
  ///   stiffness; none if its size is zero
  /// @param same_stiffness whether the next solve is for the stiffness of the last one, whose
  /// matrix
  ///   and factors are then kept
  void change_loads(Vector start, bool same_stiffness);

  const SolveRecord& record() const { return record_; }
  /// Of the last solve, from which the next one starts; of size zero before the first.
  const Vector& last_displacement() const { return last_displacement_; }
  /// Takes up what `last_displacement` and `state` were in another run.
  void restore(Vector last_displacement) { last_displacement_ = std::move(last_displacement); }
  void take_state(const nlohmann::json& state);
  /// Iterations, errors and the reason for the direct solver, for a checkpoint.
  nlohmann::json state() const;

 private:
  /// The solver, and the loads, before the first solve.
  void prepare();
  void check_load(double load) const;
  /// Loads minus inner forces at the unknowns without constraint.
  Vector residual(const StiffnessField<dim>& stiffness, const Vector& displacement) const;
  /// 1/2 a_C(u, u), with that of springs.
  double strain_energy(const StiffnessField<dim>& stiffness, const Vector& displacement) const;
  /// One try of the present solver, from a displacement. @param load norm of the loads
  Solution attempt(const StiffnessField<dim>& stiffness, const Vector& start, double load);
  /// Solves for what is left of the residual until its norm is the goal, or no more can be gained.
  /// @return whether it is
  bool approach(const StiffnessField<dim>& stiffness, double goal, Solution& solution);
  /// Whether a solution is so bad that the direct solver shall try.
  bool direct_is_left(const Solution& solution) const;
  /// Says why the direct solver takes over, and lets it.
  void switch_to_direct(const Solution& solution);
  void check_solution(const Solution& solution) const;

  const MacroParameters<dim>& parameters_;
  const BoundaryValueProblem<dim>& problem_;
  RunLog& log_;
  std::unique_ptr<LinearSolver<dim>> solver_;
  std::unique_ptr<ResidualEnergy<dim>> residual_energy_;
  typename BoundaryValueProblem<dim>::Loads loads_;
  bool direct_ = false;
  /// Whether the solver has the stiffness of the present solve, and whether the next solve is for
  /// the same.
  bool has_stiffness_ = false, keep_stiffness_ = false;
  Vector last_displacement_;
  SolveRecord record_;
};

}  // namespace seco::macro
