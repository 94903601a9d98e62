#include "seco/surrogate/deformation.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <stdexcept>
#include <utility>

#include "device.h"
#include "device_law_field.h"
#include "difference_operator.h"
#include "increment_solver.h"
#include "kernel_tables.h"

namespace seco::surrogate {
namespace {

using materials::MandelVector;

constexpr double infinity = std::numeric_limits<double>::infinity();
/// Errors refer to the stress, or where a path comes back to zero stress to this part of the
/// largest one.
constexpr double least_part = 0.01;

/// Squares of smaller ones are lost.
bool is_usable_strain(double strain) {
  return std::abs(strain) <= 1 && (strain == 0 || std::abs(strain) >= 1e-20);
}

/// Fields of an increment and its tangent, measured; states come on top.
constexpr double bytes_per_voxel = 1600, gibibyte = 1024. * 1024. * 1024.;

}  // namespace

const char* to_string(IncrementStatus status) {
  switch (status) {
    case IncrementStatus::ok:
      return "ok";
    case IncrementStatus::no_lower_bound:
      return "no lower bound";
    case IncrementStatus::not_converged:
      return "not converged";
    case IncrementStatus::failed:
      return "failed";
  }
  return "";
}

std::string describe(const FailureReason& reason) {
  switch (reason.failure) {
    case IncrementFailure::none:
      break;
    case IncrementFailure::law: {
      // A GPU may find no answer at a point where the processor just finds one.
      const auto law =
          reason.phase >= 0 ? fmt::format("the law of phase {}", reason.phase) : "a law";
      if (reason.step_ratio < 1)
        return fmt::format("{} has no answer and asks for a shorter step, {:.3g} of it", law,
                           reason.step_ratio);
      return law + " answers with stresses that are no finite numbers";
    }
    case IncrementFailure::strain:
      return fmt::format(
          "Newton's method asks for mean strains above {:g}: the load is beyond the limit load of "
          "the laws, or near it",
          largest_strain);
    case IncrementFailure::line_search:
      return "the line search finds no smaller energy";
    case IncrementFailure::newton_steps:
      return "the Newton steps are used up";
  }
  return "";
}

namespace {

/// Why the laws of an RVE cannot be answered on a device; empty if they can.
std::string why_on_processor(const LawKernels* kernels, const LawStructure& structure) {
  if (!kernels) return "this seco is built without kernels of laws for the device";
  if (const auto phase = DeviceLawField::unknown_phase(*kernels, structure))
    return fmt::format("the device does not know the law of phase {}", *phase);
  return {};
}

/// RVEs that take their steps together.
class Group {
 public:
  Group(std::unique_ptr<LawField> laws, const DeformationSettings& settings,
        const torch::Device& device)
      : settings_(settings), laws_(std::move(laws)), solver_(*laws_, settings, device) {
    const Grid& grid = laws_->grid();
    std::vector<std::int64_t> shape{laws_->batch_size(), 1, grid.dimension()};
    shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
    displacement_ =
        torch::zeros(shape, torch::TensorOptions(torch::kDouble).device(laws_->device()));
    direction_ = torch::zeros_like(displacement_);
    members_.resize(static_cast<std::size_t>(laws_->batch_size()));
    for (auto& member : members_) {
      member.strain = member.stress = member.strain_direction =
          MandelVector::Zero(grid.n_components());
    }
  }

  /// @throws std::invalid_argument as Deformation::advance does
  void check(std::span<const LoadIncrement> increments) const;
  std::vector<IncrementResult> advance(std::span<const LoadIncrement> increments);
  std::int64_t size() const { return laws_->batch_size(); }
  void start(std::size_t b, const DeformationStart& start);
  std::vector<double> save() const;
  void restore(std::span<const double> numbers);
  std::vector<Deformation::Field> fields(std::size_t b) const;

