// Time of the engines that certify a tolerance, over contrasts and microstructure families, as a
// Markdown table. Every cell of a row is measured in this run, on RVEs that no other row sees.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <iostream>
#include <limits>
#include <optional>

#include "families.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/threads.h"

namespace {

using namespace seco;

struct Options : benchmarks::RowOptions {
  std::string model, device = "cpu";
  bool accuracy = false, smoothing = false;
};

struct Measurement {
  double seconds = 0, worst_gap = 0, steps = 0;
  bool met = true;
};

Measurement measure(const std::string& name, const surrogate::EngineSettings& settings,
                    const std::vector<materials::Rve>& rves, double tolerance, int repetitions) {
  Measurement best;
  for (int r = 0; r < repetitions; ++r) {
    const auto engine = surrogate::make_engine(name, settings);
    // Processor time where that is the work: it does not count what else the machine does.
    const auto start = std::clock();
    const auto wall_start = std::chrono::steady_clock::now();
    const auto results = engine->homogenize(rves);
    Measurement m;
    m.seconds = (settings.device == "cpu"
                     ? static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC
                     : std::chrono::duration<double>(std::chrono::steady_clock::now() - wall_start)
                           .count()) /
                static_cast<double>(rves.size());
    for (const auto& result : results) {
      m.worst_gap = std::max(m.worst_gap, result.gap);
      m.steps += static_cast<double>(result.iterations) / static_cast<double>(rves.size());
    }
    m.met = m.worst_gap <= tolerance;
    if (r == 0 || m.seconds < best.seconds) best = m;
  }
  return best;
}

/// The reference solver with its certificate, at the loosest residual that meets the tolerance for
/// all RVEs: a choice that no user can make beforehand.
Measurement stopped_at_best(const std::vector<materials::Rve>& rves, double tolerance,
                            const std::string& precision, const std::string& device,
                            int repetitions) {
  Measurement m;
  for (double residual = 0.3; residual > 1e-9; residual /= 1.8) {
    surrogate::EngineSettings settings;
    settings.tolerance = residual;
    settings.precision = precision;
    settings.device = device;
    m = measure("fft", settings, rves, tolerance, repetitions);
    if (m.met) break;
  }
  return m;
}

std::string cell(const Measurement& m) {
  return fmt::format("{:.3f}{}", m.seconds, m.met ? "" : " (missed)");
}

void print_times_head(const Options& options) {
  fmt::print(
      "{} seconds per RVE, {}^{} voxels, {} RVEs per row. 'fft, best stop' is stopped by an "
      "oracle.\n\n",
      options.device == "cpu" ? "Processor" : "Wall", options.grid, options.dimension,
      options.n_rves);
  fmt::print(
      "| family | contrast | tolerance | fft, best stop, single | certified, double | certified, "
      "single |{} auto | steps (single) | auto / best fixed | best fixed / fft |\n",
      options.model.empty() ? "" : " network, single |");
  fmt::print("|---|---|---|---|---|---|{}---|---|---|---|\n", options.model.empty() ? "" : "---|");
}

void print_times(const Options& options, const std::string& family, double contrast,
                 double tolerance, const std::vector<materials::Rve>& rves) {
  surrogate::EngineSettings settings;
  settings.tolerance = tolerance;
  settings.device = options.device;
  const auto in = [&](const std::string& name, const std::string& precision,
                      const std::string& model) {
    settings.precision = precision;
    settings.model = model;
    return measure(name, settings, rves, tolerance, options.repetitions);
  };
  const auto fft = stopped_at_best(rves, tolerance, "single", options.device, options.repetitions);
  std::vector<Measurement> fixed{in("certified", "double", ""), in("certified", "single", "")};
  if (!options.model.empty()) fixed.push_back(in("certified", "single", options.model));
  const auto automatic = in("auto", "double", options.model);
  double best = std::numeric_limits<double>::infinity();
  for (const auto& m : fixed)
    if (m.met) best = std::min(best, m.seconds);
  fmt::print("| {} | {:g} | {:g} | {} | {} | {} |", family, contrast, tolerance, cell(fft),
             cell(fixed[0]), cell(fixed[1]));
  if (!options.model.empty()) fmt::print(" {} |", cell(fixed[2]));
  fmt::print(" {} | {:.1f} | {:.2f} | {:.2f} |\n", cell(automatic), fixed[1].steps,
             automatic.seconds / best, best / fft.seconds);
  std::fflush(stdout);
}

/// Mean Frobenius errors of the estimate and of the midpoint of the bounds.
void print_accuracy(const Options& options, const std::string& family, double contrast,
                    double tolerance, const std::vector<materials::Rve>& rves) {
  surrogate::EngineSettings settings;
  settings.device = options.device;
  settings.tolerance = 1e-8;
  settings.max_iterations = 20000;
  const auto exact = surrogate::make_engine("fft", settings)->homogenize(rves);
  settings.tolerance = tolerance;
  const auto results = surrogate::make_engine("certified", settings)->homogenize(rves);
  double estimate = 0, midpoint = 0;
  for (std::size_t i = 0; i < rves.size(); ++i) {
    const double size = exact[i].stiffness.norm() * static_cast<double>(rves.size());
    estimate += (results[i].stiffness - exact[i].stiffness).norm() / size;
    midpoint += (0.5 * (results[i].lower + results[i].upper) - exact[i].stiffness).norm() / size;
  }
  fmt::print("| {} | {:g} | {:g} | {:.1e} | {:.1e} |\n", family, contrast, tolerance, estimate,
             midpoint);
}

/// Ratios of all rows, for their geometric means.
struct Ratios {
  std::vector<double> steps, seconds;

