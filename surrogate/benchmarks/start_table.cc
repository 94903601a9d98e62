// Steps and time of the certified solver from different starts, as a Markdown table: what a network
// is worth beside what costs no training. Every row is measured in this run, on RVEs of its own.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <iostream>
#include <map>
#include <numeric>

#include "certificate.h"
#include "certified_solver.h"
#include "conjugate_gradients.h"
#include "difference_operator.h"
#include "families.h"
#include "model_folder.h"
#include "output.h"
#include "polarization_network.h"
#include "reference_solver.h"
#include "seco/surrogate/threads.h"

namespace {

using namespace seco;
using namespace seco::surrogate;

struct Options : benchmarks::RowOptions {
  std::string model, precision = "single";
  bool rivals = false;
};

/// One way to start: what it costs counts, unless it is at hand anyway.
struct Start {
  std::string name;
  std::function<torch::Tensor(const StiffnessField&, const GreenOperator&)> displacement;
  /// The displacement is made beforehand and not counted.
  bool at_hand = false;
};

torch::Tensor solved(const materials::Rve& rve, double factor) {
  auto other = rve;
  other.stiffness[1] *= factor;
  const StiffnessField stiffness({&other, 1}, torch::kDouble);
  return solve(stiffness, SolverSettings{1e-5, 20000}).displacement;
}

/// The solution of the same RVE whose second phase was 10 % stiffer: the last step of a load path
/// on which it is damaged.
torch::Tensor last_step(const materials::Rve& rve) {
  return solved(rve, 1.1);
}

/// The combination of smallest energy of two solutions of the same RVE, at a third and three times
/// the contrast.
torch::Tensor snapshots(const materials::Rve& rve) {
  const StiffnessField stiffness({&rve, 1}, torch::kDouble);
  const auto fields = torch::cat({solved(rve, 1. / 3.), solved(rve, 3.)}, 1);
  const auto best = upper_ritz(stiffness, strain_of(fields, stiffness.grid()));
  return combine(best.coefficients, fields);
}

std::vector<Start> starts(const Options& options,
                          const std::shared_ptr<PolarizationNetwork>& network) {
  std::vector<Start> result{
      {"zero", [](const auto&, const auto&) { return torch::Tensor(); }},
      {"uniform", [](const StiffnessField& stiffness, const GreenOperator& green) {
         return uniform_start(stiffness, green);
       }}};
  if (network)
    result.push_back(
        {"network", [network](const StiffnessField& stiffness, const GreenOperator& green) {
           return network->start(stiffness, green);
         }});
  if (options.rivals) {
    result.push_back({"last step", {}, true});
    result.push_back({"snapshots", {}, true});
  }
  return result;
}

struct Measured {
  double steps = 0, seconds = 0;
};

Measured run_once(const Start& start, const std::vector<materials::Rve>& rves,
                  const std::vector<torch::Tensor>& given, const torch::TensorOptions& options,
                  double tolerance) {
  Measured m;
  const auto n = static_cast<double>(rves.size());
  for (std::size_t i = 0; i < rves.size(); ++i) {
    const auto begin = std::clock();
    const StiffnessField stiffness({&rves[i], 1}, options);
    CertifiedStart from;
    if (start.at_hand)
      from.displacement = given[i];
    else
      from.displacement =
          start.displacement(stiffness, GreenOperator(stiffness.grid(), stiffness.options()));
    CertifiedSettings settings;
    settings.tolerance = tolerance;
    const auto result = solve_certified(stiffness, settings, from);
    m.seconds += static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC / n;
    m.steps += result.iterations[0] / n;
    if (result.status[0] != Status::ok) m.steps = std::nan("");
  }
  return m;
}

void run(const Options& options) {
  torch::NoGradGuard no_grad;
  std::shared_ptr<PolarizationNetwork> network;
  if (!options.model.empty()) {
    network = std::dynamic_pointer_cast<PolarizationNetwork>(load_model(options.model).network);
    if (!network)
      throw std::invalid_argument(options.model + ": is not a model of the kind 'polarization'");
  }
  const auto ways = starts(options, network);
  fmt::print(
      "Steps and processor time of `certified` from each start, {}^{} voxels, {} precision, {} "
      "RVEs "
      "per row; times are ratios to the start from zero, start and certificate included.\n\n"
      "| family | contrast | tolerance | ms from zero |",
      options.grid, options.dimension, options.precision, options.n_rves);
  for (const auto& way : ways) fmt::print(" {} |", way.name);
  for (std::size_t i = 1; i < ways.size(); ++i) fmt::print(" time, {} |", ways[i].name);
  fmt::print("\n|---|---|---|---|");
  for (std::size_t i = 0; i < 2 * ways.size() - 1; ++i) fmt::print("---|");
  fmt::print("\n");
  const auto type = options.precision == "single" ? torch::kFloat : torch::kDouble;
  std::uint64_t seed = 5000;
  std::vector<double> logs(ways.size(), 0.);
  int rows = 0;
  for (const auto& family : options.families)
    for (const double contrast : options.contrasts) {
      const auto rves = benchmarks::family_members(family, options.dimension, options.grid,
                                                   contrast, options.n_rves, seed);
      std::map<std::string, std::vector<torch::Tensor>> given;
      if (options.rivals)
        for (const auto& rve : rves) {
          given["last step"].push_back(last_step(rve));
          given["snapshots"].push_back(snapshots(rve));
        }
      for (const double tolerance : options.tolerances) {
        std::vector<Measured> best(ways.size());
        for (int r = 0; r < options.repetitions; ++r)
          for (std::size_t i = 0; i < ways.size(); ++i) {
            const auto m =
                run_once(ways[i], rves, given[ways[i].name], torch::TensorOptions(type), tolerance);
            if (r == 0 || m.seconds < best[i].seconds) best[i] = m;
          }
        fmt::print("| {} | {:g} | {:g} | {:.2f} |", family, contrast, tolerance,
                   1e3 * best[0].seconds);
        for (const auto& m : best) fmt::print(" {:.1f} |", m.steps);
        for (std::size_t i = 1; i < ways.size(); ++i) {
          fmt::print(" {:.2f} |", best[i].seconds / best[0].seconds);
          logs[i] += std::log(best[i].seconds / best[0].seconds);
        }
        ++rows;
        fmt::print("\n");
        std::fflush(stdout);
      }
    }
  fmt::print("\nGeometric means of the times:");
  for (std::size_t i = 1; i < ways.size(); ++i)
    fmt::print(" {} {:.3f}{}", ways[i].name, std::exp(logs[i] / rows),
               i + 1 < ways.size() ? "," : ".\n");
}

}  // namespace

int main(int argc, char** argv) {
  wait_passively(argv);
  keep_freed_memory();
  Options options;
  options.n_rves = 4;
  options.repetitions = 3;
  options.tolerances = {0.1, 1e-2, 1e-3};
  CLI::App app{"Steps and time of the certified solver from different starts"};
  options.add_to(app);
  app.add_option("--model", options.model, "folder of a polarization network");
  app.add_option("--precision", options.precision)->check(CLI::IsMember({"single", "double"}));
  app.add_flag("--rivals", options.rivals,
               "also from the last step of a damage path and from snapshots of the same RVE");
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::cerr << "start_table: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
