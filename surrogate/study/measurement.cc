#include "measurement.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <memory>
#include <optional>
#include <stdexcept>

#include "device.h"
#include "difference_operator.h"
#include "field_metrics.h"
#include "model_folder.h"
#include "reference_solver.h"
#include "seco/surrogate/dataset.h"
#include "study_scores.h"

namespace seco::surrogate {
namespace {

using Rves = std::vector<materials::Rve>;

struct Batch {
  std::span<const materials::Rve> rves, assumed;
};

// As many RVEs at once as fill a small batch; large grids come one by one.
std::vector<Batch> batches(const TestSet& set) {
  constexpr std::size_t voxels = 1 << 17, largest = 8;
  const std::size_t size = std::clamp<std::size_t>(
      voxels / std::max<std::size_t>(1, set.rves.front().n_voxels()), 1, largest);
  const auto part = [&](const Rves& rves, std::size_t first) {
    return std::span(rves).subspan(first, std::min(size, rves.size() - first));
  };
  std::vector<Batch> result;
  for (std::size_t first = 0; first < set.rves.size(); first += size)
    result.push_back({part(set.rves, first), set.assumed.empty() ? std::span<const materials::Rve>{}
                                                                 : part(set.assumed, first)});
  return result;
}

void append(std::vector<double>& values, const torch::Tensor& per_rve) {
  for (std::int64_t b = 0; b < per_rve.size(0); ++b) values.push_back(per_rve[b].item<double>());
}

std::vector<float> slice_of(const torch::Tensor& stress, double scale, const Grid& grid) {
  auto field = stress[0][0][0];
  if (grid.dimension() == 3) field = field.select(2, grid.shape[2] / 2);
  const auto values = (field * scale).to(torch::kCPU, torch::kFloat).contiguous();
  return {values.data_ptr<float>(), values.data_ptr<float>() + values.numel()};
}

std::vector<float> phase_slice(const materials::Rve& rve) {
  const std::size_t depth = rve.dimension() == 3 ? rve.shape[2] : 1;
  std::vector<float> slice;
  for (std::size_t i = depth / 2; i < rve.phase.size(); i += depth)
    slice.push_back(static_cast<float>(rve.phase[i]));
  return slice;
}

// One thing under test: what to run, and its results so far.
struct Subject {
  SubjectResult result;
  std::function<Prediction(const StiffnessField&)> run;
  torch::Tensor spectrum;
  std::vector<Bounds> bounds;
};

Subject subject_of(const StudyModel& model, torch::Device device) {
  Subject subject;
  subject.result.name = model.name;
  try {
    const auto network = load_model(model.folder).network;
    network->to(device);
    network->eval();
    subject.result.n_parameters = network->n_parameters();
    subject.run = [network](const StiffnessField& stiffness) {
      return predict(*network, stiffness);
    };
  } catch (const std::exception& error) {
    subject.result.refusal = error.what();
  }
  return subject;
}

using Stopped = Prediction (*)(const StiffnessField&, unsigned int);

Subject subject_of(const std::string& solver, Stopped run, unsigned int iterations) {
  Subject subject;
  subject.result.name = fmt::format("{}, {}", solver, iterations);
  subject.result.solver = solver;
  subject.result.iterations = iterations;
  subject.run = [run, iterations](const StiffnessField& stiffness) {
    return run(stiffness, iterations);
  };
  return subject;
}

// Stops a subject that does not accept these RVEs, and keeps the reason.
std::optional<Prediction> attempt(Subject& subject, const StiffnessField& stiffness) {
  if (!subject.result.refusal.empty()) return std::nullopt;
  try {
    return subject.run(stiffness);
  } catch (const std::invalid_argument& error) {
    subject.result.refusal = error.what();
    subject.result.rves.clear();
  }
  return std::nullopt;
}

void add(Subject& subject, const Prediction& prediction, const ReferenceFields& reference) {
  for (const auto& rve : score(prediction, reference)) subject.result.rves.push_back(rve);
  const auto spectrum = relative_spectrum(prediction.stress, reference);
  subject.spectrum = subject.spectrum.defined() ? subject.spectrum + spectrum : spectrum;
  subject.bounds.push_back(prediction.bounds);
}

void finish(Subject& subject, double n_rves) {
  if (subject.result.rves.empty()) return;
  append(subject.result.spectrum, subject.spectrum / n_rves);
}

// The weight w of the estimate `lower + w (upper - lower)` with the smallest mean square error,
// and the errors with it.
void calibrate(Subject& subject, const std::vector<torch::Tensor>& exact) {
  const auto square = [](const torch::Tensor& a, const torch::Tensor& b) {
    return (a * b).sum({1, 2});
  };
  double above = 0, below = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const auto range = subject.bounds[i].upper - subject.bounds[i].lower;
    const auto norm = square(exact[i], exact[i]);
    above += (square(exact[i] - subject.bounds[i].lower, range) / norm).sum().item<double>();
    below += (square(range, range) / norm).sum().item<double>();
  }
  const double weight = below > 0 ? std::clamp(above / below, 0., 1.) : 0.5;
  std::size_t next = 0;
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const auto estimate =
        subject.bounds[i].estimate(torch::full({exact[i].size(0)}, weight, torch::kDouble));
    std::vector<double> errors;
    append(errors, stiffness_error(estimate, exact[i]));
    for (const double error : errors) subject.result.rves[next++].stiffness_error = error;
  }
}

}  // namespace