 private:
  struct Member {
    double time = 0;
    /// Mean strain and stress at the end of the last increment, and the last change of the strain.
    MandelVector strain, stress, strain_direction;
    double largest_stress = 0, path_error = 0;
    bool path_is_bounded = true;
    /// Components whose stress was prescribed last; empty before the first increment.
    std::vector<bool> is_free;
    /// Whether `last_stress_` is that of this state.
    bool has_stress = false;
  };
  std::vector<double> numbers_of(const Member& member) const;

  DeformationSettings settings_;
  std::unique_ptr<LawField> laws_;
  IncrementSolver solver_;
  torch::Tensor displacement_, direction_;
  /// Of the last increment, `[B, 1, m, n...]`; undefined before the first.
  torch::Tensor last_stress_;
  std::vector<Member> members_;
};

void Group::check(std::span<const LoadIncrement> increments) const {
  const auto batch = laws_->batch_size();
  const auto m = static_cast<std::size_t>(laws_->grid().n_components());
  for (std::int64_t b = 0; b < batch; ++b) {
    const auto& increment = increments[b];
    if (!(increment.time > members_[b].time) || !std::isfinite(increment.time))
      throw std::invalid_argument(fmt::format("time {} follows on {}; times have to increase",
                                              increment.time, members_[b].time));
    if (increment.stress_is_prescribed.size() != m ||
        static_cast<std::size_t>(increment.strain.size()) != m ||
        static_cast<std::size_t>(increment.stress.size()) != m)
      throw std::invalid_argument(fmt::format("an increment needs {} components", m));
    for (std::size_t c = 0; c < m; ++c)
      if (!std::isfinite(increment.stress_is_prescribed[c] ? increment.stress[c]
                                                           : increment.strain[c]))
        throw std::invalid_argument("prescribed strains and stresses have to be finite numbers");
    for (std::size_t c = 0; c < m; ++c)
      if (!increment.stress_is_prescribed[c] &&
          !is_usable_strain(increment.strain[static_cast<int>(c)]))
        throw std::invalid_argument(
            fmt::format("a strain of {} is prescribed; strains are small, allowed are numbers from "
                        "-1 to 1, and none between 0 and 1e-20",
                        increment.strain[static_cast<int>(c)]));
  }
}

std::vector<IncrementResult> Group::advance(std::span<const LoadIncrement> increments) {
  const auto batch = laws_->batch_size();
  const auto m = static_cast<std::size_t>(laws_->grid().n_components());
  // Where every RVE is between the last increment, 0, and this one, 1.
  struct Progress {
    double done = 0, step = 1;
    bool running = true;
    Member begin;
    std::vector<double> state;
    torch::Tensor displacement, direction, stress;
  };
  std::vector<Progress> progress(batch);
  std::vector<IncrementResult> results(batch);
  for (std::int64_t b = 0; b < batch; ++b) {
    progress[b].begin = members_[b];
    results[b].n_parts = 0;
  }
  for (;;) {
    std::vector<bool> active(batch);
    std::vector<ControlledLoad> loads(batch);
    auto start = displacement_.clone();
    for (std::int64_t b = 0; b < batch; ++b) {
      auto& p = progress[b];
      const auto& increment = increments[b];
      active[b] = p.running;
      auto& load = loads[b];
      const double end = std::min(1., p.done + p.step);
      load.is_free = increment.stress_is_prescribed;
      load.strain = members_[b].strain;
      load.stress = MandelVector::Zero(static_cast<int>(m));
      load.time_step = (end - p.done) * (increment.time - p.begin.time);
      load.least_stress_norm = least_part * members_[b].largest_stress;
      MandelVector change = MandelVector::Zero(static_cast<int>(m));
      for (std::size_t c = 0; c < m; ++c) {
        const auto i = static_cast<int>(c);
        if (load.is_free[c]) {
          load.stress[i] = p.begin.stress[i] + end * (increment.stress[i] - p.begin.stress[i]);
        } else {
          load.strain[i] = p.begin.strain[i] + end * (increment.strain[i] - p.begin.strain[i]);
          change[i] = load.strain[i] - members_[b].strain[i];
        }
      }
      if (!p.running) continue;
      // The last step once more, as far as this one goes in its direction.
      const auto& direction = members_[b].strain_direction;
      double along = 0, square = 0;
      for (std::size_t c = 0; c < m; ++c)
        if (!load.is_free[c]) {
          along += direction[static_cast<int>(c)] * change[static_cast<int>(c)];
          square += direction[static_cast<int>(c)] * direction[static_cast<int>(c)];
        }
      const double ratio = square > 0 ? std::clamp(along / square, 0., 4.) : 0.;
      start[b] += ratio * direction_[b];
      for (std::size_t c = 0; c < m; ++c)
        if (load.is_free[c])
          load.strain[static_cast<int>(c)] += ratio * direction[static_cast<int>(c)];
    }
    if (std::none_of(active.begin(), active.end(), [](bool a) { return a; })) break;

    const auto outcomes = solver_.solve(loads, active, start);
    StrainField strain{start, {}};
    for (std::int64_t b = 0; b < batch; ++b)
      strain.mean.push_back(outcomes[b].answered ? outcomes[b].strain : members_[b].strain);
    // Tangents belong to the state at the beginning of the step, so they come before it is changed.
    std::vector<IncrementSolver::Tangent> tangents;
    const bool some_ends = [&] {
      for (std::int64_t b = 0; b < batch; ++b)
        if (active[b] && outcomes[b].answered && progress[b].done + progress[b].step >= 1)
          return true;
      return false;
    }();
    IncrementSolver::TangentFields fields;
    if (settings_.tangent != TangentWanted::none && some_ends)
      tangents = solver_.tangent(outcomes, {settings_.tangent == TangentWanted::bounds}, fields);
    if (!last_stress_.defined()) last_stress_ = torch::zeros_like(solver_.answer().stress);
    for (std::int64_t b = 0; b < batch; ++b) {
      if (!active[b]) continue;
      auto& p = progress[b];
      auto& member = members_[b];
      auto& result = results[b];
      const auto& outcome = outcomes[b];
      result.newton_steps += outcome.newton_steps;
      result.iterations += outcome.iterations;
      if (!outcome.answered) {
        p.step *= std::clamp(outcome.step_ratio, 0.1, 0.5);
        if (p.step < settings_.smallest_step) {
          p.running = false;
          result.status = IncrementStatus::failed;
          result.failure = outcome.failure;
          result.message = fmt::format(
              "{}; to go on, steps shorter than 'Smallest step' = {:.3g} of it would have to be "
              "tried: {}",
              p.done > 0
                  ? fmt::format("equilibrium was found up to {:.4g} of the increment only", p.done)
                  : "no equilibrium was found for any part of the increment",
              settings_.smallest_step, describe(outcome.failure));
        }
        continue;
      }
      const double end = std::min(1., p.done + p.step);
      const bool ends = end >= 1;
      if (!ends && p.done == 0) {
        // To come back to, if a later part fails.
        p.state = laws_->state(b);
        p.displacement = displacement_[b].clone();
        p.direction = direction_[b].clone();
        p.stress = last_stress_[b].clone();
      }
      const double rounding = laws_->accept(b, strain, loads[b].time_step);
      last_stress_[b].copy_(solver_.answer().stress[b]);
      member.has_stress = true;
      direction_[b] = start[b] - displacement_[b];
      displacement_[b] = start[b];
      member.strain_direction = outcome.strain - member.strain;
      member.strain = outcome.strain;
      member.stress = outcome.stress;
      member.largest_stress = std::max(member.largest_stress, outcome.stress_norm);
      const double reference = std::max(outcome.stress_norm, least_part * member.largest_stress);
      const auto relative = [&](double error) { return error == 0 ? 0. : error / reference; };
      const auto& guarantee = laws_->guarantee(b);
      // Errors of the state do not grow only while the same components are prescribed.
      if (!member.is_free.empty() && member.is_free != loads[b].is_free)
        member.path_is_bounded = false;
      member.is_free = loads[b].is_free;
      result.path_error_bound = guarantee.along_path && member.path_is_bounded
                                    ? relative(member.path_error + outcome.error)
                                    : infinity;
      member.path_error += std::sqrt(2 * outcome.gap) + rounding;
      ++result.n_parts;
      p.done = end;
      p.step = std::min(2 * p.step, 1 - end);
      result.strain = outcome.strain;
      result.stress = outcome.stress;
      result.energy_upper = outcome.energy_upper;
      result.energy_lower = outcome.energy_upper - outcome.gap;
      result.stress_error_bound = relative(outcome.error);
      result.stress_error = outcome.error * laws_->structure(b).mean_elastic.diagonal().cwiseSqrt();
      for (std::size_t c = 0; c < m; ++c)
        if (loads[b].is_free[c]) result.stress_error[static_cast<int>(c)] = 0;
      if (!ends) continue;
      p.running = false;
      member.time = increments[b].time;
      if (!tangents.empty()) {
        result.tangent = tangents[b].estimate;
        if (tangents[b].residual > 0.1)
          result.message =
              fmt::format("the tangent is not reliable: its fields have a residual of {:.2g}",
                          tangents[b].residual);
        result.iterations += tangents[b].iterations;
        const auto& is_free = loads[b].is_free;
        if (std::none_of(is_free.begin(), is_free.end(), [](bool free) { return free; }))
          result.stress_estimate = tangents[b].corrected_stress;
        if (settings_.tangent == TangentWanted::bounds) {
          result.tangent_lower = tangents[b].lower;
          result.tangent_upper = tangents[b].upper;
        }
      }
      if (std::isinf(outcome.gap)) {
        result.status = IncrementStatus::no_lower_bound;
        result.message = guarantee.two_sided
                             ? "the stress in equilibrium leaves what a law can carry at a voxel"
                             : guarantee.reason;
      } else if (!outcome.converged) {
        result.status = IncrementStatus::not_converged;
        result.message = fmt::format(
            "round-off ends the iteration at a guaranteed error of {:.3g}, {:.3g} was asked",
            result.stress_error_bound, settings_.tolerance);
      }
    }
  }
  for (std::int64_t b = 0; b < batch; ++b) {
    results[b].time = increments[b].time;
    if (results[b].status != IncrementStatus::failed || results[b].n_parts == 0) continue;
    members_[b] = progress[b].begin;
    laws_->set_state(b, progress[b].state);
    displacement_[b] = progress[b].displacement;
    direction_[b] = progress[b].direction;
    last_stress_[b].copy_(progress[b].stress);
  }
  return results;
}

void Group::start(std::size_t b, const DeformationStart& start) {
  const auto n = static_cast<std::int64_t>(b);
  auto& member = members_[b];
  const auto n_displacement = static_cast<std::size_t>(displacement_[n].numel());
  if (start.strain.size() != member.strain.size() || !start.strain.allFinite() ||
      !std::isfinite(start.time))
    throw std::invalid_argument("time and strain where a path starts have to be finite");
  for (const auto* field : {&start.displacement, &start.direction})
    if (!field->empty() && field->size() != n_displacement)
      throw std::invalid_argument(
          fmt::format("a displacement of {} numbers is given where a path starts; that of the RVE "
                      "has {}",
                      field->size(), n_displacement));
  if (!start.direction.empty() && (start.strain_direction.size() != member.strain.size() ||
                                   !start.strain_direction.allFinite()))
    throw std::invalid_argument("a direction where a path starts needs that of its strain");
  if (!start.state.empty()) {
    if (const auto n_state = laws_->structure(n).initial_state.size();
        start.state.size() != n_state)
      throw std::invalid_argument(
          fmt::format("a state of {} numbers is given where a path starts; the laws of the RVE "
                      "have {}",
                      start.state.size(), n_state));
    laws_->set_state(n, start.state);
  }
  const auto take = [&](const std::vector<double>& numbers, const torch::Tensor& field) {
    field.copy_(torch::from_blob(const_cast<double*>(numbers.data()),  // only read
                                 field.sizes(), torch::kDouble));
  };
  if (!start.displacement.empty()) take(start.displacement, displacement_[n]);
  if (!start.direction.empty()) {
    take(start.direction, direction_[n]);
    member.strain_direction = start.strain_direction;
  }
  member.time = start.time;
  member.strain = start.strain;
  // What came before is not known.
  member.path_is_bounded = false;
}

std::vector<double> Group::numbers_of(const Member& member) const {
  std::vector<double> numbers{member.time, member.largest_stress, member.path_error,
                              member.path_is_bounded ? 1. : 0.};
  // -1 where there was no increment yet.
  for (int c = 0; c < member.strain.size(); ++c)
    numbers.push_back(member.is_free.empty() ? -1. : member.is_free[static_cast<std::size_t>(c)]);
  for (const auto* v : {&member.strain, &member.stress, &member.strain_direction})
    numbers.insert(numbers.end(), v->data(), v->data() + v->size());
  return numbers;
}

std::vector<double> Group::save() const {
  std::vector<double> numbers;
  for (std::int64_t b = 0; b < laws_->batch_size(); ++b) {
    const auto own = numbers_of(members_[b]);
    numbers.insert(numbers.end(), own.begin(), own.end());
    for (const auto* field : {&displacement_, &direction_}) {
      const auto values = (*field)[b].cpu().contiguous();
      numbers.insert(numbers.end(), values.data_ptr<double>(),
                     values.data_ptr<double>() + values.numel());
    }
    const auto state = laws_->state(b);
    numbers.insert(numbers.end(), state.begin(), state.end());
  }
  return numbers;
}

void Group::restore(std::span<const double> numbers) {
  const double* from = numbers.data();
  const auto take = [&](double* to, std::int64_t n) {
    std::copy_n(from, n, to);
    from += n;
  };
  for (std::int64_t b = 0; b < laws_->batch_size(); ++b) {
    auto& member = members_[b];
    member.has_stress = false;
    take(&member.time, 1);
    take(&member.largest_stress, 1);
    take(&member.path_error, 1);
    double bounded = 1;
    take(&bounded, 1);
    member.path_is_bounded = bounded != 0;
    std::vector<double> is_free(static_cast<std::size_t>(member.strain.size()));
    take(is_free.data(), member.strain.size());
    member.is_free.clear();
    if (is_free.front() >= 0)
      for (const double value : is_free) member.is_free.push_back(value != 0);
    for (auto* v : {&member.strain, &member.stress, &member.strain_direction})
      take(v->data(), v->size());
    for (auto* field : {&displacement_, &direction_}) {
      auto values = torch::empty((*field)[b].sizes(), torch::kDouble);
      take(values.data_ptr<double>(), values.numel());
      (*field)[b].copy_(values);
    }
    auto state = laws_->state(b);
    take(state.data(), static_cast<std::int64_t>(state.size()));
    laws_->set_state(b, state);
  }
}

std::vector<Deformation::Field> Group::fields(std::size_t b) const {
  const auto n = static_cast<std::int64_t>(b);
  const auto state = laws_->state_fields(n);
  std::vector<Deformation::Field> result;
  const auto values = [](const torch::Tensor& field) {
    const auto own = field.cpu().contiguous();
    return std::vector<double>(own.data_ptr<double>(), own.data_ptr<double>() + own.numel());
  };
  const int m = laws_->grid().n_components();
  auto strain = values(strain_of(displacement_[n], laws_->grid()));
  const auto n_voxels = laws_->grid().n_voxels();
  for (int c = 0; c < m; ++c)
    for (std::int64_t v = 0; v < n_voxels; ++v) strain[c * n_voxels + v] += members_[b].strain[c];
  result.push_back({"strain", "1", m, std::move(strain)});
  if (members_[b].has_stress)
    result.push_back({"stress", laws_->structure(n).unit, m, values(last_stress_[n])});
  result.insert(result.end(), state.begin(), state.end());
  return result;
}

}  // namespace

/// On the CPU every RVE goes on its own, so that its fields stay in the caches, and threads share
/// the RVEs; a GPU takes all of them together, or those whose laws it knows and the others.
class Deformation::Implementation {
 public:
  Implementation(const std::vector<LawRve>& rves, const DeformationSettings& settings) {
    set_thread_count();
    const auto device = select_device(settings.device);
    if (rves.empty()) throw std::invalid_argument("there is no RVE to deform");
    for (const auto& rve : rves)
      if (rve.rve.shape != rves.front().rve.shape || rve.rve.lengths != rves.front().rve.lengths)
        throw std::invalid_argument("RVEs that are deformed together need the same grid");
    double n_voxels = 0, n_state = 0;
    for (const auto& rve : rves)
      for (const auto phase : rve.rve.phase) {
        ++n_voxels;
        if (phase < rve.laws.size() && rve.laws[phase]) n_state += rve.laws[phase]->n_state();
      }
    check_deformation_memory(n_voxels, n_state / n_voxels);
    if (device.is_cpu())
      for (const auto& rve : rves)
        add_group({std::make_shared<const LawStructure>(rve)}, settings, device, nullptr);
    else
      add_groups_on(device, rves, settings);
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      first_.push_back(place_.size());
      for (std::int64_t b = 0; b < groups_[g]->size(); ++b)
        place_.emplace_back(g, static_cast<std::size_t>(b));
    }
  }

