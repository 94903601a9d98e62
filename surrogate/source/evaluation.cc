#include "evaluation.h"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <chrono>
#include <cmath>

#include "certificate.h"
#include "dataset_reader.h"
#include "device.h"
#include "difference_operator.h"
#include "eco_blocks.h"
#include "field_metrics.h"
#include "model_folder.h"
#include "reference_solver.h"
#include "seco/surrogate/training.h"

namespace seco::surrogate {
namespace {

using nlohmann::json;

/// Collects a figure over RVEs and reports mean, median and largest.
struct Figure {
  std::vector<double> values;
  void add(const torch::Tensor& per_rve) {
    for (std::int64_t b = 0; b < per_rve.size(0); ++b) values.push_back(per_rve[b].item<double>());
  }
  json summary() const {
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    double sum = 0;
    for (const double v : sorted) sum += v;
    return {{"mean", sum / static_cast<double>(sorted.size())},
            {"median", sorted[sorted.size() / 2]},
            {"largest", sorted.back()}};
  }
};

std::vector<std::vector<materials::Rve>> batches(const std::vector<materials::Rve>& rves,
                                                 const std::vector<std::size_t>& indices) {
  constexpr std::size_t size = 4;
  std::vector<std::vector<materials::Rve>> result;
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (i % size == 0) result.emplace_back();
    result.back().push_back(rves[indices[i]]);
  }
  return result;
}

// The reference solver stopped after so many iterations, with the same certificate: what a network
// has to beat in less time.
Bounds stopped_solver(const StiffnessField& stiffness, unsigned int iterations) {
  const Grid& grid = stiffness.grid();
  const auto solution = solve(stiffness, SolverSettings{0., iterations});
  return certify(stiffness, strain_of(solution.displacement, grid),
                 equilibrated_stress(stiffness, total_strain(solution.displacement, grid)));
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

double mean_certified_gap(FieldNetwork& network, const std::vector<materials::Rve>& rves,
                          const std::vector<std::size_t>& indices,
                          const torch::TensorOptions& options) {
  torch::NoGradGuard no_grad;
  network.eval();
  double sum = 0;
  for (const auto& batch : batches(rves, indices)) {
    const StiffnessField stiffness(batch, options);
    const auto fields = admissible(network(stiffness), stiffness);
    sum += certify(stiffness, fields.strain, fields.stress).gap().sum().item<double>();
  }
  return sum / static_cast<double>(indices.size());
}

json training_range(const std::vector<materials::Rve>& rves) {
  double softest = INFINITY, stiffest = 0;
  std::size_t fewest = rves.front().stiffness.size(), most = fewest;
  for (const auto& rve : rves) {
    double lowest = INFINITY, highest = 0;
    for (const auto& stiffness : rve.stiffness) {
      const Eigen::SelfAdjointEigenSolver<materials::MandelMatrix> solver(stiffness,
                                                                          Eigen::EigenvaluesOnly);
      lowest = std::min(lowest, solver.eigenvalues().minCoeff());
      highest = std::max(highest, solver.eigenvalues().maxCoeff());
    }
    softest = std::min(softest, lowest / highest);
    stiffest = std::max(stiffest, lowest / highest);
    fewest = std::min(fewest, rve.stiffness.size());
    most = std::max(most, rve.stiffness.size());
  }
  return {{"grid", rves.front().shape},
          {"lengths", rves.front().lengths},
          {"phases", {fewest, most}},
          {"eigenvalue_ratio", {softest, stiffest}}};
}

std::string evaluate_model(const std::string& model_folder, const std::string& dataset,
                           const std::string& device_name, bool trust_scripts) {
  torch::NoGradGuard no_grad;
  set_thread_count();
  auto model = load_model(model_folder, "model", trust_scripts);
  const DatasetReader data(dataset);
  if (data.dimension() != model.network->settings().dimension)
    throw std::invalid_argument(fmt::format("{}: holds {}D RVEs, the model {} is {}D", dataset,
                                            data.dimension(), model_folder,
                                            model.network->settings().dimension));
  if (data.n_validation() == 0)
    throw std::invalid_argument(fmt::format("{}: holds no validation RVEs", dataset));
  const auto device = select_device(device_name);
  model.network->to(device);
  std::vector<std::size_t> validation;
  for (std::size_t i = data.n_training(); i < data.rves().size(); ++i) validation.push_back(i);

  Figure gap, error, upper_error, lower_error, voigt_error, strain_error, stress_error;
  const std::vector<unsigned int> stops{1, 2, 3, 4, 6, 8, 12};
  std::vector<Figure> stopped_gap(stops.size()), stopped_error(stops.size());
  std::vector<double> stopped_seconds(stops.size(), 0.);
  double divergence = 0, network_seconds = 0, reference_seconds = 0;
  for (const auto& batch : batches(data.rves(), validation)) {
    const StiffnessField exact_field(batch, torch::TensorOptions(torch::kDouble).device(device));
    auto start = std::chrono::steady_clock::now();
    const auto solution = solve(exact_field, SolverSettings{1e-6, 5000});
    const auto exact =
        upper_bound(exact_field, strain_of(solution.displacement, exact_field.grid()));
    reference_seconds += seconds_since(start);

    const StiffnessField field(batch, torch::TensorOptions(torch::kFloat).device(device));
    start = std::chrono::steady_clock::now();
    const auto predicted = (*model.network)(field);
    const auto fields = admissible(predicted, field);
    const auto bounds = certify(field, fields.strain, fields.stress);
    network_seconds += seconds_since(start);
    divergence = std::max(divergence, relative_divergence(predicted.stress, field.grid()));
    gap.add(bounds.gap());
    error.add(stiffness_error(bounds.estimate(predicted.estimate_weight), exact));
    const auto& grid = field.grid();
    auto exact_stress = exact_field.apply(total_strain(solution.displacement, grid));
    exact_stress = exact_stress - with_grid_axes(grid_mean(exact_stress, grid), grid);
    strain_error.add(
        fluctuation_error(predicted.strain, strain_of(solution.displacement, grid), grid));
    stress_error.add(fluctuation_error(predicted.stress, exact_stress, grid));
    upper_error.add(stiffness_error(bounds.upper, exact));
    lower_error.add(stiffness_error(bounds.lower, exact));
    for (std::size_t k = 0; k < stops.size(); ++k) {
      start = std::chrono::steady_clock::now();
      const auto stopped = stopped_solver(field, stops[k]);
      stopped_seconds[k] += seconds_since(start);
      stopped_gap[k].add(stopped.gap());
      stopped_error[k].add(stiffness_error(0.5 * (stopped.upper + stopped.lower), exact));
    }
    voigt_error.add(stiffness_error(field.mean_stiffness(), exact));
  }
  const auto n = static_cast<double>(validation.size());
  json stopped = json::array();
  for (std::size_t k = 0; k < stops.size(); ++k)
    stopped.push_back({{"iterations", stops[k]},
                       {"certified_gap", stopped_gap[k].summary()},
                       {"stiffness_error", stopped_error[k].summary()},
                       {"seconds_per_rve", stopped_seconds[k] / n}});
  const json report = {{"rves", validation.size()},
                       {"certified_gap", gap.summary()},
                       {"stiffness_error", error.summary()},
                       {"upper_bound_error", upper_error.summary()},
                       {"lower_bound_error", lower_error.summary()},
                       {"strain_nrmse", strain_error.summary()},
                       {"stress_nrmse", stress_error.summary()},
                       {"stress_divergence", divergence},
                       {"stopped_solver", stopped},
                       {"voigt_error", voigt_error.summary()},
                       {"seconds_per_rve", network_seconds / n},
                       {"reference_seconds_per_rve", reference_seconds / n},
                       {"device", device.str()}};
  return report.dump(2);
}

std::string describe_model(const std::string& folder) {
  const auto description = read_model_description(folder);
  const auto settings = network_settings_from(description, folder + "/model.json");
  if (settings.backbone != script_backbone_name) load_model(folder);
  return description.dump(2);
}

}  // namespace seco::surrogate