TestSetResult measure(const TestSet& set, const std::vector<StudyModel>& models,
                      const MeasureSettings& settings,
                      const std::function<void(std::size_t, std::size_t)>& progress) {
  torch::NoGradGuard no_grad;
  set_thread_count();
  if (set.rves.empty())
    throw std::invalid_argument(fmt::format("test set '{}' holds no RVE", set.name));
  const auto device = select_device(settings.device);
  const auto options = torch::TensorOptions(torch::kFloat).device(device);

  TestSetResult result;
  result.name = set.name;
  result.grid = set.rves.front().shape;
  result.device = device.is_cpu() ? fmt::format("cpu, {} thread{}", torch::get_num_threads(),
                                                torch::get_num_threads() == 1 ? "" : "s")
                                  : device.str();
  std::vector<Subject> subjects;
  for (const auto& model : models) subjects.push_back(subject_of(model, device));
  for (const auto k : settings.solver_iterations)
    subjects.push_back(subject_of("CG", stopped_solver, k));
  for (const auto k : settings.descent_steps)
    subjects.push_back(subject_of("block CG", stopped_descent, k));
  result.slice.predictions.resize(models.size());

  std::vector<torch::Tensor> exact;
  torch::Tensor spectrum;
  std::size_t done = 0;
  for (const auto& batch : batches(set)) {
    const auto reference =
        reference_fields(batch.rves, set.label_factor, settings.reference_tolerance, device);
    const StiffnessField field(batch.assumed.empty() ? batch.rves : batch.assumed, options);
    if (done == 0)
      for (auto& subject : subjects) attempt(subject, field);
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      auto prediction = attempt(subjects[i], field);
      if (!prediction) continue;
      rescale(*prediction, field.scale(), reference.scale);
      add(subjects[i], *prediction, reference);
      if (done == 0 && i < models.size())
        result.slice.predictions[i] =
            slice_of(prediction->stress, reference.scale[0].item<double>(), reference.grid);
    }
    if (done == 0) {
      result.label_nyquist = reference.nyquist;
      result.slice.n1 = static_cast<std::size_t>(reference.grid.shape[0]);
      result.slice.n2 = static_cast<std::size_t>(reference.grid.shape[1]);
      result.slice.phase = phase_slice(batch.rves[0]);
      result.slice.reference =
          slice_of(reference.stress, reference.scale[0].item<double>(), reference.grid);
    }
    exact.push_back(reference.stiffness);
    append(result.reference_share, reference.high_frequency_share);
    append(result.reference_divergence, reference.divergence);
    append(result.voigt_error, reference.voigt_error);
    result.reference_seconds.insert(result.reference_seconds.end(), batch.rves.size(),
                                    reference.seconds);
    const auto part = relative_spectrum(reference.stress, reference);
    spectrum = spectrum.defined() ? spectrum + part : part;
    if (!batch.assumed.empty()) {
      const auto assumed = reference_stiffness(batch.assumed, settings.reference_tolerance, device);
      const auto truth = reference.stiffness * reference.scale.reshape({-1, 1, 1});
      append(result.assumption_error, (assumed - truth).norm(2, {1, 2}) / truth.norm(2, {1, 2}));
    }
    done += batch.rves.size();
    if (progress) progress(done, set.rves.size());
  }

  const auto n = static_cast<double>(set.rves.size());
  append(result.reference_spectrum, spectrum / n);
  for (auto& subject : subjects) {
    finish(subject, n);
    const bool is_solver = subject.result.iterations > 0;
    if (is_solver) calibrate(subject, exact);
    (is_solver ? result.solver : result.models).push_back(std::move(subject.result));
  }
  return result;
}

LabelCost measure_label_cost(const Rves& rves, int factor, double tolerance) {
  torch::NoGradGuard no_grad;
  set_thread_count();
  const auto solve_all = [&](int coarsening) {
    double seconds = 0;
    for (const auto& rve : rves) {
      const auto start = std::clock();
      const auto coarse = coarsen(rve, coarsening);
      const StiffnessField stiffness({&coarse, 1}, torch::TensorOptions(torch::kDouble));
      const auto solution = solve(stiffness, SolverSettings{tolerance, 10000});
      stiffness.apply(total_strain(solution.displacement, stiffness.grid()));
      seconds += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    }
    return seconds / static_cast<double>(rves.size());
  };
  // The set-up of libraries must not be charged to the first solution.
  LabelCost cost;
  solve_all(factor);
  cost.low_seconds = solve_all(factor);
  cost.high_seconds = factor == 1 ? cost.low_seconds : solve_all(1);
  return cost;
}

}  // namespace seco::surrogate