  std::vector<IncrementResult> advance(std::span<const LoadIncrement> increments) {
    if (increments.size() != place_.size())
      throw std::invalid_argument(
          fmt::format("{} increments are given for {} RVEs", increments.size(), place_.size()));
    std::vector<std::vector<IncrementResult>> parts(groups_.size());
    for (std::size_t g = 0; g < groups_.size(); ++g)
      groups_[g]->check(increments_of(g, increments));
    const auto go = [&](std::int64_t begin, std::int64_t end) {
      torch::NoGradGuard no_grad;
      for (auto g = static_cast<std::size_t>(begin); g < static_cast<std::size_t>(end); ++g)
        parts[g] = groups_[g]->advance(increments_of(g, increments));
    };
    const auto n = static_cast<std::int64_t>(groups_.size());
    // Fewer RVEs than threads: these share the loops of each.
    if (n >= at::get_num_threads() && n > 1)
      at::parallel_for(0, n, 1, go);
    else
      go(0, n);
    std::vector<IncrementResult> results;
    for (auto& part : parts) std::move(part.begin(), part.end(), std::back_inserter(results));
    return results;
  }

  void start(std::size_t rve, const DeformationStart& start) {
    const auto [group, b] = place_.at(rve);
    groups_[group]->start(b, start);
  }

