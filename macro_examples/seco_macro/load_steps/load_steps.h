#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "elastic_stiffness.h"
#include "increment_solver.h"
#include "load_step_record.h"
#include "step_bounds.h"

namespace seco::macro {

/// A body of materials that are not linear, loaded step by step: find u with the prescribed
/// displacements at the end of each step that minimizes the incremental potential
///   Pi(u) = sum_q w_q w(eps_q(u)) - f . u,
/// w being the incremental energy of the materials from their state at the begin of the step
/// (implicit Euler; docs/nonlinear.md). Steps that fail are cut, and grow again. All functions are
/// collective.
template <int dim>
class LoadSteps {
 public:
  using Vector = typename BoundaryValueProblem<dim>::Vector;
  using Loads = typename BoundaryValueProblem<dim>::Loads;
  /// What happens after every step.
  using StepDone = std::function<void()>;

  /// What it refers to must outlive it.
  LoadSteps(const MacroParameters<dim>& parameters, BoundaryValueProblem<dim>& problem,
            MaterialField<dim>& materials, RunLog& log);

  /// Whether the end time is reached.
  bool is_done() const;
  /// Goes on until the end time. @throws std::runtime_error if the smallest step fails
  void run(const StepDone& done);

  /// Of the steps that are done.
  const std::vector<LoadStepRecord>& records() const { return records_; }
  /// At the end of the last of them; of size zero before the first.
  const Vector& displacement() const { return displacement_; }
  /// What the materials have answered to it; empty after a restart.
  const StepResponse<dim>& response() const { return response_; }
  /// Of the boundaries with prescribed displacements; empty in a run that certifies nothing.
  const std::vector<BoundaryStiffness>& elastic_stiffness() const { return elastic_stiffness_; }
  /// Why a direct solver took over; empty if it did not.
  const std::string& direct_reason() const { return tangent_solver_.direct_reason(); }

  /// All but displacement and state of the materials, for a checkpoint.
  nlohmann::json state() const;
  void take_state(const nlohmann::json& state);
  void restore(Vector displacement) { displacement_ = std::move(displacement); }

 private:
  double time() const { return records_.empty() ? 0. : records_.back().time; }
  /// Where a step of at most this length ends.
  double end_of_step(double length) const;
  /// The last displacement, if it goes on as in the last step; none where loads or prescribed
  /// displacements do not, or there is no such step.
  std::optional<Vector> extrapolated(const plugin::LoadStep& step, const Loads& loads) const;
  /// An estimate of what the length of a step does to the stresses at its end,
  ///   sqrt(sum_q w_q |error_q|^2) / the largest sqrt(sum_q w_q |stress_q|^2) so far,
  /// of materials that know by two steps of half the length in place of one, which are off by half
  /// as much; of others, if the step goes on as the last one, by what implicit Euler is off its
  /// linear extrapolation: h / (2 h + h_before) of that is its own error (Gear 1971, Numerical
  /// initial value problems, section 7). None where neither is known.
  /// Where loads jump when the step begins, the strain does so, too, and goes on straight from
  /// there.
  std::optional<double> time_error(const plugin::LoadStep& step, const Loads& loads,
                                   const Increment<dim>& increment, bool goes_on);
  /// How much of what a step changes of prescribed displacements and loads is there as soon as it
  /// begins: from 0, if they grow steadily, to 1, if they jump and stay. Where one of the two is in
  /// a jump and the other is not, the less. Only at the begin and at `times_`.
  double jump_at_begin(const plugin::LoadStep& step, const Loads& loads);
  /// Bounds of the step, into the record. Where the gap is larger than 'Energy tolerance', the
  /// RVEs that carry it are refined, and the increment is solved again, more accurately.
  StepBounds<dim> certify(const plugin::LoadStep& step, const Loads& loads,
                          Increment<dim>& increment, LoadStepRecord& record);
  /// Asks the materials for their tangents without strain, and finds `elastic_stiffness_`.
  void find_elastic_stiffness();
  /// Whether the mesh is refined before the next step.
  bool is_time_to_refine() const;
  /// Refines the mesh, lets its points take over the state, and finds the equilibrium under the
  /// same loads again. @throws std::runtime_error if a material has no answer to the state it has
  /// got
  void refine();
  void finish(const plugin::LoadStep& step, const Loads& loads, Increment<dim> increment,
              std::optional<double> time_error);
  /// @param shorter_is_the_same whether the load of a shorter step is the same
  [[noreturn]] void give_up(const plugin::LoadStep& step, const std::string& failure,
                            bool shorter_is_the_same = false) const;
  void print_last_step(double begin, std::chrono::steady_clock::time_point clock) const;

  const MacroParameters<dim>& parameters_;
  BoundaryValueProblem<dim>& problem_;
  MaterialField<dim>& materials_;
  RunLog& log_;
  TangentSolver<dim> tangent_solver_;
  IncrementSolver<dim> increment_solver_;
  StepCertificate<dim> certificate_;
  std::vector<LoadStepRecord> records_;
  Vector displacement_, displacement_before_, loads_, loads_before_;
  StepResponse<dim> response_;
  /// Length that the next step is tried with, and how often it was cut.
  double length_ = 0;
  unsigned int n_cuts_ = 0;
  /// Largest norm of the forces, and largest energy, of the steps so far.
  double force_scale_ = 0, energy_scale_ = 0;
  /// Norm of the forces of the last step.
  double force_norm_ = 0;
  /// Norm of the stresses that time_error was asked about last, and the largest of the steps so
  /// far.
  double stress_norm_ = 0, stress_scale_ = 0;
  /// Stresses one step before those of `response_`; empty where they are not known.
  std::vector<std::vector<dealii::SymmetricTensor<2, dim>>> stresses_before_;
  /// Times at which steps end, besides the ends of parts; sorted.
  std::vector<double> times_;
  std::vector<BoundaryStiffness> elastic_stiffness_;
  /// What was done to the mesh since the last step.
  std::optional<RefinementRecord> refinement_;
};

}  // namespace seco::macro
