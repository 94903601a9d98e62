#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "seco/materials/parameter_file.h"
#include "seco/surrogate/homogenized.h"
#include "seco/surrogate/local_quantities.h"

namespace seco::surrogate {

/// The answer to a LocalQuery: the homogenized stiffness and, for every strain in order, the local
/// quantities; none if the status is `failed`.
struct LocalAnswer {
  Homogenized homogenized;
  StressMeasure measure = StressMeasure::spatial;
  std::vector<LocalQuantities> loads;
};

/// What an engine is asked to do: settings that engines share, of which each reads what it has a
/// use for, and the parameters that one engine alone has.
struct EngineSettings {
  /// Model folder; required by `s-eco`, starting point of `certified` and `auto` where given.
  std::string model;
  /// Of `fft`: relative residual. Of `certified` and `auto`: largest relative gap of the unit load
  /// cases.
  double tolerance = 1e-6;
  unsigned int max_iterations = 2000;
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
  /// By the name of the engine: values of the parameters that it declares itself
  /// (EngineDescription::parameters), by key. What is not there has its default.
  std::map<std::string, std::map<std::string, std::string>> own;
};

/// Homogenizes batches of RVEs.
///
/// The answer for an RVE holds whatever was asked before: its bounds enclose the stiffness, and its
/// status says whether it meets what was asked. To the last digit it need not be the same after
/// other calls. `certified` computes RVEs in batches that share their steps, and `auto` chooses, by
/// the times it has measured, how `certified` goes to its tolerance; the choice for a grid is made
/// in the first batch that is large enough and stays for the life of the engine. All others keep no
/// state between calls.
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

/// What an engine says of itself when it is registered.
struct EngineDescription {
  /// For the user, one line.
  std::string text;
  /// Any text, to be changed whenever the engine answers differently, so that results of an earlier
  /// version are not taken for its own; empty if its results must not be kept in a ResultCache.
  std::string version = {};
  /// Asks for the parameters that this engine alone has. In a parameter file they stand in a
  /// subsection of the name of the engine, beside the key `Engine`, and they are documented,
  /// checked and part of the identity of kept results like all others. The factory reads them with
  /// the same function from `own_parameters`. May be empty.
  std::function<void(materials::ParameterReader&, const std::string& section)> parameters = {};
};

/// Adds an engine under a name. Engines in shared libraries call this while they are loaded.
/// @throws std::invalid_argument if the name is taken.
void register_engine(const std::string& name, const EngineDescription& description,
                     EngineFactory factory);

/// The parameters that an engine alone has, at the top level.
/// @param engine its name
materials::ParameterFile own_parameters(const EngineSettings& settings, const std::string& engine);

/// Asks for the parameters that every registered engine alone has, each in a subsection of its
/// name.
/// @return EngineSettings::own
/// @throws materials::ParameterError
std::map<std::string, std::map<std::string, std::string>> read_own_parameters(
    materials::ParameterReader& reader, const std::string& section);

/// Those parameters of an engine whose values are not the defaults.
std::map<std::string, std::string> changed_parameters(const EngineSettings& settings,
                                                      const std::string& engine);

/// The version that an engine was registered with; empty if its results must not be kept.
/// @throws std::invalid_argument for an unknown name
std::string engine_version(const std::string& name);

/// Names of all engines that are registered now, sorted.
std::vector<std::string> engine_names();

/// Creates a registered engine.
/// @throws SettingError for an unknown name, whose message lists the known ones and the nearest
///   match, and for a setting that does not fit; materials::ParameterError for a parameter of its
///   own
std::unique_ptr<Engine> make_engine(const std::string& name, const EngineSettings& settings);

/// Registers the engines built into this library: voigt, reuss, hill, fft, certified, auto, s-eco.
/// Calling it again has no effect.
void register_builtin_engines();

}  // namespace seco::surrogate
