#include "load_steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

#include "failed_point.h"
#include "json_number.h"
#include "refine_rves.h"

namespace seco::macro {
namespace {

/// Times that differ by less, relative to the end time, are the same.
constexpr double same_time = 1e-10;

std::string duration_in_words(double seconds) {
  return seconds < 100
             ? fmt::format("{:.0f} s", seconds)
             : fmt::format("{}:{:02}:{:02}", static_cast<int>(seconds / 3600),
                           static_cast<int>(seconds / 60) % 60, static_cast<int>(seconds) % 60);
}

}  // namespace

template <int dim>
LoadSteps<dim>::LoadSteps(const MacroParameters<dim>& parameters,
                          BoundaryValueProblem<dim>& problem, MaterialField<dim>& materials,
                          RunLog& log)
    : parameters_(parameters),
      problem_(problem),
      materials_(materials),
      log_(log),
      tangent_solver_(parameters, problem, log),
      increment_solver_(parameters, problem, materials, tangent_solver_, log),
      certificate_(problem, materials, tangent_solver_),
      length_(parameters.load_steps.end_time *
              std::min(parameters.load_steps.largest, 1. / parameters.load_steps.n_steps)) {}

template <int dim>
bool LoadSteps<dim>::is_done() const {
  return time() >= parameters_.load_steps.end_time * (1 - same_time);
}

template <int dim>
double LoadSteps<dim>::end_of_step(double length) const {
  const auto& p = parameters_.load_steps;
  const auto n = static_cast<double>(p.n_steps);
  // In parts of the time, at whose ends steps end.
  const double now = time() / p.end_time * n, parts = length / p.end_time * n;
  const double slack = same_time * n;
  const double next = std::floor(now + slack) + std::max(1., std::floor(parts + slack));
  double end = std::min(next, n) / n * p.end_time;
  if (parts < 1 - slack && time() + length < end - 0.01 * length) end = time() + length;
  const auto stop = std::upper_bound(times_.begin(), times_.end(), time() + same_time * p.end_time);
  // One that is near is not left to a tiny step.
  if (stop != times_.end() && *stop < end + 0.01 * (end - time())) end = *stop;
  return end;
}

template <int dim>
std::optional<typename LoadSteps<dim>::Vector> LoadSteps<dim>::extrapolated(
    const plugin::LoadStep& step, const Loads& loads) const {
  if (loads_before_.size() == 0) return std::nullopt;
  const double ratio = step.duration() / records_.back().duration;
  const auto go_on = [&](const Vector& last, const Vector& before) {
    Vector result = last;
    result.zero_out_ghost_values();
    result.sadd(1 + ratio, -ratio, before);
    return result;
  };
  const auto missing = [&](const Vector& displacement) {
    Vector result = displacement;
    problem_.constraints().distribute(result);
    result -= displacement;
    return result.l2_norm();
  };
  // What is held changes by nothing, and goes on to round-off.
  const auto goes_on = [&](double difference, double change, double size) {
    constexpr double much = 0.5, round_off = 1e-12;
    return difference <= much * change + round_off * (1 + ratio) * size;
  };
  auto result = go_on(displacement_, displacement_before_);
  Vector last = displacement_;
  last.zero_out_ghost_values();
  auto change = loads.total, mismatch = loads.total;
  change -= loads_;
  mismatch -= go_on(loads_, loads_before_);
  if (!goes_on(missing(result), missing(last), last.l2_norm()) ||
      !goes_on(mismatch.l2_norm(), change.l2_norm(), loads.total.l2_norm()))
    return std::nullopt;
  return result;
}

template <int dim>
void LoadSteps<dim>::give_up(const plugin::LoadStep& step, const std::string& failure,
                             bool shorter_is_the_same) const {
  const auto& p = parameters_.load_steps;
  const auto point = keep_failed_point(
      materials_, std::filesystem::path(parameters_.output_directory) / "failed_point",
      log_.communicator());
  const auto way_out =
      shorter_is_the_same
          ? std::string(
                "a shorter one fails in the same way, since neither loads nor prescribed "
                "displacements depend on t. Is it more than the body can bear? Otherwise "
                "let them grow from 0, for example 10*t in place of 10")
          : fmt::format(
                "a shorter one would be below 'Smallest step' = {:g} of 'End time' = {:g}. "
                "Is it more than the body can bear? Otherwise allow more 'Newton "
                "iterations' or a smaller 'Smallest step'",
                p.smallest, p.end_time);
  throw std::runtime_error(fmt::format(
      "{}: section 'Load steps': the step from the time {:g} to {:g} finds no equilibrium: {}; {}. "
      "{} steps are done, their results are kept; {}",
      parameters_.file, step.begin, step.end, failure, way_out, records_.size(),
      point.empty()
          ? "there is no 'failed_point', since no point of a material with RVEs was the cause"
          : point));
}

template <int dim>
StepBounds<dim> LoadSteps<dim>::certify(const plugin::LoadStep& step, const Loads& loads,
                                        Increment<dim>& increment, LoadStepRecord& record) {
  const auto& p = parameters_.load_steps;
  const auto bound = [&] {
    const auto scope = log_.section("bounds of the steps");
    auto bounds = certificate_.bounds(step, loads, increment.response);
    record.upper = bounds.upper;
    record.lower = bounds.lower;
    record.no_lower_bound = bounds.no_lower_bound;
    record.relative_gap = std::numeric_limits<double>::quiet_NaN();
    // Without any load so far there is neither energy nor gap.
    if (bounds.lower)
      record.relative_gap = energy_scale_ > 0 ? (bounds.upper - *bounds.lower) / energy_scale_ : 0.;
    return bounds;
  };
  auto bounds = bound();
  // The residual counts as well: it falls with what is asked of the RVEs.
  constexpr double round_off = 1e-10, factor = 0.1;
  double tolerance = p.newton_tolerance;
  const auto is_missed = [&] {
    return bounds.lower ? record.relative_gap > p.energy_tolerance : bounds.some_infinite;
  };
  while (p.energy_tolerance > 0 && is_missed() &&
         record.n_rounds < parameters_.certification.largest_rounds) {
    const auto n_refined =
        bounds.lower ? refine_rves(materials_, bounds.shares, bounds.upper - *bounds.lower,
                                   p.energy_tolerance * energy_scale_,
                                   parameters_.certification.doerfler, log_)
                     : 0;
    if (n_refined == 0 && tolerance <= round_off) break;
    ++record.n_rounds;
    record.n_refined += n_refined;
    tolerance = std::max(round_off, factor * tolerance);
    auto next =
        increment_solver_.solve(step, loads, increment.displacement, force_scale_, tolerance);
    next.newton_iterations += increment.newton_iterations;
    next.linear_iterations += increment.linear_iterations;
    const bool better = next.converged();
    if (better) {
      increment = std::move(next);
    } else {
      // Materials accept what they have been asked last, and answer more accurately now.
      log_.note(fmt::format("the step to the time {:g} is not refined further: {}", step.end,
                            next.failure));
      auto last = increment_solver_.solve(step, loads, increment.displacement, force_scale_,
                                          p.newton_tolerance);
      last.newton_iterations += next.newton_iterations;
      last.linear_iterations += next.linear_iterations;
      if (last.converged()) {
        increment = std::move(last);
      } else {
        auto& response = increment.response;
        response = increment_solver_.respond_to(increment.displacement, step, loads);
        if (response.step_fraction < 1) give_up(step, response.refusal);
        increment.newton_iterations = last.newton_iterations;
        increment.linear_iterations = last.linear_iterations;
        increment.relative_residual =
            response.residual.l2_norm() / increment_solver_.scale_of(response, loads, force_scale_);
        log_.keep_note(fmt::format("the step to the time {:g} is in equilibrium to {:.2g} only: {}",
                                   step.end, increment.relative_residual, last.failure));
      }
    }
    bounds = bound();
    if (!better) break;
  }
  if (p.energy_tolerance > 0 && is_missed())
    log_.keep_note(
        fmt::format("the step to the time {:g} {}, and 'Energy tolerance' is {:g}", step.end,
                    bounds.lower ? fmt::format("is certified to {:.4g}", record.relative_gap)
                                 : "has no lower bound, since " + bounds.no_lower_bound,
                    p.energy_tolerance));
  return bounds;
}

template <int dim>
void LoadSteps<dim>::finish(const plugin::LoadStep& step, const Loads& loads,
                            Increment<dim> increment, std::optional<double> time_error) {
  LoadStepRecord record;
  record.time_error = time_error;
  record.time = step.end;
  record.duration = step.duration();
  record.n_cuts = n_cuts_;
  const auto take = [&] {
    const auto& response = increment.response;
    force_norm_ = increment_solver_.scale_of(response, loads, 0.);
    force_scale_ = std::max(force_scale_, force_norm_);
    if (response.has_energy()) energy_scale_ = std::max(energy_scale_, response.energy);
  };
  take();
  StepBounds<dim> bounds;
  if (parameters_.certify) {
    bounds = certify(step, loads, increment, record);
    take();
  }
  auto& response = increment.response;
  record.newton_iterations = increment.newton_iterations;
  record.linear_iterations = increment.linear_iterations;
  record.relative_residual = increment.relative_residual;
  record.energy = response.energy;
  materials_.accept();
  displacement_before_ = std::move(displacement_);
  displacement_ = std::move(increment.displacement);
  displacement_.update_ghost_values();
  record.n_cells = problem_.mesh().n_global_active_cells();
  record.n_unknowns = problem_.dof_handler().n_dofs();
  record.refinement = std::exchange(refinement_, std::nullopt);
  stress_scale_ = std::max(stress_scale_, stress_norm_);
  // Before the first step there is neither displacement nor load.
  if (records_.empty()) displacement_before_ = loads_ = problem_.zero_vector();
  loads_before_ = std::move(loads_);
  loads_ = loads.total;
  auto of_springs = displacement_;
  if (bounds.correction.size() > 0) {
    of_springs.zero_out_ghost_values();
    of_springs += bounds.correction;
    of_springs.update_ghost_values();
  }
  // Bounds of reactions belong to stresses in equilibrium.
  record.boundaries =
      boundary_forces(problem_, bounds.lower ? bounds.inner_forces : response.inner_forces,
                      loads.total, displacement_, of_springs);
  stresses_before_.clear();
  for (auto& answer : response_.answers) stresses_before_.push_back(std::move(answer.stress));
  response_ = std::move(response);
  records_.push_back(std::move(record));
}

template <int dim>
void LoadSteps<dim>::print_last_step(double begin,
                                     std::chrono::steady_clock::time_point clock) const {
  const auto& r = records_.back();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - clock).count();
  const double left = seconds * (parameters_.load_steps.end_time - r.time) / (r.time - begin);
  std::string bounds;
  if (std::isfinite(r.upper))
    bounds = fmt::format(
        ", potential {:.6g} {}{}", r.upper, parameters_.units.energy,
        r.lower ? fmt::format(", certified to {:.1e}", r.relative_gap) : ", no lower bound");
  std::string in_time;
  // Round-off is not worth a word.
  constexpr double little = 1e-6;
  if (r.time_error.value_or(0) > little)
    in_time = fmt::format(", its length changes stresses by about {:.1e}", *r.time_error);
  log_.print(fmt::format("== step {}: time {:g}, {} Newton and {} linear iterations{}{}{}{}\n",
                         records_.size(), r.time, r.newton_iterations, r.linear_iterations,
                         r.n_cuts > 0 ? fmt::format(", cut {} times", r.n_cuts) : "", in_time,
                         bounds,
                         left > 0 ? fmt::format("; {} left", duration_in_words(left)) : ""));
}

