#include "solver_table.h"

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "floors.h"

namespace seco::benchmarks {

SolverBenchmark::SolverBenchmark(std::vector<materials::Rve> rves, int n_threads, Budget budget)
    : rves_(std::move(rves)), n_threads_(n_threads), budget_(budget) {
  for (const auto& result : prepared({"double", 1e-8})()) {
    if (result.status != surrogate::Status::ok)
      throw std::runtime_error("the solution for comparison failed: " + result.message);
    exact_.push_back(result.stiffness);
  }
}

std::function<std::vector<surrogate::Homogenized>()> SolverBenchmark::prepared(
    const SolverRun& how) const {
  surrogate::EngineSettings settings;
  settings.device = "cpu";
  settings.precision = how.precision;
  settings.tolerance = how.residual > 0 ? how.residual : 1e-15;
  settings.max_iterations = how.iterations;
  const std::shared_ptr<surrogate::Engine> engine = surrogate::make_engine("fft", settings);
  return [engine, this] {
    // After the engine was made, which sets the number as well.
    use_threads(n_threads_);
    return engine->homogenize(rves_);
  };
}

SolverRow SolverBenchmark::row_of(const std::vector<surrogate::Homogenized>& results,
                                  Sample seconds) const {
  SolverRow row{0, std::move(seconds)};
  for (std::size_t i = 0; i < results.size(); ++i) {
    row.iterations = std::max(row.iterations, results[i].iterations);
    row.error = std::max(row.error, (results[i].stiffness - exact_[i]).norm() / exact_[i].norm());
    row.gap = std::max(row.gap, results[i].gap);
    row.residual = std::max(row.residual, results[i].residual);
  }
  return row;
}

SolverRow SolverBenchmark::run(const SolverRun& how) const {
  const auto solve = prepared(how);
  std::vector<surrogate::Homogenized> results;
  const auto seconds = measure([&] { results = solve(); }, budget_);
  return row_of(results, seconds.scaled(1. / static_cast<double>(rves_.size())));
}

std::vector<SolverRow> SolverBenchmark::sequence(const std::string& precision, double error) const {
  std::vector<SolverRow> rows;
  const auto add = [&](unsigned int iterations) {
    rows.push_back(run({precision, 0, iterations}));
  };
  for (const unsigned int iterations : {0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128}) {
    if (!rows.empty() && rows.back().error > error)
      // Numbers between two of the list, once each.
      for (unsigned int k = rows.back().iterations + 1; k < iterations; ++k)
        if (row_of(prepared({precision, 0, k})(), Sample({0.})).error <= error) {
          add(k);
          break;
        }
    add(iterations);
    const auto& last = rows.back();
    if (last.error < 1e-3 * error || last.iterations < iterations) break;
  }
  return rows;
}

Sample SolverBenchmark::double_over_single(unsigned int iterations) const {
  const auto in_single = prepared({"single", 0, iterations});
  const auto in_double = prepared({"double", 0, iterations});
  return compare([&] { in_single(); }, [&] { in_double(); }, budget_).ratio;
}

Line fit(std::span<const SolverRow> rows) {
  std::vector<double> slopes, rests;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = i + 1; j < rows.size(); ++j)
      if (rows[j].iterations > rows[i].iterations)
        slopes.push_back((rows[j].seconds.median() - rows[i].seconds.median()) /
                         (rows[j].iterations - rows[i].iterations));
  Line line;
  if (!slopes.empty()) line.per_iteration = Sample(std::move(slopes)).median();
  for (const auto& row : rows)
    rests.push_back(row.seconds.median() - line.per_iteration * row.iterations);
  line.rest = Sample(std::move(rests)).median();
  return line;
}

const SolverRow& first_within(std::span<const SolverRow> rows, double error) {
  for (const auto& row : rows)
    if (row.error <= error) return row;
  return rows.back();
}

}  // namespace seco::benchmarks
