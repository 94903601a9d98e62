#include "increment_solver.h"

#include <torch/torch.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>

#include "difference_operator.h"
#include "kernel_tables.h"
#include "matrices.h"
#include "seco/materials/interruption.h"

namespace seco::surrogate {
namespace {

using materials::MandelMatrix;
using materials::MandelVector;

/// What may be left by round-off of the residual of the six fields of the tangent, over the
/// accuracy that is asked for.
constexpr double tolerated = 10;

constexpr double unknown = std::numeric_limits<double>::infinity();

torch::Tensor as_means(const std::vector<MandelVector>& mean) {
  const auto m = mean.front().size();
  auto result = torch::empty({static_cast<std::int64_t>(mean.size()), 1, m}, torch::kDouble);
  for (std::size_t b = 0; b < mean.size(); ++b)
    for (int c = 0; c < m; ++c) result.data_ptr<double>()[b * m + c] = mean[b][c];
  return result;
}

MandelVector entry(const torch::Tensor& means, std::int64_t b) {
  const auto m = means.size(2);
  MandelVector result(m);
  for (int c = 0; c < m; ++c) result[c] = means.data_ptr<double>()[b * m + c];
  return result;
}

/// Components that are free, others zero.
MandelVector masked(const MandelVector& v, const std::vector<bool>& is_free) {
  MandelVector result = MandelVector::Zero(v.size());
  for (int c = 0; c < v.size(); ++c)
    if (is_free[c]) result[c] = v[c];
  return result;
}

/// The inverse of the free block of a matrix, other entries zero.
MandelMatrix inverse_of_free(const MandelMatrix& matrix, const std::vector<bool>& is_free) {
  const auto m = matrix.rows();
  std::vector<int> places;
  for (int c = 0; c < m; ++c)
    if (is_free[c]) places.push_back(c);
  MandelMatrix result = MandelMatrix::Zero(m, m);
  if (places.empty()) return result;
  const auto n = static_cast<Eigen::Index>(places.size());
  MandelMatrix block(n, n);
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) block(i, j) = matrix(places[i], places[j]);
  const MandelMatrix inverse = block.inverse();
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j) result(places[i], places[j]) = inverse(i, j);
  return result;
}

/// The stress is off by 0.02 to 0.2 of the residual, measured on composites and polycrystals; the
/// estimate takes the largest.
constexpr double typical = 0.2;

FailureReason law_failure(const LawFieldAnswer& answer, std::int64_t b) {
  return {IncrementFailure::law, answer.failed_phase[b], answer.step_ratio[b]};
}

double norm_in(const MandelMatrix& metric, const MandelVector& v) {
  return std::sqrt(std::max(0., v.dot(metric * v)));
}

}  // namespace

ReferenceMedium medium_of(const std::vector<MandelMatrix>& mean_tangent) {
  const auto n = static_cast<std::int64_t>(mean_tangent.size());
  ReferenceMedium medium{torch::empty({n}, torch::kDouble), torch::empty({n}, torch::kDouble)};
  for (std::int64_t i = 0; i < n; ++i) {
    const auto lame = isotropic_part(mean_tangent[i]);
    medium.lambda[i] = lame.lambda;
    medium.mu[i] = lame.mu;
  }
  return medium;
}

struct IncrementSolver::Trial {
  StrainField strain;
  LawFieldAnswer answer;
  /// <w> - S:E.
  std::vector<double> potential;
};

struct IncrementSolver::Step {
  torch::Tensor displacement;
  std::vector<MandelVector> mean;
  /// Derivative of the potential along the step.
  std::vector<double> slope;
  std::vector<unsigned int> iterations;
};

IncrementSolver::IncrementSolver(const LawField& laws, const DeformationSettings& settings,
                                 torch::Device device)
    : IncrementSolver(laws, settings,
                      {laws.grid(), torch::TensorOptions(torch::kDouble).device(device)},
                      {laws.grid(), torch::TensorOptions(torch::kFloat).device(device)}, device) {}

