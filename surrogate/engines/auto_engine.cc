#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <tuple>

#include "certified_engine.h"
#include "field_engine.h"
#include "seco/surrogate/engine.h"

namespace seco::surrogate {
namespace {

unsigned int first_check(const EngineSettings& settings) {
  auto own = own_parameters(settings, certified_name);
  return read_certified_parameters(own, "").first_check;
}

/// A way to run the engine `certified`, and what it cost where it was measured.
struct Candidate {
  EngineSettings settings;
  double seconds = 0;
  bool met = false;

  std::string label() const {
    return fmt::format("{} precision, start from {}, {}", settings.precision,
                       settings.model.empty() ? "zero" : "the network",
                       first_check(settings) == 0
                           ? "first bounds when the energy suggests"
                           : fmt::format("first bounds after {} steps", first_check(settings)));
  }
};

std::string in_words(const std::vector<int>& shape) {
  return fmt::format("{}", fmt::join(shape, "x"));
}

/// The engine `certified` in the way that is fastest on this device for RVEs like the first of the
/// run: precision of the fields, start from zero or from a network, and when the bounds are first
/// evaluated. For every grid the ways are timed on a few RVEs, whose results count; each choice is
/// made with the others as found before, and stays for the life of this engine. What misses its
/// tolerance in single precision is done again in double.
class AutoEngine : public Engine {
 public:
  explicit AutoEngine(const EngineSettings& settings) : settings_(settings) {
    settings_.own[certified_name].erase(first_check_key);
    // Refuses what certified refuses: the tolerance, the device, the model.
    auto probe = settings_;
    probe.precision = "double";
    certified(probe);
  }

  std::string name() const override { return "auto"; }

  std::vector<Homogenized> homogenize(
      std::span<const materials::Rve> rves,
      const std::function<void(std::size_t)>& progress) const override {
    std::map<std::vector<int>, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < rves.size(); ++i) groups[rves[i].shape].push_back(i);
    std::vector<Homogenized> results(rves.size());
    std::size_t finished = 0;
    for (const auto& [shape, indices] : groups) {
      std::vector<materials::Rve> group;
      for (const auto i : indices) group.push_back(rves[i]);
      const auto group_results = homogenize_group(shape, group, [&](std::size_t done) {
        if (progress) progress(finished + done);
      });
      for (std::size_t i = 0; i < indices.size(); ++i) results[indices[i]] = group_results[i];
      finished += indices.size();
    }
    return results;
  }

  std::vector<LocalAnswer> local_quantities(
      std::span<const LocalQuery> queries,
      const std::function<void(std::size_t)>& progress) const override {
    // In the way found for the first grid, if any: all ways meet the same tolerance.
    const auto settings = choices_.empty() ? default_settings() : choices_.begin()->second.settings;
    auto answers = certified(settings).local_quantities(queries, progress);
    for (auto& answer : answers) answer.homogenized.engine = name();
    return answers;
  }

  std::vector<std::string> report() const override {
    std::vector<std::string> lines;
    for (const auto& [shape, choice] : choices_)
      lines.insert(lines.end(), choice.report.begin(), choice.report.end());
    for (const auto& [shape, n] : uncalibrated_)
      if (!choices_.count(shape))
        lines.push_back(fmt::format("auto, {} voxels: {}, without calibration for {} RVE{}",
                                    in_words(shape), Candidate{default_settings()}.label(), n,
                                    n == 1 ? "" : "s"));
    for (const auto& [way, engine] : engines_)
      for (const auto& line : engine->report()) lines.push_back("  " + line);
    return lines;
  }

 private:
  struct Choice {
    EngineSettings settings;
    std::vector<std::string> report;
  };

  std::vector<Homogenized> homogenize_group(
      const std::vector<int>& shape, const std::vector<materials::Rve>& rves,
      const std::function<void(std::size_t)>& progress) const {
    std::vector<Homogenized> results;
    auto choice = choices_.find(shape);
    if (choice == choices_.end() && rves.size() < fewest_to_calibrate) {
      // No choice is kept: a larger batch may follow.
      uncalibrated_[shape] = rves.size();
      results = certified(default_settings()).homogenize(rves, progress);
    } else {
      if (choice == choices_.end()) {
        const auto n = std::clamp<std::size_t>(rves.size() / 50, 1, 4);
        choice = choices_.emplace(shape, calibrate(shape, std::span(rves).first(n), results)).first;
      }
      const auto n_done = results.size();
      const auto rest = certified(choice->second.settings)
                            .homogenize(std::span(rves).subspan(n_done),
                                        [&](std::size_t done) { progress(n_done + done); });
      results.insert(results.end(), rest.begin(), rest.end());
    }
    again_in_double(rves, results);
    for (auto& result : results) result.engine = name();
    return results;
  }