  std::vector<double> save() const {
    std::vector<double> numbers;
    for (const auto& group : groups_) {
      const auto own = group->save();
      numbers.insert(numbers.end(), own.begin(), own.end());
    }
    return numbers;
  }

  void restore(std::span<const double> numbers) {
    std::size_t size = 0;
    std::vector<std::size_t> sizes;
    for (const auto& group : groups_) {
      sizes.push_back(group->save().size());
      size += sizes.back();
    }
    if (numbers.size() != size)
      throw std::invalid_argument("the saved state is not that of these RVEs");
    for (std::size_t g = 0, at = 0; g < groups_.size(); at += sizes[g++])
      groups_[g]->restore(numbers.subspan(at, sizes[g]));
  }

  std::vector<Field> fields(std::size_t rve) const {
    const auto [group, b] = place_.at(rve);
    return groups_[group]->fields(b);
  }

  const std::vector<std::string>& notes() const { return notes_; }

 private:
  using Structures = std::vector<std::shared_ptr<const LawStructure>>;

  /// @param kernels of the laws on the device; null for the processor
  void add_group(Structures structures, const DeformationSettings& settings,
                 const torch::Device& device, const LawKernels* kernels) {
    std::unique_ptr<LawField> laws;
    if (kernels)
      laws = std::make_unique<DeviceLawField>(std::move(structures),
                                              settings.single_precision_state, *kernels, device);
    else
      laws = std::make_unique<ProcessorLawField>(std::move(structures),
                                                 settings.single_precision_state);
    groups_.push_back(std::make_unique<Group>(std::move(laws), settings, device));
  }