IncrementSolver::IncrementSolver(const LawField& laws, const DeformationSettings& settings,
                                 GreenOperator green, GreenOperator correction_green,
                                 torch::Device device)
    : laws_(laws),
      settings_(settings),
      device_(device),
      green_(std::move(green)),
      correction_green_(std::move(correction_green)) {
  for (std::int64_t b = 0; b < laws.batch_size(); ++b)
    elastic_compliance_.push_back(laws.structure(b).mean_elastic.inverse());
}

IncrementSolver::Trial IncrementSolver::trial(const std::vector<ControlledLoad>& loads,
                                              StrainField strain, const std::vector<bool>& active,
                                              const Trial* before) const {
  Trial result;
  std::vector<double> time_step;
  for (const auto& load : loads) time_step.push_back(load.time_step);
  result.answer =
      laws_.respond(strain, time_step, torch::kFloat, active, before ? &before->answer : nullptr);
  for (std::int64_t b = 0; b < laws_.batch_size(); ++b)
    result.potential.push_back(result.answer.mean_energy[b] -
                               masked(loads[b].stress, loads[b].is_free).dot(strain.mean[b]));
  result.strain = std::move(strain);
  return result;
}

IncrementSolver::Step IncrementSolver::newton_step(const Trial& at, const torch::Tensor& residual,
                                                   const torch::Tensor& preconditioned,
                                                   const std::vector<ControlledLoad>& loads,
                                                   const std::vector<double>& accuracy,
                                                   const std::vector<bool>& active) const {
  const Grid& grid = laws_.grid();
  const auto batch = laws_.batch_size();
  const auto n_voxels = static_cast<double>(grid.n_voxels());
  const auto options = torch::TensorOptions(torch::kFloat).device(device_);
  const auto& kernels = kernels_of(options);

  // Only those that take a step cost something.
  std::vector<std::int64_t> members;
  for (std::int64_t b = 0; b < batch; ++b)
    if (active[b]) members.push_back(b);
  const auto n = static_cast<std::int64_t>(members.size());
  const auto index = torch::tensor(members, torch::kLong);
  const auto of_members = [&](const torch::Tensor& field) {
    const auto part = n == batch ? field : field.index_select(0, index.to(field.device()));
    return part.to(options).contiguous();
  };
  const auto tangent = of_members(at.answer.tangent);
  auto r = of_members(residual), p = of_members(preconditioned);
  auto x = torch::zeros_like(r);
  std::vector<MandelMatrix> inverse, mean_tangent;
  std::vector<MandelVector> r_mean, p_mean, x_mean(n, MandelVector::Zero(grid.n_components()));
  std::vector<double> rz(n), first(n);
  std::vector<bool> moving(n);
  std::vector<unsigned int> iterations(n, 0);
  const auto products = (kernels.inner_product(r, p) / n_voxels).cpu();
  for (std::int64_t i = 0; i < n; ++i) {
    const auto b = members[i];
    mean_tangent.push_back(at.answer.mean_tangent[b]);
    inverse.push_back(inverse_of_free(at.answer.mean_tangent[b], loads[b].is_free));
    r_mean.push_back(masked(loads[b].stress - at.answer.mean_stress[b], loads[b].is_free));
    p_mean.push_back(inverse[i] * r_mean[i]);
    rz[i] = first[i] = products.data_ptr<double>()[i] + r_mean[i].dot(p_mean[i]);
    moving[i] = rz[i] > 0;
  }
  const auto medium = medium_of(mean_tangent);
  auto alpha = torch::zeros({n, 1}, torch::kDouble), beta = torch::zeros({n, 1}, torch::kDouble);
  for (unsigned int k = 0; k < settings_.max_iterations; ++k) {
    if (std::none_of(moving.begin(), moving.end(), [](bool b) { return b; })) break;
    materials::check_interruption();
    const auto image = kernels.tangent_action(kernels, grid, tangent, p, as_means(p_mean));
    for (std::int64_t i = 0; i < n; ++i) {
      const double work = image.energy.data_ptr<double>()[i];
      if (!(work > 0)) moving[i] = false;
      const double length = moving[i] ? rz[i] / work : 0.;
      alpha.data_ptr<double>()[i] = length;
      x_mean[i] += length * p_mean[i];
      r_mean[i] -= length * masked(entry(image.stress_mean, i), loads[members[i]].is_free);
      if (moving[i]) ++iterations[i];
    }
    kernels.advance(alpha.to(device_), p, image.force, x, r);
    const auto z = kernels.green(correction_green_.plan(), medium, r);
    const auto product = (kernels.inner_product(r, z) / n_voxels).cpu();
    for (std::int64_t i = 0; i < n; ++i) {
      beta.data_ptr<double>()[i] = 0;
      if (!moving[i]) continue;
      const MandelVector z_mean = inverse[i] * r_mean[i];
      const double next = product.data_ptr<double>()[i] + r_mean[i].dot(z_mean);
      beta.data_ptr<double>()[i] = next / rz[i];
      p_mean[i] = z_mean + (next / rz[i]) * p_mean[i];
      rz[i] = next;
      moving[i] = next > accuracy[members[i]] * accuracy[members[i]] * first[i];
    }
    kernels.turn(beta.to(device_), z, p);
  }

  Step step;
  x = x.to(laws_.device(), torch::kDouble);
  step.displacement = n == batch ? x : torch::zeros(residual.sizes(), x.options());
  if (n != batch) step.displacement.index_copy_(0, index.to(x.device()), x);
  step.mean.assign(batch, MandelVector::Zero(grid.n_components()));
  step.iterations.assign(batch, 0);
  for (std::int64_t i = 0; i < n; ++i) {
    step.mean[members[i]] = x_mean[i];
    step.iterations[members[i]] = iterations[i];
  }
  step.slope = slopes(at, step, loads);
  return step;
}

