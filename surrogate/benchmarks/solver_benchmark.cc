// Time of the reference solver against the error of the homogenized stiffness, and the fraction it
// reaches of what the machine could do, as Markdown.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "floors.h"
#include "output.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/threads.h"
#include "solver_cases.h"
#include "solver_table.h"

namespace {

using namespace seco;
using namespace seco::benchmarks;

struct Options {
  std::vector<std::string> cases = solver_case_names(), precisions{"single", "double"};
  std::vector<int> grids{64};
  int n_rves = 1, threads = thread_counts().back();
  double error = 1e-4, residual = 1e-4, seconds = 2;
  std::string json, rve_folder;
};

/// Least time of an iteration on one RVE, seconds, when the memory runs at its measured bandwidth
/// and the transforms at the fastest measured rate, one after the other.
struct Floor {
  double memory = 0, transforms = 0, bandwidth = 0;
  double seconds() const { return memory + transforms; }
};

Floor measure_floor(const Options& options, int grid, bool single) {
  use_threads(options.threads);
  const Budget budget{0.25 * options.seconds};
  const auto cost = iteration_cost(grid, single);
  // The five fields that an iteration goes through.
  const double working_set = cost.bytes * 5. / 9. * options.n_rves;
  const auto rate = measure_bandwidth(static_cast<std::size_t>(working_set), budget);
  Floor floor;
  floor.bandwidth = std::max(rate.copy.median(), rate.triad.median());
  floor.memory = cost.bytes / floor.bandwidth;
  const auto transforms = measure_fft({grid, 18 * options.n_rves, single}, budget);
  floor.transforms = transforms.median() / options.n_rves;
  return floor;
}

void print_row(const std::string& precision, const SolverRow& row, const std::string& stop) {
  fmt::print("| {} | {} | {} | {} | {:.1e} | {:.1e} | {:.1e} |\n", precision, stop, row.iterations,
             row.seconds.text(), row.error, row.gap, row.residual);
  std::fflush(stdout);
}

nlohmann::json to_json(const SolverRow& row) {
  return {{"iterations", row.iterations},
          {"seconds", benchmarks::to_json(row.seconds)},
          {"error", row.error},
          {"gap", row.gap},
          {"residual", row.residual}};
}

/// Rows of one precision; its line of the summary goes to the end of the page.
nlohmann::json precision_rows(const Options& options, const SolverBenchmark& benchmark,
                              const std::string& name, int grid, const std::string& precision,
                              std::string& summary) {
  const bool single = precision == "single";
  const auto rows = benchmark.sequence(precision, options.error);
  for (const auto& row : rows) print_row(precision, row, "iterations");
  const auto at_residual = benchmark.run({precision, options.residual});
  print_row(precision, at_residual, fmt::format("residual {:g}", options.residual));

  const auto line = fit(rows);
  const auto floor = measure_floor(options, grid, single);
  const auto cost = iteration_cost(grid, single);
  const auto& at_error = first_within(rows, options.error);
  summary += fmt::format(
      "| {} {}^3 | {} | {}{:.4f} after {} | {:.4f} after {}, error {:.1e} | {:.2f} | {:.2f} | "
      "{:.2f} "
      "+ {:.2f} | {:.0f} % | {:.0f}, {:.2f} |\n",
      name, grid, precision,
      at_error.error <= options.error ? "" : "missed: ", at_error.seconds.median(),
      at_error.iterations, at_residual.seconds.median(), at_residual.iterations, at_residual.error,
      1e3 * line.rest, 1e3 * line.per_iteration, 1e3 * floor.memory, 1e3 * floor.transforms,
      100 * floor.seconds() / line.per_iteration, 1e-6 * cost.bytes,
      1e-9 * (cost.flops + cost.fft_flops));

  nlohmann::json value{{"at_error", to_json(at_error)},
                       {"at_residual", to_json(at_residual)},
                       {"seconds_per_iteration", line.per_iteration},
                       {"setup_and_certificate", line.rest},
                       {"floor_memory", floor.memory},
                       {"floor_transforms", floor.transforms},
                       {"bandwidth", floor.bandwidth},
                       {"bytes_per_iteration", cost.bytes},
                       {"flops_per_iteration", cost.flops},
                       {"fft_flops_per_iteration", cost.fft_flops}};
  for (const auto& row : rows) value["rows"].push_back(to_json(row));
  return value;
}

nlohmann::json run_case(const Options& options, const std::string& name, int grid,
                        std::string& summary) {
  std::vector<materials::Rve> rves;
  for (int i = 0; i < options.n_rves; ++i) rves.push_back(solver_case(name, grid, i));
  const SolverBenchmark benchmark(std::move(rves), options.threads, Budget{options.seconds});
  nlohmann::json value{
      {"case", name}, {"grid", grid}, {"rves", options.n_rves}, {"threads", options.threads}};
  if (!options.rve_folder.empty()) {
    const auto path =
        std::filesystem::path(options.rve_folder) / fmt::format("{}_{}.h5", name, grid);
    materials::write_rve(path.string(), benchmark.rves().front());
    value["file"] = path.string();
  }
  const auto& exact = benchmark.exact().front();
  for (int i = 0; i < exact.rows(); ++i)
    for (int j = 0; j < exact.cols(); ++j) value["exact"].push_back(exact(i, j));

  fmt::print(
      "### {}, {}^3\n\n"
      "| precision | stopped by | iterations | seconds | stiffness error | certified gap | "
      "residual "
      "|\n|---|---|---|---|---|---|---|\n",
      name, grid);
  for (const auto& precision : options.precisions)
    value[precision] = precision_rows(options, benchmark, name, grid, precision, summary);
  fmt::print("\n");
  if (options.precisions.size() > 1) {
    const unsigned int iterations = value["single"]["at_error"]["iterations"];
    const auto ratio = benchmark.double_over_single(iterations);
    fmt::print("Double over single precision, both {} iterations, by turns: {}.\n\n", iterations,
               ratio.text());
    value["double_over_single"] = benchmarks::to_json(ratio);
  }
  return value;
}

void run(const Options& options) {
  surrogate::register_builtin_engines();
  if (!options.rve_folder.empty()) std::filesystem::create_directories(options.rve_folder);
  fmt::print(
      "Engine `fft`, all six load cases, {} RVE{} per call, {} threads. Wall seconds per RVE with "
      "setup and certificate: medians, in brackets the quartiles. The stiffness error is relative, "
      "in the Frobenius norm, against the same discrete problem solved in double precision to a "
      "residual of 1e-8.\n\n",
      options.n_rves, options.n_rves > 1 ? "s" : "", options.threads);
  std::string summary;
  auto values = nlohmann::json::array();
  for (const int grid : options.grids)
    for (const auto& name : options.cases) values.push_back(run_case(options, name, grid, summary));
  fmt::print(
      "### Time to an error, and the floor of an iteration\n\n"
      "| case | precision | seconds to stiffness error {:g} | seconds to residual {:g} | setup and "
      "certificate, ms | iteration, ms | floor: memory + FFT, ms | floor / iteration | MB, GFLOP "
      "per iteration |\n|---|---|---|---|---|---|---|---|---|\n{}",
      options.error, options.residual, summary);
  write_json(options.json, values);
}

}  // namespace

