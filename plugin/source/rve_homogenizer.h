#pragma once

#include <deal.II/base/symmetric_tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "homogenization_stage.h"
#include "rve_answers.h"
#include "rve_assignment.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/run_parameters.h"
#include "unconverged_rves.h"

namespace seco::plugin {

/// What a rank met in its result caches.
struct CacheCounts {
  std::uint64_t n_found = 0, n_damaged = 0, n_not_written = 0;
};

/// Generates the RVEs of keys and homogenizes them as a stream (HomogenizationStage), since all of
/// them together may not fit into memory: with one engine, and where gaps are wanted with another
/// whose tolerance is that gap.
template <int dim>
class RveHomogenizer {
 public:
  /// Declares (in the mode of the reader) and reads the parameters.
  /// @throws materials::ParameterError
  void read(materials::ParameterReader& parameters, const std::string& unit);
  /// Makes the engines, those for refinement and for audits only if the run needs them.
  /// @throws materials::ParameterError
  void make_engines(materials::ParameterReader& parameters, const RunSettings& run);

  /// Shares the GPUs of a node among its ranks, and their memory. Collective.
  void share_devices(MPI_Comm communicator);

  const RveAssignment<dim>& assignment() const { return assignment_; }
  const std::string& engine_name() const { return engine_name_; }
  /// Engine::report() of the engine of all RVEs.
  std::vector<std::string> engine_report() const { return engine_->report(); }
  /// Smallest gap that is asked of the refinement engine.
  double smallest_gap() const { return run_.smallest_gap; }
  /// So many of the RVEs that miss what was asked are written to files.
  std::size_t n_unconverged_files() const { return run_.n_unconverged_files; }
  /// The gap that the refinement engine is asked for where `wanted` is: one value for all if the
  /// user set `Refinement tolerance`, else the next power of 1/2 below, so that few engines and
  /// large batches do for all RVEs; never below `smallest_gap`.
  double refinement_tolerance(double wanted) const;
  /// The key that ends refinement, with its value: "'Smallest refinement tolerance' = 1e-06".
  std::string smallest_gap_key() const;
  /// The key to blame where the refinement engine stopped before the gap that was wanted, with its
  /// value.
  std::string missed_gap(const RveAnswer<dim>& answer) const;

  /// Whether all engines of the run can take an RVE.
  /// @throws std::invalid_argument with the key of the one that cannot
  void check_fits(const materials::Rve& rve) const;

  /// Expected cost of a task, in the unit of one voxel in one iteration: voxels times iterations,
  /// which grow with the number of digits wanted and are few in an RVE of one phase.
  double cost(const RveTask& task) const;
  enum class Purpose { answers, audit };
  /// One answer per task of the source, in the order in which they were taken, equal RVEs computed
  /// once: by the engine of all RVEs and that for refinement, or by the audit engine. RVEs that
  /// fail have the status `failed`. @throws std::invalid_argument
  std::vector<RveAnswer<dim>> homogenize(TaskSource<RveTask>& source, Purpose purpose,
                                         CacheCounts& counts) const;
  /// Shrinks the result cache to its limit.
  void prune_cache() const;

  /// Stresses and strains inside RVEs, by the engine for the wanted gap, 0 for that of all RVEs.
  /// @throws std::invalid_argument, also without queries, if the engine has no fields
  std::vector<surrogate::LocalAnswer> local_quantities(
      std::span<const surrogate::LocalQuery> queries, double wanted_gap) const;

  /// @throws std::invalid_argument with the key
  materials::Rve make_rve(const RveKey& key) const;

 private:
  /// Name and model of an engine, and the keys that the user set them and its tolerance with.
  struct Keys {
    std::string engine_key, engine, model_key, model, tolerance_key;
  };
  Keys main_keys() const {
    return {"Engine", engine_name_, "Surrogate model", settings_.model, "Tolerance"};
  }
  Keys refinement_keys() const {
    return {
        "Refinement engine", run_.refinement_engine, "Refinement model", run_.refinement_model,
        run_.refinement_tolerance > 0 ? "Refinement tolerance" : "Smallest refinement tolerance"};
  }
  Keys audit_keys() const { return {"Audit engine", run_.audit_engine, "", "", "Audit tolerance"}; }
  surrogate::EngineSettings settings_for(const Keys& keys, double tolerance) const;
  std::unique_ptr<surrogate::Engine> make_engine(const Keys& keys, double tolerance) const;
  /// Makes an engine, or refuses the parameter that is to blame.
  std::unique_ptr<surrogate::Engine> try_engine(materials::ParameterReader& parameters,
                                                const Keys& keys, double tolerance) const;
  /// @param first used as the first of its engines, if there is one
  StageEngine stage_engine(const Keys& keys, double tolerance,
                           std::shared_ptr<const surrogate::Engine> first = {}) const;
  StageSettings stage_settings() const;
  /// The parameter to blame where an engine refuses an RVE: "key 'Engine' is 'fft'".
  static std::string blamed(const Keys& keys);
  RveAnswer<dim> to_answer(const surrogate::Homogenized& result) const;

  std::string engine_name_;
  surrogate::EngineSettings settings_;
  surrogate::RunParameters run_;
  double largest_gap_ = 1;
  RveAssignment<dim> assignment_;
  std::string cache_folder_;
  surrogate::DeviceShare device_;
  bool devices_are_shared_ = false;
  std::shared_ptr<const surrogate::Engine> engine_;
  /// Whether the run has use for the engine of refinement and of audits.
  bool refines_ = false, audits_ = false;
};

}  // namespace seco::plugin
