#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "seco/surrogate/local_quantities.h"

namespace seco::surrogate {

/// How far a homogenization result can be trusted.
enum class Status {
  /// The result meets what was asked: the solver converged, or the engine has no tolerance to meet.
  ok,
  /// The iteration stopped before its tolerance; the bounds still hold.
  not_converged,
  /// The engine met what it does not know, such as a microstructure unlike the training set: the
  /// bounds hold, but they are far wider than the engine is known for.
  unreliable,
  /// Only the upper bound is useful (zero-stiffness voids); the lower bound is the zero matrix.
  one_sided,
  /// No usable result.
  failed
};
std::string to_string(Status status);

/// The answer for one RVE. Matrices are in Mandel notation and in the unit of the RVE.
struct Homogenized {
  /// Estimate of the homogenized stiffness.
  materials::MandelMatrix stiffness;
  /// Guaranteed bounds in the Loewner order, lower <= C <= upper, for the discrete voxel problem.
  materials::MandelMatrix lower;
  materials::MandelMatrix upper;
  /// Largest relative gap of the unit load cases, max_i (upper_ii - lower_ii) / upper_ii.
  double gap = 0;
  std::string engine;
  unsigned int iterations = 0;
  /// Largest relative residual of the load cases (Green-preconditioned norm), 0 for closed forms.
  double residual = 0;
  /// Share of the batch's wall time.
  double seconds = 0;
  Status status = Status::ok;
  /// One sentence when the status is not ok.
  std::string message;
};

/// Whether the bounds can be what they claim to be: all numbers finite and `lower <= upper` in the
/// Loewner order, up to the round-off of the matrices themselves (1e-12, every load relative to its
/// upper bound).
bool bounds_in_order(const Homogenized& result);

/// What stands between an engine and whoever asks it: a result whose bounds are not in order gets
/// the status `failed` and a message that says so, whatever it had.
void check_bounds(Homogenized& result);

/// Adds to the message of a `one_sided` result where its solid carries no load (RVEs with voids,
/// see materials::percolation()).
void explain_voids(const materials::Rve& rve, Homogenized& result);

/// The answer to a LocalQuery: the homogenized stiffness and, for every strain in order, the local
/// quantities; none if the status is `failed`.
struct LocalAnswer {
  Homogenized homogenized;
  StressMeasure measure = StressMeasure::spatial;
  std::vector<LocalQuantities> loads;
};

/// What an engine is asked to do.
struct EngineSettings {
  /// Model folder; required by `s-eco`, starting point of `certified` and `auto` where given,
  /// ignored by the others.
  std::string model;
  /// Of `fft`: relative residual. Of `certified` and `auto`: largest relative gap of the unit load
  /// cases.
  double tolerance = 1e-6;
  unsigned int max_iterations = 2000;
  /// Of `certified`: steps before the bounds are evaluated for the first time, 0 for its own rule.
  unsigned int first_check = 0;
  /// auto, cpu, cuda or cuda:N.
  std::string device = "auto";
  /// single or double: precision of the fields. Bounds are evaluated in double in either case.
  std::string precision = "double";
  /// Arithmetic of the network of `s-eco`, `certified` and `auto`: `model`, as it was trained, or
  /// single, bfloat16, float16 (NetworkSettings::precision). Bounds hold with any.
  std::string network_precision = "model";
  /// Whether the TorchScript module of a model folder, which is a program, may be executed.
  bool trust_scripts = false;
  /// Memory in MiB that the fields of one chunk of RVEs may take; 0 for 1024 on the CPU and half of
  /// the free memory of a GPU.
  double chunk_memory = 0;
};

/// Homogenizes batches of RVEs. Implementations keep no state between calls that changes results.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  /// Checks, without computing anything, whether the engine can take an RVE.
  /// @throws std::invalid_argument if it cannot (for example, because of its dimension)
  virtual void check_fits(const materials::Rve&) const {}
  /// One result per RVE, in order. RVEs of a batch may differ in grid and number of phases.
  /// @param progress is called with the number of finished RVEs, if set.
  /// @throws std::invalid_argument if an RVE does not fit (for example, its dimension).
  virtual std::vector<Homogenized> homogenize(
      std::span<const materials::Rve> rves,
      const std::function<void(std::size_t)>& progress = {}) const = 0;
  /// Stresses and strains inside RVEs, one answer per query, in order.
  /// @param progress is called with the number of finished queries, if set.
  /// @throws std::invalid_argument if the engine has no fields (it says so), or if an RVE or a
  ///   strain does not fit.
  virtual std::vector<LocalAnswer> local_quantities(
      std::span<const LocalQuery> queries,
      const std::function<void(std::size_t)>& progress = {}) const;
  /// Choices that the engine has made from what it measured, one sentence each, for the user to
  /// read.
  virtual std::vector<std::string> report() const { return {}; }
};

using EngineFactory = std::function<std::unique_ptr<Engine>(const EngineSettings&)>;

/// Adds an engine under a name. Engines in shared libraries call this while they are loaded.
/// @throws std::invalid_argument if the name is taken.
void register_engine(const std::string& name, const std::string& description,
                     EngineFactory factory);

/// The same for an engine whose results may be kept in a ResultCache.
/// @param version any text, to be changed whenever the engine answers differently, so that results
///   of an earlier version are not taken for its own; not empty
void register_engine(const std::string& name, const std::string& description, EngineFactory factory,
                     const std::string& version);

/// The version that an engine was registered with; empty if its results must not be kept.
/// @throws std::invalid_argument for an unknown name
std::string engine_version(const std::string& name);

/// Names of all engines that are registered now, sorted.
std::vector<std::string> engine_names();

/// Creates a registered engine.
/// @throws std::invalid_argument for an unknown name; the message lists the known ones and the
///   nearest match.
std::unique_ptr<Engine> make_engine(const std::string& name, const EngineSettings& settings);

/// Registers the engines built into this library: voigt, reuss, hill, fft, certified, auto. Calling
/// it again has no effect.
void register_builtin_engines();

/// Registers the engine `s-eco`. Calling it again has no effect.
void register_s_eco_engine();

}  // namespace seco::surrogate
