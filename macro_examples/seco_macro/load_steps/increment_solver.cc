#include "increment_solver.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "inner_forces.h"

namespace seco::macro {

template <int dim>
IncrementSolver<dim>::IncrementSolver(const MacroParameters<dim>& parameters,
                                      const BoundaryValueProblem<dim>& problem,
                                      const MaterialField<dim>& materials,
                                      TangentSolver<dim>& tangent_solver, RunLog& log)
    : parameters_(parameters),
      problem_(problem),
      materials_(materials),
      tangent_solver_(tangent_solver),
      log_(log) {}

template <int dim>
StepResponse<dim> IncrementSolver<dim>::respond_to(const Vector& displacement,
                                                   const plugin::LoadStep& step,
                                                   const Loads& loads) const {
  const auto scope = log_.section("materials");
  return respond(problem_, materials_, step, loads, displacement);
}

template <int dim>
typename IncrementSolver<dim>::Vector IncrementSolver<dim>::moved(const Vector& displacement,
                                                                  double factor,
                                                                  const Vector& direction) const {
  Vector result = displacement;
  result.zero_out_ghost_values();
  result.add(factor, direction);
  problem_.constraints().distribute(result);
  result.update_ghost_values();
  return result;
}

template <int dim>
double IncrementSolver<dim>::scale_of(const StepResponse<dim>& response, const Loads& loads,
                                      double least) const {
  return std::max({least, loads.total.l2_norm(), response.inner_forces.l2_norm()});
}

template <int dim>
bool IncrementSolver<dim>::search(const plugin::LoadStep& step, const Loads& loads,
                                  const Vector& direction, Increment<dim>& increment) const {
  constexpr unsigned int most_trials = 12;
  constexpr double sufficient = 1e-4;
  const auto& before = increment.response;
  const double slope = -(before.residual * direction), norm = before.residual.l2_norm();
  double factor = 1;
  for (unsigned int trial = 0; trial < most_trials; ++trial) {
    auto displacement = moved(increment.displacement, factor, direction);
    auto response = respond_to(displacement, step, loads);
    if (response.step_fraction < 1) {
      increment.failure = response.refusal;
      increment.step_fraction = response.step_fraction;
      return false;
    }
    const double next_norm = response.residual.l2_norm();
    const bool both = before.has_energy() && response.has_energy();
    const bool falls = both && slope < 0 &&
                       response.potential() <=
                           before.potential() + sufficient * factor * slope + before.round_off();
    // Where differences of the potential are round-off, or it is not known, the residual tells; one
    // that is halved does so anywhere.
    const bool residual_counts = !both || !(slope < -4 * before.round_off());
    const double enough = residual_counts ? 1 - sufficient * factor : 0.5;
    if (std::isfinite(next_norm) && (falls || next_norm <= enough * norm)) {
      increment.displacement = std::move(displacement);
      increment.response = std::move(response);
      return true;
    }
    // The minimum along the direction, by the slopes at both ends.
    const double next_slope = -(response.residual * direction);
    const double guess = slope / (slope - next_slope);
    factor *= std::isfinite(guess) ? std::clamp(guess, 0.1, 0.5) : 0.5;
  }
  increment.failure =
      fmt::format("the line search of Newton iteration {} finds no smaller potential",
                  increment.newton_iterations);
  return false;
}

template <int dim>
Increment<dim> IncrementSolver<dim>::solve(const plugin::LoadStep& step, const Loads& loads,
                                           const Vector& start, double force_scale,
                                           double tolerance) {
  const auto& p = parameters_.load_steps;
  constexpr double first_accuracy = 1e-3, least_accuracy = 0.1, gamma = 0.9;
  Increment<dim> increment;
  increment.displacement = start;
  increment.displacement.update_ghost_values();
  const auto n_linear = tangent_solver_.n_iterations();
  const auto failed = [&](const std::string& why) {
    increment.failure = why;
    increment.linear_iterations = tangent_solver_.n_iterations() - n_linear;
    return increment;
  };
  increment.response = respond_to(increment.displacement, step, loads);
  if (increment.response.step_fraction < 1) {
    increment.step_fraction = increment.response.step_fraction;
    return failed(increment.response.refusal);
  }
  // What is missing of the prescribed displacements; the first iteration brings it.
  Vector lift = moved(start, 0., start);
  lift.zero_out_ghost_values();
  {
    Vector owned = start;
    owned.zero_out_ghost_values();
    lift -= owned;
  }
  bool lifted = lift.linfty_norm() > 0;
  lift.update_ghost_values();
  double last_norm = 0;
  for (;; ++increment.newton_iterations) {
    const double scale = scale_of(increment.response, loads, force_scale);
    double norm = increment.response.residual.l2_norm();
    increment.relative_residual = norm > 0 ? norm / scale : 0.;
    if (!std::isfinite(norm)) return failed("forces are not finite");
    if (!lifted && increment.relative_residual <= tolerance) break;
    if (increment.newton_iterations == p.newton_iterations)
      return failed(
          fmt::format("the residual is {:.2g} of the forces after {} Newton iterations, and {:.2g} "
                      "is asked for",
                      increment.relative_residual, increment.newton_iterations, tolerance));
    if (!tangent_solver_.set(increment.response.tangent)) return failed(tangent_solver_.failure());
    auto right_hand_side = increment.response.residual;
    if (lifted) {
      right_hand_side -= inner_forces(problem_, tangent_solver_.tangent(), lift);
      norm = right_hand_side.l2_norm();
    }
    double accuracy = first_accuracy;
    if (last_norm > 0)
      accuracy = std::clamp(gamma * std::pow(norm / last_norm, 2), 1e-6, least_accuracy);
    last_norm = norm;
    const auto correction =
        tangent_solver_.solve(right_hand_side, std::max(accuracy * norm, 0.1 * tolerance * scale));
    if (!correction) return failed(tangent_solver_.failure());
    if (!lifted) {
      if (!search(step, loads, *correction, increment)) return failed(increment.failure);
      continue;
    }
    // Potentials with and without the prescribed displacements cannot be compared.
    lifted = false;
    increment.displacement = moved(increment.displacement, 1., *correction);
    increment.response = respond_to(increment.displacement, step, loads);
    if (increment.response.step_fraction < 1) {
      increment.step_fraction = increment.response.step_fraction;
      return failed(increment.response.refusal);
    }
  }
  increment.linear_iterations = tangent_solver_.n_iterations() - n_linear;
  return increment;
}

template class IncrementSolver<2>;
template class IncrementSolver<3>;

}  // namespace seco::macro