  static double mean(const std::vector<double>& values) {
    double sum = 0;
    for (const auto value : values) sum += std::log(value);
    return std::exp(sum / static_cast<double>(values.size()));
  }
};

/// `certified` without and with smoothed stresses, in turns.
void print_smoothing(const Options& options, const std::string& family, double contrast,
                     double tolerance, const std::vector<materials::Rve>& rves, Ratios& ratios) {
  for (const std::string precision : {"single", "double"}) {
    Measurement best[2];
    for (int r = 0; r < options.repetitions; ++r)
      for (const int smooth : {0, 1}) {
        surrogate::EngineSettings settings;
        settings.tolerance = tolerance;
        settings.device = options.device;
        settings.precision = precision;
        settings.own["certified"]["Smooth stress"] = smooth ? "true" : "false";
        const auto m = measure("certified", settings, rves, tolerance, 1);
        if (r == 0 || m.seconds < best[smooth].seconds) best[smooth] = m;
      }
    const double steps = best[0].steps > 0 ? best[1].steps / best[0].steps : 1.;
    const double seconds = best[1].seconds / best[0].seconds;
    ratios.steps.push_back(steps);
    ratios.seconds.push_back(seconds);
    fmt::print("| {} | {:g} | {:g} | {} | {:.1f} | {:.1f} | {:.2f} | {} | {} | {:.2f} |\n", family,
               contrast, tolerance, precision, best[0].steps, best[1].steps, steps, cell(best[0]),
               cell(best[1]), seconds);
  }
}

void run(const Options& options) {
  surrogate::register_builtin_engines();
  if (options.accuracy)
    fmt::print(
        "Mean error of the stiffness that `certified` returns, {}^{} voxels, {} RVEs per row.\n\n"
        "| family | contrast | tolerance | estimate | midpoint of the bounds "
        "|\n|---|---|---|---|---|\n",
        options.grid, options.dimension, options.n_rves);
  else if (options.smoothing)
    fmt::print(
        "`certified` with the stress of the last step and with smoothed stresses: steps and "
        "processor seconds per RVE, {}^{} voxels, {} RVEs per row.\n\n"
        "| family | contrast | tolerance | precision | steps, last | smoothed | ratio | s, last | "
        "smoothed | ratio |\n|---|---|---|---|---|---|---|---|---|---|\n",
        options.grid, options.dimension, options.n_rves);
  else
    print_times_head(options);
  Ratios ratios;
  std::uint64_t seed = 1000;
  for (const auto& family : options.families)
    for (const double contrast : options.contrasts) {
      const auto rves = benchmarks::family_members(family, options.dimension, options.grid,
                                                   contrast, options.n_rves, seed);
      for (const double tolerance : options.tolerances) {
        if (options.smoothing)
          print_smoothing(options, family, contrast, tolerance, rves, ratios);
        else
          (options.accuracy ? print_accuracy : print_times)(options, family, contrast, tolerance,
                                                            rves);
        std::fflush(stdout);
      }
    }
  if (options.smoothing)
    fmt::print("\nGeometric means of the ratios: steps {:.3f}, seconds {:.3f}.\n",
               Ratios::mean(ratios.steps), Ratios::mean(ratios.seconds));
}

}  // namespace

int main(int argc, char** argv) {
  surrogate::wait_passively(argv);
  surrogate::keep_freed_memory();
  Options options;
  CLI::App app{"Times the engines that certify a tolerance"};
  options.add_to(app);
  app.add_option("--model", options.model, "model folder for the start from a network");
  app.add_option("--device", options.device, "cpu, cuda or cuda:N");
  app.add_flag("--accuracy", options.accuracy,
               "errors of the estimate and of the midpoint of the bounds instead of times");
  app.add_flag("--smoothing", options.smoothing,
               "steps and times of `certified` without and with smoothed stresses instead");
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::cerr << "engine_table: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