std::vector<double> IncrementSolver::slopes(const Trial& at, const Step& step,
                                            const std::vector<ControlledLoad>& loads) const {
  const auto products =
      mean_product(divergence_of(at.answer.stress, laws_.grid()), step.displacement, laws_.grid())
          .cpu();
  std::vector<double> result;
  for (std::int64_t b = 0; b < laws_.batch_size(); ++b)
    result.push_back(
        products.data_ptr<double>()[b] +
        (at.answer.mean_stress[b] - masked(loads[b].stress, loads[b].is_free)).dot(step.mean[b]));
  return result;
}

double IncrementSolver::scaled_gap(std::int64_t b, const Trial& at,
                                   const std::vector<ControlledLoad>& loads,
                                   Equilibration& stress) const {
  std::vector<double> time_step;
  for (const auto& load : loads) time_step.push_back(load.time_step);
  std::vector<bool> only(loads.size(), false);
  only[b] = true;
  auto& shift = stress.shift[b];
  const auto prescribed = masked(loads[b].stress, loads[b].is_free);
  auto scaled = stress;
  scaled.rest.assign(loads.size(), MandelVector::Zero(shift.size()));
  for (const double part : {1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2}) {
    scaled.part = 1 - part;
    scaled.rest[b] = part * prescribed;
    const double gap = laws_.gap(at.strain, at.answer, scaled, time_step, only)[b];
    if (std::isinf(gap)) continue;
    const auto& mean = at.answer.mean_stress[b];
    shift = (1 - part) * (mean + shift) + part * prescribed - mean;
    return gap;
  }
  return unknown;
}

