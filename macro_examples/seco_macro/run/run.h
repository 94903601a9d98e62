#pragma once

#include <limits>
#include <string>
#include <vector>

#include "certification.h"
#include "checkpoint.h"
#include "equilibrium_solver.h"
#include "load_steps.h"
#include "macro_parameters.h"
#include "material_field.h"
#include "output.h"
#include "output_folders.h"
#include "run_log.h"
#include "run_summary.h"
#include "rve_request.h"
#include "stage.h"

namespace seco::macro {

/// A run of `seco-macro`: its parts, and the order of its stages. All functions are collective.
template <int dim>
class Run {
 public:
  Run(MacroParameters<dim> parameters, MPI_Comm communicator, std::ostream& out = std::cout);

  /// Runs all stages and writes results. @return the summary, also written as summary.json.
  /// @throws Interrupted if a signal has stopped it, std::exception else; on all ranks together
  RunSummary run();

  /// Checks all that can be checked without computing, and prints what a run would do; nothing is
  /// written. Materials that could not be made may be null.
  /// @return one sentence per problem, the same on all ranks
  std::vector<std::string> check();

  /// Writes the RVE of a point to a file; nothing is computed, and nothing else written.
  /// @throws std::exception on all ranks, for a point that is not there or a material without RVEs
  void write_rve(const RveRequest& request);

 private:
  using Vector = typename BoundaryValueProblem<dim>::Vector;
  /// The solution with the estimate of the stiffness; no displacement before.
  struct Estimate {
    Vector displacement;
    double potential = 0, work = 0;
    /// a(e, e) of its error, nan if not known.
    double error_energy = 0;
  };

  RunSummary run_stages();
  /// The stages of a run with materials that are not linear.
  RunSummary run_load_steps();
  /// Where results go, as an absolute path.
  std::string results_directory() const;
  /// Removes from there what the load steps will not replace one by one: a failed point, the
  /// summary unless this run was done, and fields of another run.
  void forget_earlier_run() const;
  /// The stages of a run with several load cases: one matrix for all solves with a stiffness. None
  /// of them is kept in a checkpoint, which would have up to three displacements of every case: a
  /// run that is continued has the RVEs, and solves again.
  RunSummary run_load_cases();
  /// Refuses a key, and says with what else it does not go. @throws std::invalid_argument
  [[noreturn]] void refuse(const std::string& key, const std::string& section,
                           const std::string& value, const std::string& with,
                           const std::string& allowed) const;
  /// Refuses a goal of the compliance and an audit. @throws std::invalid_argument
  void refuse_certification(const std::string& with, const std::string& why) const;
  /// Refuses what only runs with linear materials can do. @throws std::invalid_argument
  void check_load_steps() const;
  /// Refuses what only runs with one load case can do. @throws std::invalid_argument
  void check_load_cases() const;
  /// Takes up the checkpoint, if the run is a restarted one and there is one; else homogenizes.
  void start();
  void restore(const CheckpointReader& file);
  void solve_estimate();
  void take_estimate(const Solution& solution);
  /// Puts the estimate of the potential energy into its bounds. @throws std::runtime_error
  void check_estimate();
  /// Notes that a stage is done, and keeps the state of the run if it is time, or if a signal ends
  /// the run here. @throws Interrupted on all ranks
  void finish_stage(Stage stage);
  /// What all parts keep, as one object.
  nlohmann::json state() const;
  void take_state(const nlohmann::json& state);
  /// "the bounds of round 1"; empty before the first stage is done.
  std::string stage_name() const;
  /// All but what is known at the end only.
  RunSummary summary() const;
  std::vector<std::string> check_boundaries();

  MacroParameters<dim> parameters_;
  RunLog log_;
  OutputFolders folders_;
  Checkpoint checkpoint_;
  BoundaryValueProblem<dim> problem_;
  MaterialField<dim> materials_;
  EquilibriumSolver<dim> solver_;
  Certification<dim> certification_;
  LoadSteps<dim> load_steps_;
  Output<dim> output_;
  Estimate estimate_;
  /// Of the last load step.
  ResultExtremes extremes_;
  /// Where the run that is continued has its results.
  std::string kept_directory_;
  /// The last stage that is done.
  Stage stage_ = Stage::none;
  unsigned int n_restarts_ = 0;
};

}  // namespace seco::macro