  /// Times the candidates. @param results those of the chosen one for the given RVEs
  Choice calibrate(const std::vector<int>& shape, std::span<const materials::Rve> rves,
                   std::vector<Homogenized>& results) const {
    Choice choice;
    std::vector<Candidate> measured;
    Candidate best;
    const auto try_out = [&](const EngineSettings& settings) {
      Candidate candidate{settings, 0, true};
      const auto& engine = certified(settings);
      const auto start = std::chrono::steady_clock::now();
      auto found = engine.homogenize(rves);
      candidate.seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
          static_cast<double>(rves.size());
      for (const auto& result : found)
        candidate.met &= result.status == Status::ok || result.status == Status::one_sided;
      measured.push_back(candidate);
      // Differences within the noise of a clock choose nothing.
      if (results.empty() || std::pair(!candidate.met, candidate.seconds) <
                                 std::pair(!best.met, 0.95 * best.seconds)) {
        best = candidate;
        results = std::move(found);
      }
    };
    auto settings = default_settings();
    for (const char* precision : {"single", "double"}) {
      settings.precision = precision;
      if (settings.precision == "double" || single_possible()) try_out(settings);
    }
    // The first paid for plans of the Fourier transforms and pages of memory: if it lost, once
    // more.
    if (best.settings.precision != measured.front().settings.precision)
      try_out(measured.front().settings);
    settings = best.settings;
    if (!settings_.model.empty()) {
      settings.model = settings_.model;
      try_out(settings);
      settings = best.settings;
    }
    unsigned int fewest = results.front().iterations;
    for (const auto& result : results) fewest = std::min(fewest, result.iterations);
    // A number of steps that suits one RVE says nothing about the next.
    if (fewest > 1 && rves.size() >= enough_for_steps) {
      settings.own[certified_name][first_check_key] = std::to_string(fewest);
      try_out(settings);
    }
    choice.settings = best.settings;
    choice.report.push_back(fmt::format("auto, {} voxels: {} ({:.3g} s per RVE)", in_words(shape),
                                        best.label(), best.seconds));
    for (const auto& candidate : measured)
      choice.report.push_back(fmt::format(
          "  measured on {} RVE{}: {}: {:.3g} s{}", rves.size(), rves.size() == 1 ? "" : "s",
          candidate.label(), candidate.seconds, candidate.met ? "" : ", tolerance missed"));
    return choice;
  }

  void again_in_double(const std::vector<materials::Rve>& rves,
                       std::vector<Homogenized>& results) const {
    std::vector<std::size_t> missed;
    std::vector<materials::Rve> again;
    for (std::size_t i = 0; i < results.size(); ++i)
      if (results[i].status == Status::not_converged || results[i].status == Status::failed) {
        missed.push_back(i);
        again.push_back(rves[i]);
      }
    if (missed.empty()) return;
    auto settings = default_settings();
    settings.precision = "double";
    const auto better = certified(settings).homogenize(again);
    for (std::size_t i = 0; i < missed.size(); ++i)
      if (better[i].status != Status::failed) results[missed[i]] = better[i];
  }

  /// Engines are kept: one with a network has loaded it.
  const Engine& certified(const EngineSettings& settings) const {
    auto& engine = engines_[{settings.precision, settings.model, first_check(settings)}];
    if (!engine) engine = make_engine(certified_name, settings);
    return *engine;
  }

  bool single_possible() const { return settings_.tolerance >= 1e-4; }

  EngineSettings default_settings() const {
    auto settings = settings_;
    settings.model.clear();
    settings.precision = single_possible() ? "single" : "double";
    return settings;
  }

  /// A calibration costs about two RVEs.
  static constexpr std::size_t fewest_to_calibrate = 16, enough_for_steps = 3;

  EngineSettings settings_;
  /// By what the ways differ in: precision, model and first check.
  mutable std::map<std::tuple<std::string, std::string, unsigned int>, std::unique_ptr<Engine>>
      engines_;
  mutable std::map<std::vector<int>, Choice> choices_;
  /// Number of RVEs of grids that had too few for a calibration.
  mutable std::map<std::vector<int>, std::size_t> uncalibrated_;
};

}  // namespace

void register_auto_engine() {
  register_engine(
      "auto",
      {"certified in the way that is fastest on this device, from a short calibration",
       numerics_version},
      [](const EngineSettings& settings) { return std::make_unique<AutoEngine>(settings); });
}

}  // namespace seco::surrogate