int main(int argc, char** argv) {
  surrogate::wait_passively(argv);
  surrogate::keep_freed_memory();
  Options options;
  CLI::App app{"Times the reference solver against the error of its stiffness"};
  app.add_option("--cases", options.cases)
      ->delimiter(',')
      ->check(CLI::IsMember(solver_case_names()));
  app.add_option("--grids", options.grids, "voxels per edge")
      ->delimiter(',')
      ->check(CLI::Range(8, 512));
  app.add_option("--precisions", options.precisions)
      ->delimiter(',')
      ->check(CLI::IsMember({"single", "double"}));
  app.add_option("--rves", options.n_rves, "RVEs per call")->check(CLI::Range(1, 10000));
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 1024));
  app.add_option("--error", options.error, "of the stiffness, to be reached")
      ->check(CLI::Range(1e-12, 1.));
  app.add_option("--residual", options.residual, "relative, to stop at")
      ->check(CLI::Range(1e-12, 0.5));
  app.add_option("--seconds", options.seconds, "for each measurement")
      ->check(CLI::Range(1e-3, 3600.));
  app.add_option("--rve-folder", options.rve_folder, "folder to write the RVEs to");
  app.add_option("--json", options.json, "file for the values");
  CLI11_PARSE(app, argc, argv);
  try {
    run(options);
  } catch (const std::exception& error) {
    std::cerr << "solver_benchmark: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