template <int dim>
void LoadSteps<dim>::find_elastic_stiffness() {
  const auto scope = log_.section("bounds of the steps");
  // Nothing creeps in so short a time.
  constexpr double moment = 1e-12;
  const plugin::LoadStep step{0, moment * length_};
  const auto response =
      increment_solver_.respond_to(problem_.zero_vector(), step, problem_.assemble_loads());
  const bool usable = response.step_fraction == 1 && response.has_energy();
  if (usable && tangent_solver_.set(response.tangent))
    elastic_stiffness_ = macro::elastic_stiffness(problem_, tangent_solver_);
  for (std::size_t m = 0; m < materials_.n_materials(); ++m) materials_.material(m).reject();
}

template <int dim>
void LoadSteps<dim>::run(const StepDone& done) {
  const auto& p = parameters_.load_steps;
  const double begin = time();
  times_ = problem_.times_of_loads();
  times_.insert(times_.end(), p.times.begin(), p.times.end());
  std::sort(times_.begin(), times_.end());
  // The end is where the steps end anyway.
  std::erase_if(times_, [&](double t) { return t >= p.end_time * (1 - same_time); });
  const auto clock = std::chrono::steady_clock::now();
  if (parameters_.certify && records_.empty()) find_elastic_stiffness();
  // Of the last increment that failed.
  unsigned int last_iterations = 0;
  double last_residual = 0;
  while (!is_done()) {
    if (n_cuts_ == 0 && is_time_to_refine()) refine();
    const plugin::LoadStep step{time(), end_of_step(length_)};
    problem_.set_time(step.end);
    const auto loads = problem_.assemble_loads();
    const auto on = extrapolated(step, loads);
    const auto start = on && n_cuts_ == 0          ? *on
                       : displacement_.size() == 0 ? problem_.zero_vector()
                                                   : displacement_;
    auto increment = increment_solver_.solve(step, loads, start, force_scale_, p.newton_tolerance);
    constexpr double least = 0.1, most = 0.5;
    const double shortest = p.smallest * p.end_time * (1 - same_time);
    const auto cut_to = [&](double length, const std::string& why) {
      for (std::size_t m = 0; m < materials_.n_materials(); ++m) materials_.material(m).reject();
      length_ = length;
      ++n_cuts_;
      log_.print(
          fmt::format("== the step to the time {:g} is cut to {:g}: {}\n", step.end, length_, why));
    };
    if (!increment.converged()) {
      const double length = step.duration() * std::clamp(increment.step_fraction, least, most);
      // Materials that do not depend on the time either answer the same to the last bit; before the
      // first iteration all do.
      const bool is_same = n_cuts_ > 0 && increment.newton_iterations > 0 &&
                           increment.newton_iterations == last_iterations &&
                           increment.relative_residual == last_residual;
      last_iterations = increment.newton_iterations;
      last_residual = increment.relative_residual;
      if (is_same && !problem_.depends_on_time()) {
        for (std::size_t m = 0; m < materials_.n_materials(); ++m) materials_.material(m).reject();
        give_up(step, increment.failure, /*shorter_is_the_same=*/true);
      }
      if (length < shortest) {
        for (std::size_t m = 0; m < materials_.n_materials(); ++m) materials_.material(m).reject();
        give_up(step, increment.failure);
      }
      cut_to(length, increment.failure);
      continue;
    }
    const auto error = time_error(step, loads, increment, on.has_value());
    // The error of a step of implicit Euler falls with the square of its length.
    double allowed = p.growth;
    if (p.time_error_tolerance > 0 && error) {
      constexpr double safety = 0.9;
      allowed = *error > 0 ? safety * std::sqrt(p.time_error_tolerance / *error) : p.growth;
      const double length = step.duration() * std::clamp(allowed, least, most);
      if (*error > p.time_error_tolerance && length >= shortest) {
        cut_to(length, fmt::format("its length changes stresses by {:.2g}, and 'Time error "
                                   "tolerance' is {:g}",
                                   *error, p.time_error_tolerance));
        continue;
      }
      if (*error > p.time_error_tolerance)
        log_.keep_note(
            fmt::format("the length of the step to the time {:g} changes stresses by "
                        "{:.2g}, and 'Time error tolerance' is {:g}; a shorter one would "
                        "be below 'Smallest step' = {:g}",
                        step.end, *error, p.time_error_tolerance, p.smallest));
    }
    // Quick ones are followed by longer ones.
    const bool quick = increment.newton_iterations <= p.newton_iterations / 2;
    if (quick && n_cuts_ == 0)
      length_ = std::min(p.growth * std::max(length_, step.duration()), p.largest * p.end_time);
    if (allowed < p.growth) length_ = std::min(length_, std::max(least, allowed) * step.duration());
    length_ = std::max(length_, p.smallest * p.end_time);
    finish(step, loads, std::move(increment), error);
    n_cuts_ = 0;
    print_last_step(begin, clock);
    done();
  }
  double sum = 0;
  for (const auto& record : records_) sum += record.time_error.value_or(0);
  const auto n_unknown = std::count_if(records_.begin(), records_.end(),
                                       [](const auto& record) { return !record.time_error; });
  if (n_unknown > 0 && p.time_error_tolerance > 0)
    log_.keep_note(fmt::format(
        "'Time error tolerance' had no effect on {} of {} steps: a material with RVEs gives no "
        "estimate where loads and displacements do not go on as in the step before",
        n_unknown, records_.size()));
  constexpr double much = 0.01;
  if (sum > much && p.time_error_tolerance == 0)
    log_.keep_note(fmt::format(
        "the lengths of the steps change stresses by about {:.2g} of the largest, the sum of the "
        "estimates of all steps; more 'Steps' in section 'Load steps', or a 'Time error "
        "tolerance', make it smaller",
        sum));
}

