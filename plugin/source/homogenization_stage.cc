#include "homogenization_stage.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <future>
#include <map>
#include <stdexcept>

namespace seco::plugin {

using surrogate::Homogenized;
using Digest = surrogate::ResultCache::Digest;

/// Tasks with one engine: consecutive ones, of which some need no computation.
struct HomogenizationStage::Batch {
  std::size_t first = 0, n_tasks = 0, n_reported = 0;
  const StageEngine* engine = nullptr;
  std::vector<materials::Rve> rves;
  /// Number and digest of the task of each RVE.
  std::vector<std::size_t> tasks;
  std::vector<Digest> digests;
  std::future<std::vector<Homogenized>> results;
};

class HomogenizationStage::Run {
 public:
  Run(const HomogenizationStage& stage, TaskSource<RveTask>& source, const Consume& consume)
      : stage_(stage),
        settings_(stage.settings_),
        source_(source),
        consume_(consume),
        stream_(settings_.n_threads, settings_.largest_batch) {}

  std::vector<Repeated> run() {
    submit_next();
    while (!waiting_.empty()) {
      auto batch = std::move(waiting_.front());
      waiting_.pop_front();
      // The RVEs of the next batch are generated while this one is computed.
      if (waiting_.empty()) submit_next();
      while (in_flight_.size() >= settings_.n_in_flight) finish();
      collect(batch);
      start(std::move(batch));
    }
    while (!in_flight_.empty()) finish();
    return repeated_;
  }

 private:
  /// Takes tasks from the source and has their RVEs generated.
  void submit_next() {
    const auto smallest = n_submitted_ == 0
                              ? std::max(settings_.smallest_batch, settings_.first_batch)
                              : settings_.smallest_batch;
    for (const auto& task :
         source_.take(std::min(smallest, settings_.largest_batch), settings_.largest_batch)) {
      const auto* engine = &stage_.engine_for_(task.wanted_gap);
      if (waiting_.empty() || waiting_.back().engine != engine) {
        waiting_.emplace_back();
        waiting_.back().first = n_submitted_;
        waiting_.back().engine = engine;
      }
      ++waiting_.back().n_tasks;
      ++n_submitted_;
      stream_.submit([this, key = task.key] { return stage_.generate_(key); },
                     engine->engines.front().get());
    }
  }

  void collect(Batch& batch) {
    for (std::size_t task = batch.first; task < batch.first + batch.n_tasks; ++task) {
      auto item = stream_.take();
      const auto [same, is_new] = first_with_.emplace(std::pair(batch.engine, item.digest), task);
      if (!is_new) {
        repeated_.push_back({task, same->second});
      } else if (item.known) {
        consume_(task, *item.known, item.digest);
      } else {
        batch.rves.push_back(std::move(item.rve));
        batch.tasks.push_back(task);
        batch.digests.push_back(item.digest);
      }
    }
  }

  void start(Batch&& collected) {
    const auto& engines = collected.engine->engines;
    const auto* engine = engines[n_started_++ % engines.size()].get();
    in_flight_.push_back(std::move(collected));
    auto& batch = in_flight_.back();
    const bool in_this_thread = settings_.n_in_flight <= 1;
    batch.results =
        std::async(in_this_thread ? std::launch::deferred : std::launch::async,
                   [this, engine, in_this_thread, &batch]() -> std::vector<Homogenized> {
                     if (batch.rves.empty()) return {};
                     const auto turn = settings_.device_queue.wait();
                     // Ranks are spoken to by this thread alone.
                     std::function<void(std::size_t)> progress = [](std::size_t) {};
                     if (in_this_thread) progress = [&](std::size_t done) { report(batch, done); };
                     auto results = engine->compute(batch.rves, batch.digests, progress);
                     batch.rves = {};
                     return results;
                   });
  }

  void report(Batch& batch, std::size_t done) {
    if (done <= batch.n_reported) return;
    source_.finished(done - batch.n_reported);
    batch.n_reported = done;
  }

  void finish() {
    auto& batch = in_flight_.front();
    std::vector<Homogenized> results;
    try {
      results = batch.results.get();
    } catch (const std::invalid_argument& error) {
      // An engine refuses RVEs that its model or its settings do not fit.
      throw std::invalid_argument(fmt::format("{}: {}", batch.engine->parameter, error.what()));
    }
    for (std::size_t i = 0; i < results.size(); ++i)
      consume_(batch.tasks[i], results[i], batch.digests[i]);
    report(batch, batch.n_tasks);
    in_flight_.pop_front();
  }

  const HomogenizationStage& stage_;
  const StageSettings& settings_;
  TaskSource<RveTask>& source_;
  const Consume& consume_;
  RveStream stream_;
  std::size_t n_submitted_ = 0, n_started_ = 0;
  std::map<std::pair<const StageEngine*, Digest>, std::size_t> first_with_;
  std::vector<Repeated> repeated_;
  /// Their RVEs are being generated; and: they are being computed.
  std::deque<Batch> waiting_, in_flight_;
};

std::vector<HomogenizationStage::Repeated> HomogenizationStage::run(TaskSource<RveTask>& source,
                                                                    const Consume& consume) const {
  try {
    return Run(*this, source, consume).run();
  } catch (...) {
    source.abandon();
    throw;
  }
}

}  // namespace seco::plugin