std::vector<IncrementOutcome> IncrementSolver::solve(const std::vector<ControlledLoad>& loads,
                                                     const std::vector<bool>& active,
                                                     torch::Tensor& displacement) {
  const Grid& grid = laws_.grid();
  const auto batch = laws_.batch_size();
  const auto double_on_device = torch::TensorOptions(torch::kDouble).device(device_);
  std::vector<IncrementOutcome> outcomes(batch);
  std::vector<double> unbalanced_before(batch, 0.);
  std::vector<bool> running = active;
  StrainField start{displacement.contiguous(), {}};
  std::vector<double> time_step;
  for (const auto& load : loads) {
    start.mean.push_back(load.strain);
    time_step.push_back(load.time_step);
  }
  auto now = trial(loads, std::move(start), active);
  for (std::int64_t b = 0; b < batch; ++b)
    if (running[b] && (now.answer.step_ratio[b] < 1 || !now.answer.mean_stress[b].allFinite())) {
      outcomes[b].step_ratio = std::min(0.5, now.answer.step_ratio[b]);
      outcomes[b].failure = law_failure(now.answer, b);
      running[b] = false;
    }
  /// Whether the fields are as near to the answer as asked, by the estimate.
  const auto is_near = [&](std::int64_t b) {
    const double reference = std::max(outcomes[b].stress_norm, loads[b].least_stress_norm);
    return typical * unbalanced_before[b] <= settings_.tolerance * reference;
  };
  const auto still_running = [&] {
    return std::any_of(running.begin(), running.end(), [](bool b) { return b; });
  };
  for (unsigned int newton = 0; still_running(); ++newton) {
    materials::check_interruption();
    const auto medium = medium_of(now.answer.mean_tangent);
    const auto residual = -divergence_of(now.answer.stress.to(double_on_device), grid);
    const auto z = green_.apply(residual, medium);
    const auto rz = mean_product(residual, z, grid).cpu();
    Equilibration equilibrated{z.to(laws_.device()).contiguous(), medium, {}};
    auto& shift = equilibrated.shift;
    for (std::int64_t b = 0; b < batch; ++b)
      shift.push_back(masked(loads[b].stress - now.answer.mean_stress[b], loads[b].is_free));
    auto gaps = laws_.gap(now.strain, now.answer, equilibrated, time_step, running);
    for (std::int64_t b = 0; b < batch; ++b)
      if (running[b] && std::isinf(gaps[b]) && laws_.guarantee(b).two_sided)
        gaps[b] = scaled_gap(b, now, loads, equilibrated);

    std::vector<double> accuracy(batch, 0.1);
    for (std::int64_t b = 0; b < batch; ++b) {
      if (!running[b]) continue;
      auto& outcome = outcomes[b];
      const auto& metric = elastic_compliance_[b];
      const double shift_norm = norm_in(metric, shift[b]);
      const MandelVector stress = now.answer.mean_stress[b] + shift[b];
      const double stress_norm = norm_in(metric, stress),
                   reference = std::max(stress_norm, loads[b].least_stress_norm);
      // Of both fields |s - s*|^2 / 2 adds up to at most the gap, and so do their means, which
      // differ by the shift.
      const double gap = std::max(gaps[b], 0.);
      const double error =
          shift_norm / 2 + std::sqrt(std::max(gap - shift_norm * shift_norm / 4, 0.));
      // The residual of the stress, as a stress.
      const double unbalanced = std::sqrt(std::max(0., rz.data_ptr<double>()[b])) + shift_norm;
      outcome.answered = true;
      outcome.energy_upper = now.potential[b];
      outcome.gap = gap;
      outcome.strain = now.strain.mean[b];
      outcome.stress = stress;
      outcome.error = error;
      outcome.stress_norm = stress_norm;
      outcome.newton_steps = newton;
      double target = 0;
      switch (settings_.criterion) {
        case StopCriterion::certified:
          outcome.converged = error <= settings_.tolerance * reference;
          target = settings_.tolerance * reference / error;
          break;
        case StopCriterion::estimate:
          outcome.converged = typical * unbalanced <= settings_.tolerance * reference;
          target = settings_.tolerance * reference / (typical * unbalanced);
          break;
        case StopCriterion::residual:
          outcome.converged = unbalanced <= settings_.tolerance * reference;
          target = settings_.tolerance * reference / unbalanced;
          break;
      }
      if (settings_.criterion == StopCriterion::certified && std::isinf(gap)) {
        // Nothing can be guaranteed, for laws without a dual energy, or where the dual is infinite
        // although the fields are far nearer to the answer than asked.
        const double enough = laws_.guarantee(b).two_sided ? 0.01 : 1.;
        target = enough * settings_.tolerance * reference / (typical * unbalanced);
        if (target >= 1) running[b] = false;
      }
      // Round-off keeps the bound from what was asked.
      constexpr double nearly_balanced = 1e-7;
      if (newton > 0 && unbalanced <= nearly_balanced * reference &&
          unbalanced > 0.5 * unbalanced_before[b])
        running[b] = false;
      constexpr double round_off = 1e-11;
      if (outcome.converged || unbalanced <= round_off * reference || reference == 0)
        running[b] = false;
      // Steps far from the answer are not worth much accuracy (Eisenstat and Walker 1996, SIAM J.
      // Sci. Comput. 17, choice 2), the last one just what is asked.
      constexpr double first = 0.3, most = 0.3, least = 1e-4, share = 0.5, factor = 0.9;
      const double fall = unbalanced / unbalanced_before[b];
      const double wanted = newton == 0 ? first : factor * fall * fall;
      accuracy[b] = std::clamp(std::max(wanted, share * target), least, most);
      unbalanced_before[b] = unbalanced;
    }
    if (!still_running()) break;
    if (newton >= settings_.max_newton_steps) {
      for (std::int64_t b = 0; b < batch; ++b)
        if (running[b]) {
          // Good enough but for what round-off does to the bound: shorter steps do not help.
          outcomes[b].answered = is_near(b);
          outcomes[b].failure = {IncrementFailure::newton_steps};
          running[b] = false;
        }
      break;
    }

    const auto step = newton_step(now, residual, z, loads, accuracy, running);
    for (std::int64_t b = 0; b < batch; ++b) {
      // Strains are small; a stress that asks for others is not reached.
      if (!running[b] ||
          (now.strain.mean[b] + step.mean[b]).cwiseAbs().maxCoeff() <= largest_strain)
        continue;
      outcomes[b].answered = false;
      outcomes[b].failure = {IncrementFailure::strain};
      running[b] = false;
    }
    if (!still_running()) break;
    // Line search of each RVE on its own, all in one evaluation.
    std::vector<double> length(batch, 0.);
    for (std::int64_t b = 0; b < batch; ++b) {
      outcomes[b].iterations += running[b] ? step.iterations[b] : 0;
      length[b] = running[b] ? 1. : 0.;
    }
    for (int halvings = 0;; ++halvings) {
      auto to = now.strain;
      for (std::int64_t b = 0; b < batch; ++b) to.mean[b] += length[b] * step.mean[b];
      const auto lengths =
          torch::tensor(length, torch::kDouble).reshape({batch, 1}).to(laws_.device());
      to.displacement = torch::addcmul(to.displacement, with_field_axes(lengths, step.displacement),
                                       step.displacement);
      auto next = trial(loads, std::move(to), running, &now);
      // Laws without an energy: the derivative along the step has to shrink instead.
      std::vector<double> slope;
      for (std::int64_t b = 0; b < batch && slope.empty(); ++b)
        if (running[b] && !laws_.guarantee(b).two_sided) slope = slopes(next, step, loads);
      bool again = false;
      for (std::int64_t b = 0; b < batch; ++b) {
        if (!running[b]) continue;
        constexpr double sufficient = 1e-4, noise = 1e-13, flatter = 0.9;
        const bool descends =
            laws_.guarantee(b).two_sided
                ? next.potential[b] <= now.potential[b] + sufficient * length[b] * step.slope[b] +
                                           noise * std::abs(now.potential[b])
                : std::abs(slope[b]) <= flatter * std::abs(step.slope[b]);
        if (next.answer.step_ratio[b] >= 1 && next.answer.mean_stress[b].allFinite() && descends)
          continue;
        length[b] *= 0.5;
        again = true;
        constexpr double shortest = 1e-4;
        if (length[b] < shortest) {
          outcomes[b].answered = is_near(b);
          outcomes[b].step_ratio = std::min(0.5, next.answer.step_ratio[b]);
          outcomes[b].failure =
              next.answer.step_ratio[b] < 1 || !next.answer.mean_stress[b].allFinite()
                  ? law_failure(next.answer, b)
                  : FailureReason{IncrementFailure::line_search};
          running[b] = false;
          length[b] = 0;
        }
      }
      if (!again) {
        now = std::move(next);
        break;
      }
      if (!still_running()) break;
    }
  }
  for (std::int64_t b = 0; b < batch; ++b)
    if (active[b] && outcomes[b].answered) {
      displacement[b].copy_(now.strain.displacement[b]);
      outcomes[b].failure = {};
    }
  answer_ = std::move(now.answer);
  return outcomes;
}

