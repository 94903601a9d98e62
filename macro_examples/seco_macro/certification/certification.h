#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "equilibrium_solver.h"
#include "material_field.h"
#include "stage.h"

namespace seco::macro {

/// Pi(lower), where every point has a lower bound, and Pi(upper).
struct EnergyBounds {
  std::optional<double> lower;
  double upper = 0;
};

/// A round of the loop of Certification::certify: bounds of the compliance, nan where there is
/// none, and what was done until then.
struct Round {
  unsigned int number = 0;
  double lower = 0, upper = 0;
  /// (upper - lower) / lower, no less than the width relative to the compliance itself.
  double relative_width = 0;
  /// RVEs marked in the round before.
  std::size_t n_marked = 0;
  std::uint64_t n_refined = 0, n_rves = 0;
  double micro_seconds = 0, micro_cpu_seconds = 0, macro_seconds = 0;

  double refined_fraction() const {
    return n_rves > 0 ? static_cast<double>(n_refined) / static_cast<double>(n_rves) : 0.;
  }
};

/// What an audit found, and what it took beside the microscale of the run (MaterialStatistics).
struct AuditResult {
  std::uint64_t n_rves = 0, n_all_rves = 0;
  double largest_violation = 0;
  double seconds = 0, cpu_seconds = 0;
  /// As if all RVEs were audited.
  double cpu_seconds_of_all = 0;
  double micro_seconds = 0, micro_cpu_seconds = 0;
};
nlohmann::json to_json(const AuditResult& audit);
AuditResult audit_from_json(const nlohmann::json& audit);

/// Guaranteed bounds of the potential energy and of the compliance f(u). The stiffness is bounded,
/// lower <= C <= upper, and the potential energy
///   Pi(C) = 1/2 a_C(u, u) - f(u), minimal over all admissible u, increases with C, so
///   Pi(lower) <= Pi(C) <= Pi(upper);
/// under fixed loads and homogeneous Dirichlet data the compliance f(u) = -2 Pi is enclosed as
/// well (docs/certified_runs.md).
template <int dim>
class Certification {
 public:
  using Vector = typename BoundaryValueProblem<dim>::Vector;
  using StageDone = std::function<void(Stage)>;

  /// What it refers to must outlive it.
  Certification(const MacroParameters<dim>& parameters, const BoundaryValueProblem<dim>& problem,
                MaterialField<dim>& materials, EquilibriumSolver<dim>& solver, RunLog& log);

  /// @throws std::invalid_argument if the compliance cannot be certified under the displacements
  void check() const;

  /// Solves with both bounds and refines the RVEs that carry the width of the compliance, until the
  /// width is below the tolerance or nothing more can be gained. Collective.
  /// @param last the stage that is done; Stage::bounds if the last round has its bounds
  /// @param done is called after every stage
  void certify(Stage last, const StageDone& done);
  /// Solves once with both bounds, and sets the shares of the points. Collective.
  void solve_bounds();
  /// Takes solutions with the upper bound of the stiffness and, if there is one, the lower bound
  /// for those of solve_bounds. Collective.
  void take_solutions(const Solution& stiff, const std::optional<Solution>& soft);
  /// Homogenizes a sample of the RVEs with the engines of reference. Collective.
  void audit();
  /// The potential energy of the estimate, put into the bounds, which it may leave by no more than
  /// the energy of its error. @param error_energy a(e, e), nan if not known
  /// @throws std::runtime_error
  double inside_bounds(double potential, double error_energy) const;

  /// The best of all rounds, or of the only solution.
  const EnergyBounds& bounds() const { return bounds_; }
  const std::vector<Round>& rounds() const { return rounds_; }
  /// The shares of the points in the width of the certified compliance,
  ///   f(u_lower) - f(u_upper) = sum_q w eps(u_upper) : (upper - lower) : eps(u_lower),
  /// an identity, since both displacements solve their problem for the same loads. Empty if not
  /// certified.
  const PointValues& shares() const { return shares_; }
  void set_shares(PointValues shares) { shares_ = std::move(shares); }
  /// What the solves of the last bounds leave of the width of the compliance.
  double solver_width() const { return solver_width_; }
  /// Why there is no lower bound of the potential energy, one clause; empty if there is one.
  const std::string& no_lower_bound() const { return no_lower_bound_; }
  /// Why the tolerance of the compliance was missed, one clause; empty if it was not.
  const std::string& missed() const { return missed_; }
  const std::optional<AuditResult>& audit_result() const { return audit_; }

  /// All but the shares, for a checkpoint.
  nlohmann::json state() const;
  void take_state(const nlohmann::json& state);

 private:
  EnergyBounds bounds_of_solves();
  EnergyBounds bounds_of(const Solution& stiff, const std::optional<Solution>& soft);
  /// @param stiff, soft displacements of the upper and of the lower bound of the stiffness
  void compute_shares(const Vector& stiff, const Vector& soft);
  /// Solves with both bounds and adds a round.
  void add_round();
  /// What materials have done until a round.
  void add_statistics(Round& round) const;
  /// Marks and refines RVEs. @param width of the compliance, nan if it has no upper bound
  /// @return the number of marked RVEs, 0 if none can be improved
  std::size_t refine(double width, double goal);
  /// Why no RVE is refined any more, with the key that stops it. Collective.
  std::string refine_limit(double width, double compliance) const;
  /// Checks that bounds are finite and in order; what crosses by no more than round-off is put in
  /// order. @throws std::runtime_error
  EnergyBounds in_order(const EnergyBounds& bounds) const;

  const MacroParameters<dim>& parameters_;
  const BoundaryValueProblem<dim>& problem_;
  MaterialField<dim>& materials_;
  EquilibriumSolver<dim>& solver_;
  RunLog& log_;
  EnergyBounds bounds_;
  std::vector<Round> rounds_;
  /// RVEs marked in the last refinement.
  std::size_t n_marked_ = 0;
  PointValues shares_;
  double solver_width_ = 0;
  std::string no_lower_bound_, missed_;
  std::optional<AuditResult> audit_;
};

}  // namespace seco::macro
