#include "study_scores.h"

#include <fmt/format.h>
#include <torch/cuda.h>

#include <chrono>
#include <stdexcept>

#include "difference_operator.h"
#include "eco_blocks.h"
#include "energy_descent.h"
#include "field_metrics.h"
#include "reference_solver.h"

namespace seco::surrogate {
namespace {

class Stopwatch {
 public:
  explicit Stopwatch(torch::Device device) : device_(device) {}
  double seconds() const {
    // Kernels of a GPU run on after the call that starts them has returned.
    if (device_.is_cuda()) torch::cuda::synchronize();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  torch::Device device_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

MicroSolution converged(const StiffnessField& stiffness, double tolerance) {
  const auto solution = solve(stiffness, SolverSettings{tolerance, 10000});
  for (std::size_t b = 0; b < solution.converged.size(); ++b)
    if (!solution.converged[b])
      throw std::runtime_error(fmt::format(
          "the reference solution of a test RVE stopped at residual {:.3g}, asked for {:.3g}; "
          "raise 'Reference tolerance'",
          solution.residual[b], tolerance));
  return solution;
}

torch::Tensor phases_of(std::span<const materials::Rve> rves, const Grid& grid) {
  std::vector<torch::Tensor> all;
  for (const auto& rve : rves) {
    const std::vector<std::int32_t> values(rve.phase.begin(), rve.phase.end());
    all.push_back(torch::tensor(values, torch::kInt).reshape(grid.shape));
  }
  return torch::stack(all);
}

torch::Tensor total(const torch::Tensor& fluctuation, const torch::Tensor& mean, const Grid& grid) {
  return fluctuation + with_grid_axes(mean.to(fluctuation.options()), grid);
}

torch::Tensor per_entry(const torch::Tensor& values, const torch::Tensor& like) {
  std::vector<std::int64_t> shape(like.dim(), 1);
  shape[0] = -1;
  return values.reshape(shape).to(like.options());
}

}  // namespace

ReferenceFields reference_fields(std::span<const materials::Rve> rves, int label_factor,
                                 double tolerance, torch::Device device) {
  const StiffnessField stiffness(rves, torch::TensorOptions(torch::kDouble).device(device));
  ReferenceFields reference;
  reference.grid = stiffness.grid();
  reference.scale = stiffness.scale();
  const Stopwatch watch(device);
  const auto solution = converged(stiffness, tolerance);
  const auto fluctuation = strain_of(solution.displacement, reference.grid);
  reference.stiffness = upper_bound(stiffness, fluctuation);
  reference.seconds = watch.seconds() / static_cast<double>(rves.size());

  const auto strain = total_strain(solution.displacement, reference.grid);
  const auto stress = stiffness.apply(strain);
  reference.divergence = divergence_measure(stress, reference.grid);
  reference.strain = strain.to(torch::kFloat);
  reference.stress = stress.to(torch::kFloat);
  reference.high_frequency_share = high_frequency_share(reference.stress, reference.grid);
  reference.voigt_error = stiffness_error(stiffness.mean_stiffness(), reference.stiffness);
  reference.boundary = boundary_voxels(phases_of(rves, reference.grid), reference.grid);
  reference.nyquist = nyquist_wave_number(reference.grid, label_factor);
  reference.spectrum = energy_spectrum(reference.stress, reference.grid);
  reference.band_energy = energy_beyond(reference.stress, reference.nyquist, reference.grid);
  return reference;
}

torch::Tensor reference_stiffness(std::span<const materials::Rve> rves, double tolerance,
                                  torch::Device device) {
  const StiffnessField stiffness(rves, torch::TensorOptions(torch::kDouble).device(device));
  const auto solution = converged(stiffness, tolerance);
  const auto bound = upper_bound(stiffness, strain_of(solution.displacement, stiffness.grid()));
  return bound * per_entry(stiffness.scale(), bound);
}

Prediction predict(FieldNetwork& network, const StiffnessField& stiffness) {
  const Grid& grid = stiffness.grid();
  const Stopwatch watch(stiffness.options().device());
  const auto fields = network(stiffness);
  Prediction prediction;
  prediction.prediction_seconds = watch.seconds();
  const auto pair = admissible(fields, stiffness);
  prediction.bounds = certify(stiffness, pair.strain, pair.stress);
  prediction.seconds = watch.seconds();
  prediction.strain = total(fields.strain, unit_loads(grid, stiffness.options()), grid);
  prediction.stress = total(fields.stress, fields.mean_stress, grid);
  prediction.projected_stress = total(pair.stress, fields.mean_stress, grid);
  prediction.mean_stress = fields.mean_stress.to(torch::kCPU, torch::kDouble);
  prediction.estimate_weight = fields.estimate_weight;
  return prediction;
}

Prediction stopped_solver(const StiffnessField& stiffness, unsigned int iterations) {
  const Grid& grid = stiffness.grid();
  const Stopwatch watch(stiffness.options().device());
  const auto solution = solve(stiffness, SolverSettings{0., iterations});
  Prediction prediction;
  prediction.strain = total_strain(solution.displacement, grid);
  prediction.stress = stiffness.apply(prediction.strain);
  prediction.prediction_seconds = watch.seconds();
  const auto equilibrated = equilibrated_stress(stiffness, prediction.strain);
  prediction.bounds = certify(stiffness, strain_of(solution.displacement, grid), equilibrated);
  prediction.seconds = watch.seconds();
  prediction.mean_stress = grid_mean(prediction.stress, grid).cpu();
  prediction.projected_stress = total(equilibrated, prediction.mean_stress, grid);
  prediction.estimate_weight = torch::ones({stiffness.batch_size()}, torch::kDouble);
  return prediction;
}

Prediction stopped_descent(const StiffnessField& stiffness, unsigned int steps) {
  const Grid& grid = stiffness.grid();
  const Stopwatch watch(stiffness.options().device());
  const GreenOperator green(grid, stiffness.options());
  EnergyDescent kinematic(EnergyProblem::potential(stiffness, green));
  EnergyDescent dual(EnergyProblem::complementary(stiffness, green));
  for (unsigned int step = 0; step < steps; ++step) {
    kinematic.step();
    dual.step({equilibrated_stress(kinematic)});
  }
  Prediction prediction;
  prediction.mean_stress = torch::inverse(dual.energy());
  const auto stress = combine(prediction.mean_stress, dual.field());
  const auto strain = strain_of(kinematic.field(), grid);
  prediction.prediction_seconds = watch.seconds();
  prediction.bounds = certify(stiffness, strain, stress);
  prediction.seconds = watch.seconds();
  prediction.strain = total(strain, unit_loads(grid, stiffness.options()), grid);
  prediction.stress = total(stress, prediction.mean_stress, grid);
  prediction.projected_stress = prediction.stress;
  prediction.estimate_weight = torch::ones({stiffness.batch_size()}, torch::kDouble);
  return prediction;
}

void rescale(Prediction& prediction, const torch::Tensor& scale, const torch::Tensor& new_scale) {
  const auto factor = scale / new_scale;
  for (auto* field : {&prediction.stress, &prediction.projected_stress, &prediction.mean_stress,
                      &prediction.bounds.lower, &prediction.bounds.upper})
    *field = *field * per_entry(factor, *field);
}

std::vector<RveMeasurement> score(const Prediction& prediction, const ReferenceFields& reference) {
  const Grid& grid = reference.grid;
  const auto& [upper, lower] = prediction.bounds;
  const auto error = prediction.stress - reference.stress;
  const auto beyond = torch::arange(reference.spectrum.size(1), torch::kDouble) > reference.nyquist;
  const auto bins = [&](const torch::Tensor& spectrum) {
    return (spectrum * beyond.to(torch::kDouble)).sum(1);
  };
  const auto difference = (energy_spectrum(prediction.stress, grid) - reference.spectrum).abs();
  // A band without energy has nothing to miss: errors there are relative to round-off of the whole.
  const auto floor = 1e-14 * reference.spectrum.sum(1) + 1e-300;
  const auto estimate = prediction.bounds.estimate(prediction.estimate_weight);

  std::vector<RveMeasurement> rves(static_cast<std::size_t>(upper.size(0)));
  const auto store = [&](double RveMeasurement::*value, const torch::Tensor& per_rve) {
    for (std::size_t b = 0; b < rves.size(); ++b)
      rves[b].*value = per_rve[static_cast<std::int64_t>(b)].item<double>();
  };
  using R = RveMeasurement;
  store(&R::strain_error, relative_error(prediction.strain, reference.strain, grid));
  store(&R::stress_error, relative_error(prediction.stress, reference.stress, grid));
  store(&R::strain_fluctuation_error, fluctuation_error(prediction.strain, reference.strain, grid));
  store(&R::stress_fluctuation_error, fluctuation_error(prediction.stress, reference.stress, grid));
  store(&R::projected_stress_error,
        fluctuation_error(prediction.projected_stress, reference.stress, grid));
  store(&R::divergence, divergence_measure(prediction.stress, grid));
  store(&R::spectrum_error, bins(difference) / torch::maximum(bins(reference.spectrum), floor));
  store(&R::band_error, (energy_beyond(error, reference.nyquist, grid) /
                         torch::maximum(reference.band_energy, floor))
                            .sqrt());
  store(&R::high_frequency_share, high_frequency_share(error, grid));
  store(&R::boundary_ratio, boundary_error_ratio(error, reference.boundary, grid));
  store(&R::stiffness_error, stiffness_error(estimate, reference.stiffness));
  store(&R::upper_error, stiffness_error(upper, reference.stiffness));
  store(&R::lower_error, stiffness_error(lower, reference.stiffness));
  store(&R::mean_stress_error,
        stiffness_error(prediction.mean_stress.transpose(1, 2), reference.stiffness));
  store(&R::gap, prediction.bounds.gap());
  store(&R::bound_violation, bound_violation(lower, upper, reference.stiffness));
  for (auto& rve : rves) {
    rve.prediction_seconds = prediction.prediction_seconds / static_cast<double>(rves.size());
    rve.seconds = prediction.seconds / static_cast<double>(rves.size());
  }
  return rves;
}

torch::Tensor relative_spectrum(const torch::Tensor& stress, const ReferenceFields& reference) {
  const auto energy = reference.spectrum.sum(1, /*keepdim=*/true).clamp_min(1e-300);
  return (energy_spectrum(stress, reference.grid) / energy).sum(0);
}

}  // namespace seco::surrogate
