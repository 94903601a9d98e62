#include "reference_solver.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernel_tables.h"
#include "seco/materials/interruption.h"

namespace seco::surrogate {
namespace {

/// When to look at the residuals next. Where to look is to wait for a device, which then has
/// nothing to do for a while, it is put off until at the rate so far the first RVE may be done.
class NextTest {
 public:
  NextTest(bool put_off, double tolerance) : put_off_(put_off), tolerance_(tolerance) {}

  /// @param residual smallest one of those that go on
  unsigned int steps(double residual) {
    double n = 1.;
    if (put_off_ && last_ > 0) {
      const double rate = std::pow(residual / last_, 1. / steps_);
      if (rate < 0.99) n = 0.8 * std::log(tolerance_ / residual) / std::log(rate);
    }
    last_ = residual;
    steps_ = static_cast<unsigned int>(std::clamp(n, 1., 10.));
    return steps_;
  }

 private:
  bool put_off_;
  double tolerance_, last_ = 0;
  unsigned int steps_ = 1;
};

}  // namespace

MicroSolution solve(const StiffnessField& stiffness, const SolverSettings& settings,
                    const torch::Tensor& initial) {
  return solve(stiffness, GreenOperator(stiffness.grid(), stiffness.options()), settings, initial);
}

MicroSolution solve(const StiffnessField& stiffness, const GreenOperator& green,
                    const SolverSettings& settings, const torch::Tensor& initial) {
  torch::NoGradGuard no_grad;
  const std::int64_t batch = stiffness.batch_size();
  KinematicIteration cg(stiffness, green, initial);
  MicroSolution result;
  const bool in_place = stiffness.kernels().rests_in_place;
  const auto smoothing = settings.smooth_stress ? useful_smoothing(stiffness) : Smoothing::none;
  if (!in_place) result.displacement = torch::zeros_like(cg.displacement());
  if (!in_place && smoothing != Smoothing::none)
    result.for_stress = torch::zeros_like(cg.displacement());
  result.iterations.assign(batch, 0);
  result.residual.assign(batch, 0.);
  result.converged.assign(batch, false);
  const auto& voids = stiffness.has_void();
  const bool any_void = std::find(voids.begin(), voids.end(), true) != voids.end();
  if (any_void) result.smallest_ritz_values.assign(batch, std::numeric_limits<double>::infinity());

  // The part of the batch that still iterates, by its place in the result.
  std::vector<std::int64_t> members(batch);
  std::iota(members.begin(), members.end(), 0);
  NextTest next_test(is_asynchronous(stiffness.options().device()), settings.tolerance);
  for (unsigned int iteration = 0;;) {
    const auto worst = std::get<0>(cg.residual().max(1)).cpu();
    std::vector<std::int64_t> active, remaining;
    double smallest = 1.;
    std::vector<double> ritz_values;
    for (std::size_t i = 0; i < members.size(); ++i) {
      const auto b = members[i];
      const auto place = in_place ? b : static_cast<std::int64_t>(i);
      const double value = worst[place].item<double>();
      result.residual[b] = value;
      result.iterations[b] = iteration;
      result.converged[b] = value <= settings.tolerance;
      if (!result.converged[b] && iteration < settings.max_iterations && std::isfinite(value)) {
        active.push_back(place);
        remaining.push_back(b);
        smallest = std::min(smallest, value);
        continue;
      }
      if (any_void) {
        if (ritz_values.empty()) ritz_values = cg.smallest_ritz_values();
        auto& ritz_value = result.smallest_ritz_values[b];
        ritz_value = std::min(ritz_value, ritz_values[static_cast<std::size_t>(place)]);
      }
      if (in_place) {
        cg.rest(place);
      } else {
        result.displacement[b].copy_(cg.displacement()[place]);
        if (smoothing != Smoothing::none)
          result.for_stress[b].copy_(cg.smoothed_displacement()[place]);
      }
    }
    if (active.empty()) break;
    if (!in_place && active.size() < members.size()) cg.keep(active);
    members = remaining;
    // The square of the residual is an energy: the gap is then within a factor of 30 of its last.
    if (!cg.smoothing() &&
        (smoothing == Smoothing::always ||
         (smoothing == Smoothing::near_end && smallest <= 5. * settings.tolerance)))
      cg.start_smoothing();
    const auto n_steps = std::min(next_test.steps(smallest), settings.max_iterations - iteration);
    for (unsigned int step = 0; step < n_steps; ++step, ++iteration) {
      materials::check_interruption();
      cg.step();
    }
  }
  if (in_place) result.displacement = cg.displacement();
  if (smoothing == Smoothing::none || (in_place && !cg.smoothing()))
    result.for_stress = result.displacement;
  else if (in_place)
    result.for_stress = cg.smoothed_displacement();
  return result;
}

}  // namespace seco::surrogate
