#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rve_assignment.h"
#include "rve_stream.h"
#include "seco/surrogate/devices.h"
#include "seco/surrogate/engine.h"
#include "share_work.h"

namespace seco::plugin {

/// What to do with which RVE.
struct RveTask {
  RveKey key;
  /// Largest gap wanted; 0 for what the engine of all RVEs answers.
  double wanted_gap = 0;
  // Clang-tidy 14 takes the comparison that is made for a null pointer.
  auto operator<=>(const RveTask&) const = default;  // NOLINT(modernize-use-nullptr)

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& key& wanted_gap;
  }
};

/// An engine of the stage and what it needs.
struct StageEngine {
  /// As many as batches are computed at a time, so that none is used by two threads.
  /// They share a cache, if they have one.
  std::vector<std::shared_ptr<const surrogate::CachedEngine>> engines;
  /// The parameter to blame where the engine refuses an RVE: "key 'Engine' is 'fft'".
  std::string parameter;
};

/// Sizes of the stage. RVEs that exist at a time, in their compact form: at most
/// `(n_in_flight + 1) largest_batch`.
struct StageSettings {
  /// RVEs that an engine is given at a time.
  std::size_t smallest_batch = 1, largest_batch = 256;
  /// The first batch is at least so large, for engines that calibrate on it.
  std::size_t first_batch = 1;
  /// Batches that are computed at a time.
  std::size_t n_in_flight = 1;
  /// Threads that generate.
  unsigned int n_threads = 0;
  surrogate::DeviceQueue device_queue;
};

/// Homogenizes the RVEs of tasks as a stream: while engines compute one batch, the RVEs of the next
/// are generated and looked for in the cache. RVEs of equal content are computed once.
class HomogenizationStage {
 public:
  using Generate = std::function<materials::Rve(const RveKey&)>;
  /// The engine for a wanted gap. The reference stays valid as long as the stage.
  using EngineFor = std::function<const StageEngine&(double)>;
  /// Is given the number of a task, in the order in which they were taken, its result, and the
  /// digest of its RVE; by the thread that runs the stage.
  using Consume = std::function<void(std::size_t, const surrogate::Homogenized&,
                                     const surrogate::ResultCache::Digest&)>;

  /// @param generate called by several threads at a time
  HomogenizationStage(const StageSettings& settings, Generate generate, EngineFor engine_for)
      : settings_(settings), generate_(std::move(generate)), engine_for_(std::move(engine_for)) {}

  /// A task, and the earlier one whose RVE is the same and whose result is therefore its own.
  using Repeated = std::pair<std::size_t, std::size_t>;
  /// Takes all tasks of the source.
  /// @return tasks that `consume` was not given
  /// @throws what the generation threw, and std::invalid_argument naming the parameter where an
  ///   engine refuses an RVE; then no rank takes further tasks
  std::vector<Repeated> run(TaskSource<RveTask>& source, const Consume& consume) const;

 private:
  struct Batch;
  class Run;

  StageSettings settings_;
  Generate generate_;
  EngineFor engine_for_;
};

}  // namespace seco::plugin
