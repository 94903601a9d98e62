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

namespace seco::surrogate {
namespace {

using nlohmann::json;

/// Collects a figure over RVEs and reports mean, median and largest.
struct Figure {
  std::vector<double> values;
  void add(const torch::Tensor& per_rve) {
    for (std::int64_t b = 0; b < per_rve.size(0); ++b) values.push_back(per_rve[b].item<double>());
  }
  FigureOverRves summary() const {
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    double sum = 0;
    for (const double v : sorted) sum += v;
    return {sum / static_cast<double>(sorted.size()), sorted[sorted.size() / 2], sorted.back()};
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

Bounds stopped_solver(const StiffnessField& stiffness, unsigned int iterations) {
  const Grid& grid = stiffness.grid();
  const auto solution = solve(stiffness, SolverSettings{0., iterations});
  return certify(stiffness, strain_of(solution.displacement, grid),
                 equilibrated_stress(stiffness, total_strain(solution.displacement, grid)));
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

ModelEvaluation evaluate_model(const std::string& model_folder, const std::string& dataset,
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
  ModelEvaluation evaluation;
  evaluation.n_rves = validation.size();
  evaluation.certified_gap = gap.summary();
  evaluation.stiffness_error = error.summary();
  evaluation.upper_bound_error = upper_error.summary();
  evaluation.lower_bound_error = lower_error.summary();
  evaluation.strain_error = strain_error.summary();
  evaluation.stress_error = stress_error.summary();
  evaluation.voigt_error = voigt_error.summary();
  evaluation.stress_divergence = divergence;
  for (std::size_t k = 0; k < stops.size(); ++k)
    evaluation.stopped_solver.push_back(
        {stops[k], stopped_gap[k].summary(), stopped_error[k].summary(), stopped_seconds[k] / n});
  evaluation.seconds_per_rve = network_seconds / n;
  evaluation.reference_seconds_per_rve = reference_seconds / n;
  evaluation.device = device.str();
  return evaluation;
}

json to_json(const ModelEvaluation& e) {
  const auto figure = [](const FigureOverRves& over_rves) -> json {
    return {{"mean", over_rves.mean}, {"median", over_rves.median}, {"largest", over_rves.largest}};
  };
  json stopped = json::array();
  for (const auto& solver : e.stopped_solver)
    stopped.push_back({{"iterations", solver.iterations},
                       {"certified_gap", figure(solver.certified_gap)},
                       {"stiffness_error", figure(solver.stiffness_error)},
                       {"seconds_per_rve", solver.seconds_per_rve}});
  return {{"rves", e.n_rves},
          {"certified_gap", figure(e.certified_gap)},
          {"stiffness_error", figure(e.stiffness_error)},
          {"upper_bound_error", figure(e.upper_bound_error)},
          {"lower_bound_error", figure(e.lower_bound_error)},
          {"strain_nrmse", figure(e.strain_error)},
          {"stress_nrmse", figure(e.stress_error)},
          {"stress_divergence", e.stress_divergence},
          {"stopped_solver", stopped},
          {"voigt_error", figure(e.voigt_error)},
          {"seconds_per_rve", e.seconds_per_rve},
          {"reference_seconds_per_rve", e.reference_seconds_per_rve},
          {"device", e.device}};
}

std::string to_json_text(const ModelEvaluation& evaluation) {
  return to_json(evaluation).dump(2);
}

ModelDescription describe_model(const std::string& folder) {
  const auto content = read_model_description(folder);
  ModelDescription description;
  description.network = network_settings_from(content, folder + "/model.json");
  if (description.network.backbone != script_backbone_name) load_model(folder);
  const auto training = content.value("training", json::object());
  description.training_steps = training.value("steps", description.training_steps);
  description.training_hours = training.value("hours", description.training_hours);
  description.data_weight = training.value("data_weight", description.data_weight);
  description.text = content.dump(2);
  return description;
}

}  // namespace seco::surrogate
