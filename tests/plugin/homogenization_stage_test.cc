#include "homogenization_stage.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "support/message_of.h"

using namespace seco::plugin;
using seco::materials::MandelMatrix;
using seco::materials::Rve;
using seco::surrogate::Homogenized;

namespace {

/// What exists and what happens, counted.
struct Watch {
  std::atomic<int> n_existing = 0, most_existing = 0, n_computing = 0, most_computing = 0;
  std::atomic<int> n_computed = 0, largest_batch = 0;
  /// The engine refuses an RVE with this number in its table.
  double refused = -1;

  static void raise(std::atomic<int>& most, int value) {
    int known = most;
    while (known < value && !most.compare_exchange_weak(known, value)) {
    }
  }
};

/// Answers with the number in the table of the RVE, and takes the RVEs of its batch for destroyed
/// when it returns, which is soon.
class WatchedEngine : public seco::surrogate::Engine {
 public:
  explicit WatchedEngine(Watch& watch) : watch_(watch) {}
  std::string name() const override { return "watched"; }
  std::vector<Homogenized> homogenize(std::span<const Rve> rves,
                                      const std::function<void(std::size_t)>&) const override {
    Watch::raise(watch_.most_computing, ++watch_.n_computing);
    Watch::raise(watch_.largest_batch, static_cast<int>(rves.size()));
    std::vector<Homogenized> results;
    for (const auto& rve : rves) {
      if (rve.stiffness[0](0, 0) == watch_.refused) throw std::invalid_argument("no grid of 77");
      results.emplace_back();
      results.back().stiffness = rve.stiffness[0];
      ++watch_.n_computed;
    }
    watch_.n_existing -= static_cast<int>(rves.size());
    --watch_.n_computing;
    return results;
  }

 private:
  Watch& watch_;
};

struct Outcome {
  /// By seed.
  std::map<std::uint64_t, double> stiffness;
  std::vector<HomogenizationStage::Repeated> repeated;
};

/// Runs RVEs with the seeds 0 ... n - 1, of which `n_different` differ.
Outcome run(const StageSettings& settings, Watch& watch, int n, int n_different = 1 << 20,
            int failing = -1) {
  StageEngine engine;
  for (std::size_t i = 0; i < settings.n_in_flight; ++i)
    engine.engines.push_back(std::make_shared<seco::surrogate::CachedEngine>(
        std::make_shared<WatchedEngine>(watch), nullptr));
  engine.parameter = "key 'Engine' is 'watched'";
  std::vector<Task<RveTask>> tasks;
  for (int i = 0; i < n; ++i)
    tasks.push_back({{{static_cast<std::uint64_t>(i), 0, 0}, 0}, 1., 0, 0});
  TaskSource<RveTask> source(tasks, MPI_COMM_SELF, {});
  const HomogenizationStage stage(
      settings,
      [&](const RveKey& key) {
        if (static_cast<int>(key.seed) == failing) throw std::runtime_error("seed is unlucky");
        Watch::raise(watch.most_existing, ++watch.n_existing);
        Rve rve;
        rve.shape = {1, 1};
        rve.lengths = {1, 1};
        rve.phase = {0};
        rve.stiffness = {MandelMatrix::Identity(3, 3) *
                         static_cast<double>(key.seed % static_cast<std::uint64_t>(n_different))};
        return rve;
      },
      [&](double) -> const StageEngine& { return engine; });
  Outcome outcome;
  std::vector<double> values(n, -1);
  outcome.repeated = stage.run(source, [&](std::size_t task, const Homogenized& result, auto&) {
    values[task] = result.stiffness(0, 0);
  });
  for (const auto& [task, same] : outcome.repeated) values[task] = values[same];
  for (int t = 0; t < n; ++t) outcome.stiffness[source.taken()[t].key.key.seed] = values[t];
  return outcome;
}

}  // namespace

TEST(HomogenizationStage, NeverHoldsMoreRvesThanItsBound) {
  for (const std::size_t n_in_flight : {1u, 2u, 3u})
    for (const unsigned int n_threads : {0u, 1u, 3u}) {
      Watch watch;
      StageSettings settings;
      settings.largest_batch = 8;
      settings.smallest_batch = 2;
      settings.n_in_flight = n_in_flight;
      settings.n_threads = n_threads;
      const auto outcome = run(settings, watch, 500);
      EXPECT_LE(watch.most_existing, static_cast<int>((n_in_flight + 1) * settings.largest_batch));
      EXPECT_LE(watch.largest_batch, 8);
      EXPECT_LE(watch.most_computing, static_cast<int>(n_in_flight));
      EXPECT_EQ(watch.n_computed, 500);
      ASSERT_EQ(outcome.stiffness.size(), 500u);
      for (const auto& [seed, value] : outcome.stiffness) EXPECT_EQ(value, seed);
    }
}

TEST(HomogenizationStage, EqualRvesOfDifferentTasksAreComputedOnce) {
  Watch watch;
  StageSettings settings;
  settings.largest_batch = 16;
  settings.n_in_flight = 2;
  settings.n_threads = 1;
  const auto outcome = run(settings, watch, 200, 7);
  EXPECT_EQ(watch.n_computed, 7);
  EXPECT_EQ(outcome.repeated.size(), 193u);
  for (const auto& [seed, value] : outcome.stiffness) EXPECT_EQ(value, seed % 7);
}

TEST(HomogenizationStage, ErrorsReachTheCallerWithTheirMessages) {
  for (const unsigned int n_threads : {0u, 2u})
    for (const std::size_t n_in_flight : {1u, 2u}) {
      Watch watch;
      StageSettings settings;
      settings.largest_batch = 8;
      settings.n_threads = n_threads;
      settings.n_in_flight = n_in_flight;
      EXPECT_EQ(seco::test::message_of([&] { run(settings, watch, 50, 60, 30); }),
                "seed is unlucky");
      watch.refused = 77;
      EXPECT_EQ(seco::test::message_of([&] { run(settings, watch, 100); }),
                "key 'Engine' is 'watched': no grid of 77");
    }
}