template <int dim>
nlohmann::json LoadSteps<dim>::state() const {
  auto list = nlohmann::json::array();
  for (const auto& record : records_) list.push_back(to_json(record));
  auto stiffness = nlohmann::json::array();
  for (const auto& boundary : elastic_stiffness_) stiffness.push_back(to_json(boundary));
  return {{"load_steps",
           {{"records", list},
            {"length", length_},
            {"elastic_stiffness", stiffness},
            {"force_scale", force_scale_},
            {"force_norm", force_norm_},
            {"stress_scale", stress_scale_},
            {"energy_scale", energy_scale_}}}};
}

template <int dim>
void LoadSteps<dim>::take_state(const nlohmann::json& state) {
  if (!state.contains("load_steps")) return;
  const auto& kept = state.at("load_steps");
  records_.clear();
  for (const auto& record : kept.at("records")) records_.push_back(load_step_from_json(record));
  kept.at("length").get_to(length_);
  elastic_stiffness_.clear();
  for (const auto& boundary : kept.at("elastic_stiffness"))
    elastic_stiffness_.push_back(boundary_stiffness_from_json(boundary));
  kept.at("force_scale").get_to(force_scale_);
  kept.at("force_norm").get_to(force_norm_);
  kept.at("stress_scale").get_to(stress_scale_);
  kept.at("energy_scale").get_to(energy_scale_);
}

template class LoadSteps<2>;
template class LoadSteps<3>;

}  // namespace seco::macro
