#include "device_engines.h"

#include <fmt/format.h>

#include <cmath>

#include "output.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generators.h"
#include "seco/surrogate/engine.h"
#include "solver_cases.h"

namespace seco::benchmarks {
namespace {

using surrogate::EngineSettings;
using surrogate::Homogenized;

/// `spheres`: stiff ones, contrast 100, 15 % of the volume; else a case of the solver benchmark.
materials::Rve make_rve(const std::string& name, int grid, int number) {
  if (name != "spheres") return solver_case(name, grid, number);
  materials::GeneratorSettings settings;
  settings.type = "inclusions";
  settings.shape.assign(3, grid);
  settings.lengths.assign(3, 1.);
  settings.seed = 500 + static_cast<std::uint64_t>(number);
  settings.matrix = materials::isotropic(3000, 0.35);
  settings.inclusion = materials::isotropic(3000, 0.25);
  settings.inclusion_factor = 100.;
  settings.n_inclusions = 6;
  settings.volume_fraction = 0.15;
  return materials::generate(settings);
}

/// Mean relative error of the stiffnesses, in the Frobenius norm.
double mean_error(const std::vector<Homogenized>& results, const std::vector<Homogenized>& exact) {
  double sum = 0;
  for (std::size_t i = 0; i < results.size(); ++i)
    sum += (results[i].stiffness - exact[i].stiffness).norm() / exact[i].stiffness.norm();
  return sum / static_cast<double>(results.size());
}

struct Row {
  std::string engine;
  Sample per_second{{1.}};
  double error = 0, gap = 0, iterations = 0;
  std::size_t n_missed = 0;
};

class EngineBenchmark {
 public:
  EngineBenchmark(const DeviceOptions& options, const std::string& name, int grid)
      : options_(options), name_(name), grid_(grid) {
    for (std::int64_t i = 0; i < options.n_rves(grid); ++i)
      rves_.push_back(make_rve(name, grid, static_cast<int>(i)));
    settings_.device = options.device.str();
    settings_.precision = "double";
    settings_.tolerance = 1e-7;
    settings_.max_iterations = 5000;
    exact_ = surrogate::make_engine("fft", settings_)->homogenize(rves_);
    settings_.precision = "single";
  }

  Row run(const std::string& engine, double tolerance, const std::string& model) {
    settings_.tolerance = tolerance;
    settings_.model = model;
    const auto made = surrogate::make_engine(engine, settings_);
    std::vector<Homogenized> results;
    // Results are matrices on the host: the device has finished when they are there.
    const auto seconds =
        measure([&] { results = made->homogenize(rves_); }, Budget{.seconds = options_.seconds});
    Row row{engine, seconds.divided_into(static_cast<double>(rves_.size()))};
    row.error = mean_error(results, exact_);
    for (const auto& result : results) {
      row.gap += result.gap / static_cast<double>(rves_.size());
      row.iterations += result.iterations / static_cast<double>(rves_.size());
      row.n_missed += result.status == surrogate::Status::ok ? 0 : 1;
    }
    return row;
  }

  /// The loosest residual at which the mean error is not larger than asked.
  Row fft_at(double error) {
    double residual = 0.5;
    settings_.model.clear();
    for (; residual > 1e-6; residual /= 1.5) {
      settings_.tolerance = residual;
      const auto results = surrogate::make_engine("fft", settings_)->homogenize(rves_);
      if (mean_error(results, exact_) <= error) break;
    }
    return run("fft", residual, "");
  }

  nlohmann::json print(const Row& row, const std::string& what) const {
    fmt::print("| {} | {}^3, {} | {} | {} | {:.1e} | {:.1e} | {:.1f} | {} |\n", name_, grid_,
               rves_.size(), what, row.per_second.text(), row.error, row.gap, row.iterations,
               row.n_missed);
    std::fflush(stdout);
    return {{"case", name_},         {"grid", grid_},
            {"rves", rves_.size()},  {"what", what},
            {"error", row.error},    {"rves_per_second", to_json(row.per_second)},
            {"gap", row.gap},        {"iterations", row.iterations},
            {"missed", row.n_missed}};
  }

 private:
  const DeviceOptions& options_;
  std::string name_;
  int grid_;
  std::vector<materials::Rve> rves_;
  EngineSettings settings_;
  std::vector<Homogenized> exact_;
};

}  // namespace

nlohmann::json time_engines(const DeviceOptions& options) {
  if (options.models.size() != options.cases.size())
    throw std::invalid_argument(fmt::format("{} model folders are given for {} cases",
                                            options.models.size(), options.cases.size()));
  surrogate::register_builtin_engines();
  fmt::print(
      "\n### Engines\n\nSingle precision, wall time of the whole call: RVEs in, stiffness and both "
      "bounds out. `fft` is stopped at the network's own mean stiffness error, by an oracle; "
      "errors "
      "are relative to the same discrete problem, solved in double precision.\n\n"
      "| case | grid, RVEs | | RVEs per second | mean error | mean gap | iterations | without "
      "status ok |\n|---|---|---|---|---|---|---|---|\n");
  auto values = nlohmann::json::array();
  for (std::size_t i = 0; i < options.cases.size(); ++i)
    for (const int grid : options.grids) {
      EngineBenchmark benchmark(options, options.cases[i], grid);
      const auto network = benchmark.run("s-eco", options.tolerance, options.models[i]);
      values.push_back(benchmark.print(network, "network"));
      values.push_back(benchmark.print(benchmark.fft_at(network.error), "fft at its error"));
      values.push_back(benchmark.print(benchmark.run("certified", options.tolerance, ""),
                                       fmt::format("certified to {:g}", options.tolerance)));
      values.push_back(
          benchmark.print(benchmark.run("certified", options.tolerance, options.models[i]),
                          fmt::format("certified to {:g} from the network", options.tolerance)));
    }
  return values;
}

}  // namespace seco::benchmarks