  /// Successive RVEs whose laws are answered in the same place go together.
  void add_groups_on(const torch::Device& device, const std::vector<LawRve>& rves,
                     const DeformationSettings& settings) {
    const auto* kernels = kernels_of(torch::TensorOptions(torch::kDouble).device(device)).laws;
    Structures group;
    bool group_stays = false;
    const auto close = [&] {
      if (!group.empty())
        add_group(std::exchange(group, {}), settings, device, group_stays ? nullptr : kernels);
    };
    for (std::size_t i = 0; i < rves.size(); ++i) {
      auto structure = std::make_shared<const LawStructure>(rves[i]);
      const auto reason = why_on_processor(kernels, *structure);
      if (!reason.empty())
        notes_.push_back(
            fmt::format("the laws of RVE {} are answered by the processor: {}", i, reason));
      if (group_stays != !reason.empty()) close();
      group_stays = !reason.empty();
      group.push_back(std::move(structure));
    }
    close();
  }

  std::span<const LoadIncrement> increments_of(std::size_t g,
                                               std::span<const LoadIncrement> all) const {
    return all.subspan(first_[g], static_cast<std::size_t>(groups_[g]->size()));
  }

  std::vector<std::unique_ptr<Group>> groups_;
  /// First RVE of each group; group and place in it of each RVE.
  std::vector<std::size_t> first_;
  std::vector<std::pair<std::size_t, std::size_t>> place_;
  std::vector<std::string> notes_;
};