void IncrementSolver::respond(const std::vector<ControlledLoad>& loads,
                              const torch::Tensor& displacement) {
  StrainField strain{displacement, {}};
  for (const auto& load : loads) strain.mean.push_back(load.strain);
  answer_ = trial(loads, std::move(strain), std::vector<bool>(loads.size(), true)).answer;
}

std::vector<IncrementSolver::Tangent> IncrementSolver::tangent(
    const std::vector<IncrementOutcome>& outcomes, const TangentRequest& request,
    TangentFields& fields) {
  const bool precise = request.bounds || request.double_precision;
  auto result = tangent_in(precise ? torch::kDouble : torch::kFloat, outcomes, request, fields);
  // Nearly incompressible voxels need double precision.
  const bool missed = std::any_of(result.begin(), result.end(), [&](const Tangent& t) {
    return !(t.residual <= tolerated * request.accuracy);
  });
  if (missed && !precise) result = tangent_in(torch::kDouble, outcomes, request, fields);
  return result;
}

std::vector<IncrementSolver::Tangent> IncrementSolver::tangent_in(
    torch::ScalarType type, const std::vector<IncrementOutcome>& outcomes,
    const TangentRequest& request, TangentFields& fields) {
  const Grid& grid = laws_.grid();
  const auto batch = laws_.batch_size(), m = static_cast<std::int64_t>(grid.n_components());
  const auto n_voxels = static_cast<double>(grid.n_voxels());
  const auto options = torch::TensorOptions(type).device(device_);
  const auto& kernels = kernels_of(options);
  const auto& green = type == torch::kDouble ? green_ : correction_green_;
  const auto coefficients = answer_.tangent.to(options).contiguous();
  const auto medium = medium_of(answer_.mean_tangent);
  std::vector<std::int64_t> shape{batch, m, grid.dimension()};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  const auto& before = fields.displacement;
  auto u = before.defined() ? before.to(options, /*non_blocking=*/false, /*copy=*/true).contiguous()
                            : torch::zeros(shape, options);
  const auto unit = unit_loads(grid, torch::kDouble).expand({batch, m, m}).contiguous();
  const auto nothing = torch::zeros_like(unit);
  const auto begin = kernels.tangent_action(kernels, grid, coefficients, u, unit);
  auto r = -begin.force;
  auto z = kernels.green(green.plan(), medium, r);
  auto p = z.clone();
  auto rz = kernels.inner_product(r, z);
  // The energies N C_ii, which fall: what is left of them is what the residual is compared with,
  // since it may be a small part where some phase is incompressible.
  auto energy = (begin.energy * n_voxels).to(device_);
  // Fields that are given are near the answer; without them the first step tells.
  auto decrease = before.defined() ? torch::zeros_like(energy) : energy.clone();
  const double least_decrease = 0.1 * request.accuracy * request.accuracy;
  unsigned int iterations = 0;

  for (; iterations < settings_.max_iterations; ++iterations) {
    // A small residual may be worth much energy where the medium is stiffer than a phase: the last
    // step tells.
    const auto moving = (rz > energy * (request.accuracy * request.accuracy)) |
                        (decrease > energy * least_decrease);
    if (!moving.any().item<bool>()) break;
    materials::check_interruption();
    const auto image = kernels.tangent_action(kernels, grid, coefficients, p, nothing);
    const auto work = image.energy.to(device_) * n_voxels;
    const auto alpha =
        torch::where(moving & (work > 0), rz / work, torch::zeros_like(rz)).contiguous();
    decrease = alpha * rz;
    energy = torch::clamp_min(energy - decrease, 0.);
    kernels.advance(alpha, p, image.force, u, r);
    z = kernels.green(green.plan(), medium, r);
    const auto next = kernels.inner_product(r, z);
    const auto beta = torch::where(alpha > 0, next / rz, torch::zeros_like(rz)).contiguous();
    kernels.turn(beta, z, p);
    rz = torch::where(alpha > 0, next, torch::zeros_like(next));
  }
  const auto image = kernels.tangent_action(kernels, grid, coefficients, u, unit);
  // <(E_i + sym D u_i) : C : (E_j + sym D u_j)>.
  const auto products = kernels.gram({image.force}, {u}, false) / n_voxels;
  const auto residual = -divergence_of(answer_.stress.to(options), grid);
  const auto correction = kernels.gram({residual}, {u}, false) / n_voxels;
  // The residual anew: that of the recurrence drifts.
  const auto left = kernels.green(green.plan(), medium, -image.force);
  const auto relative =
      (kernels.inner_product(-image.force, left) / torch::clamp_min(energy, 1e-300))
          .abs()
          .sqrt()
          .cpu();
  fields = {u, left, medium};
  std::vector<Tangent> result(batch);
  for (std::int64_t b = 0; b < batch; ++b) {
    MandelMatrix c = to_matrix(image.stress_mean[b] + products[b]);
    result[b].estimate = 0.5 * (c + c.transpose());
    result[b].upper = result[b].estimate;
    result[b].iterations = iterations;
    result[b].residual = relative[b].max().item<double>();
    if (!outcomes[b].answered) continue;
    result[b].corrected_stress = outcomes[b].stress;
    for (int k = 0; k < m; ++k)
      result[b].corrected_stress[k] -= correction.data_ptr<double>()[b * m + k];
  }
  if (!request.bounds) return result;
  // What the stresses lack of equilibrium, as stresses: C_lower = C_upper - <t : C^-1 : t>.
  const auto t = isotropic_stress(kernels.strain(left, grid), medium, grid).cpu().contiguous();
  const auto triangles = answer_.tangent.to(torch::kCPU, torch::kDouble).contiguous();
  const auto voxels = grid.n_voxels();
  for (std::int64_t b = 0; b < batch; ++b) {
    MandelMatrix gap = MandelMatrix::Zero(m, m);
    const double* of_voxels = triangles.data_ptr<double>() + b * triangles[0].numel();
    const double* stresses = t.data_ptr<double>() + b * t[0].numel();
    bool definite = true;
    for (std::int64_t v = 0; v < voxels && definite; ++v) {
      MandelMatrix c(m, m), s(m, m);
      std::int64_t at = 0;
      for (int i = 0; i < m; ++i)
        for (int j = i; j < m; ++j, ++at) c(i, j) = c(j, i) = of_voxels[at * voxels + v];
      for (int l = 0; l < m; ++l)
        for (int k = 0; k < m; ++k) s(k, l) = stresses[(l * m + k) * voxels + v];
      const Eigen::LLT<MandelMatrix> factor(c);
      definite = factor.info() == Eigen::Success;
      if (definite) gap += s.transpose() * factor.solve(s);
    }
    if (definite) result[b].lower = result[b].upper - gap / n_voxels;
  }
  return result;
}

}  // namespace seco::surrogate