void check_deformation_memory(double n_voxels, double state_per_voxel) {
  const double available = available_memory(),
               needed = n_voxels * (bytes_per_voxel + sizeof(double) * state_per_voxel);
  if (available > 0 && needed > available)
    throw std::invalid_argument(
        fmt::format("fields and states of {:.6g} voxels take {:.3g} GiB, and {:.3g} GiB are free; "
                    "use fewer voxels",
                    n_voxels, needed / gibibyte, available / gibibyte));
}

Deformation::Deformation(std::vector<LawRve> rves, const DeformationSettings& settings)
    : implementation_(std::make_unique<Implementation>(rves, settings)) {}
Deformation::~Deformation() = default;
Deformation::Deformation(Deformation&&) noexcept = default;
std::vector<IncrementResult> Deformation::advance(std::span<const LoadIncrement> increments) {
  return implementation_->advance(increments);
}
void Deformation::start(std::size_t rve, const DeformationStart& start) {
  implementation_->start(rve, start);
}
std::vector<double> Deformation::save() const {
  return implementation_->save();
}
void Deformation::restore(std::span<const double> numbers) {
  implementation_->restore(numbers);
}
std::vector<Deformation::Field> Deformation::fields(std::size_t rve) const {
  return implementation_->fields(rve);
}
const std::vector<std::string>& Deformation::notes() const {
  return implementation_->notes();
}

}  // namespace seco::surrogate
