#include "run.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

#include "boundary_forces.h"
#include "failed_point.h"
#include "inner_forces.h"
#include "interruption.h"
#include "json_number.h"
#include "seco/plugin/agree.h"
#include "vtu_file.h"

namespace seco::macro {

template <int dim>
Run<dim>::Run(MacroParameters<dim> parameters, MPI_Comm communicator, std::ostream& out)
    : parameters_(std::move(parameters)),
      log_(communicator, out),
      folders_({parameters_.file, parameters_.output_directory, parameters_.checkpoint}, log_),
      checkpoint_({parameters_.checkpoint, parameters_.file, parameters_.texts, parameters_.traits,
                   parameters_.run.folder},
                  log_),
      problem_(parameters_, log_),
      materials_(parameters_, problem_, log_),
      solver_(parameters_, problem_, log_),
      certification_(parameters_, problem_, materials_, solver_, log_),
      load_steps_(parameters_, problem_, materials_, log_),
      output_(parameters_, problem_, materials_, certification_, log_) {}

template <int dim>
RunSummary Run<dim>::run() {
  folders_.make();
  try {
    folders_.lock();
    return run_stages();
  } catch (...) {
    // Nothing is left of a run that failed before its results; a folder with files stays.
    folders_.unlock();
    folders_.remove_new();
    // What an agreed error has lost on its way is whether a signal was its cause.
    if (const int signal = stopped_for(log_.communicator()); signal != 0)
      throw Interrupted(signal, checkpoint_.describe_stop(signal, stage_name()));
    throw;
  }
}

template <int dim>
RunSummary Run<dim>::run_stages() {
  materials_.check_dependence();
  if (!materials_.is_linear()) check_load_steps();
  check_load_cases();
  problem_.set_time(parameters_.load_steps.end_time);
  problem_.set_up();
  certification_.check();
  // Points outside the mesh are found before the long stages.
  {
    const auto scope = log_.section("points of interest");
    output_.check_points();
  }
  output_.check_local_quantities();
  plugin::run_together(log_.communicator(), stop_if_noted);
  start();
  if (!materials_.is_linear()) return run_load_steps();
  if (problem_.depends_on_time())
    log_.keep_note(
        fmt::format("all materials are linear, so the body is solved once, with loads and "
                    "displacements at t = {:g}, the 'End time' of section 'Load steps'",
                    problem_.time()));
  if (!parameters_.load_cases.empty()) return run_load_cases();
  const bool goal_oriented = parameters_.certification.tolerance > 0;
  const auto done = [this](Stage stage) { finish_stage(stage); };
  if (stage_ < Stage::estimate) {
    if (goal_oriented) certification_.certify(stage_, done);
    solve_estimate();
    finish_stage(Stage::estimate);
  }
  if (stage_ < Stage::certificate && parameters_.certify && !goal_oriented) {
    certification_.solve_bounds();
    finish_stage(Stage::certificate);
  }
  if (stage_ < Stage::audit && parameters_.certification.audit_fraction > 0) {
    certification_.audit();
    finish_stage(Stage::audit);
  }
  check_estimate();
  auto result = summary();
  output_.write(estimate_.displacement, result);
  return result;
}

template <int dim>
void Run<dim>::refuse(const std::string& key, const std::string& section, const std::string& value,
                      const std::string& with, const std::string& allowed) const {
  throw std::invalid_argument(
      fmt::format("{}: key '{}' in section '{}' is {}; with {} allowed is {}", parameters_.file,
                  key, section, value, with, allowed));
}

template <int dim>
void Run<dim>::refuse_certification(const std::string& with, const std::string& why) const {
  const auto& certification = parameters_.certification;
  if (certification.tolerance > 0)
    refuse("Compliance tolerance", "Certification", fmt::format("{:g}", certification.tolerance),
           with, "0, since " + why);
  if (certification.audit_fraction > 0)
    refuse("Audit fraction", "Certification", fmt::format("{:g}", certification.audit_fraction),
           with, "0");
}

template <int dim>
void Run<dim>::check_load_steps() const {
  const std::string with = "a material that is not linear";
  refuse_certification(with, "its compliance is not bounded");
  if (parameters_.local.points != LocalParameters<dim>::Points::none)
    refuse("Points", "Local quantities", "set", with, "none");
  if (!parameters_.local.whole_fields.empty())
    refuse("Whole fields at points", "Local quantities", "set", with, "no point");
  materials_.check_refinement();
  if (!parameters_.load_cases.empty())
    throw std::invalid_argument(
        fmt::format("{}: key 'Number of load cases' at the top level is {}; with {} allowed is 0, "
                    "since what comes later depends on what was before. Loads that follow each "
                    "other are expressions of the time t",
                    parameters_.file, parameters_.load_cases.size(), with));
}

template <int dim>
void Run<dim>::check_load_cases() const {
  if (parameters_.load_cases.empty()) return;
  const auto with = fmt::format("'Number of load cases' = {}", parameters_.load_cases.size());
  refuse_certification(with, "every case has a compliance of its own");
  if (parameters_.local.any()) refuse("Points", "Local quantities", "set", with, "none");
}

template <int dim>
RunSummary Run<dim>::run_load_cases() {
  struct Solutions {
    std::optional<Solution> estimate, stiff, soft;
  };
  std::vector<Solutions> cases(parameters_.load_cases.size());
  materials_.check_stiffnesses();
  const auto solve_all = [&](Bound bound, const std::string& name,
                             std::optional<Solution> Solutions::*result) {
    const auto stiffness = materials_.stiffness_field(bound);
    for (std::size_t k = 0; k < cases.size(); ++k) {
      problem_.set_load_case(k);
      Vector start;
      if (cases[k].estimate) start = cases[k].estimate->displacement;
      const bool first = k == 0;
      solver_.change_loads(std::move(start), /*same_stiffness=*/!first);
      log_.print(fmt::format("== load case '{}'\n", parameters_.load_cases[k].name));
      cases[k].*result = solver_.solve(stiffness, name);
    }
  };
  solve_all(Bound::estimate, "estimate", &Solutions::estimate);
  if (parameters_.certify) {
    solve_all(Bound::upper, "upper bound", &Solutions::stiff);
    if (materials_.has_lower_bound()) solve_all(Bound::lower, "lower bound", &Solutions::soft);
  }
  std::vector<CaseSummary> summaries;
  for (std::size_t k = 0; k < cases.size(); ++k) {
    problem_.set_load_case(k);
    if (parameters_.certify) certification_.take_solutions(*cases[k].stiff, cases[k].soft);
    take_estimate(*cases[k].estimate);
    check_estimate();
    CaseSummary result{parameters_.load_cases[k].name, summary()};
    output_.write_case(estimate_.displacement, k, result.summary);
    summaries.push_back(std::move(result));
  }
  auto result = summary();
  result.load_cases = std::move(summaries);
  output_.write(estimate_.displacement, result);
  return result;
}

template <int dim>
std::string Run<dim>::results_directory() const {
  return std::filesystem::weakly_canonical(parameters_.output_directory).string();
}

template <int dim>
void Run<dim>::forget_earlier_run() const {
  const auto& results = parameters_.output_directory;
  forget_failed_point(results, log_.communicator());
  const bool is_own = !load_steps_.records().empty() && kept_directory_ == results_directory();
  plugin::run_together(log_.communicator(), [&] {
    if (!log_.is_first_rank()) return;
    std::error_code ignored;
    if (!is_own || !load_steps_.is_done())
      std::filesystem::remove(std::filesystem::path(results) / "summary.json", ignored);
    if (!is_own) remove_vtu(results, "solution");
  });
}

template <int dim>
RunSummary Run<dim>::run_load_steps() {
  forget_earlier_run();
  if (load_steps_.is_done()) {
    output_.write_step_table(load_steps_);
    if (parameters_.write_vtu)
      log_.note(
          "all load steps were done before this restart: their fields are not written again, since "
          "stresses are not kept in checkpoints");
  }
  load_steps_.run([this] {
    output_.write_step(load_steps_);
    if (load_steps_.is_done()) extremes_ = output_.extremes(load_steps_);
    finish_stage(Stage::load_step);
  });
  auto result = summary();
  result.extremes = extremes_;
  output_.write(load_steps_.displacement(), result);
  return result;
}

template <int dim>
void Run<dim>::solve_estimate() {
  materials_.check_stiffnesses();
  const auto solution = solver_.solve(materials_.stiffness_field(Bound::estimate), "estimate");
  take_estimate(solution);
}

template <int dim>
void Run<dim>::take_estimate(const Solution& solution) {
  estimate_.displacement = solution.displacement;
  estimate_.displacement.update_ghost_values();
  estimate_.potential = solution.potential();
  estimate_.work = solution.work;
  estimate_.error_energy = solution.error.value_or(std::numeric_limits<double>::quiet_NaN());
}

template <int dim>
void Run<dim>::check_estimate() {
  if (!std::isfinite(estimate_.potential) || !std::isfinite(estimate_.work))
    throw std::runtime_error(
        fmt::format("{}: the potential energy of the estimate is {}, and the work of the loads {}",
                    parameters_.file, estimate_.potential, estimate_.work));
  if (parameters_.certify)
    estimate_.potential = certification_.inside_bounds(estimate_.potential, estimate_.error_energy);
}

template <int dim>
RunSummary Run<dim>::summary() const {
  RunSummary s;
  s.dimension = dim;
  s.unit = parameters_.run.unit;
  s.linear_algebra = parameters_.linear_algebra;
  s.n_ranks = dealii::Utilities::MPI::n_mpi_processes(log_.communicator());
  s.n_cells = problem_.mesh().n_global_active_cells();
  s.n_unknowns = problem_.dof_handler().n_dofs();
  s.mesh_notes = log_.kept_notes();
  s.n_restarts = n_restarts_;
  s.missing_checkpoints = checkpoint_.missing();
  const auto& bounds = certification_.bounds();
  s.potential_energy.estimate = estimate_.potential;
  if (parameters_.certify) s.potential_energy.upper = bounds.upper;
  s.potential_energy.lower = bounds.lower;
  s.load_steps = load_steps_.records();
  s.elastic_stiffness = load_steps_.elastic_stiffness();
  if (!s.load_steps.empty()) {
    const auto& last = s.load_steps.back();
    s.potential_energy.estimate = last.upper;
    s.potential_energy.upper = std::isfinite(last.upper) ? std::optional(last.upper) : std::nullopt;
    s.potential_energy.lower = last.lower;
    s.no_lower_bound = last.no_lower_bound;
    s.equilibrium.solves.direct_reason = load_steps_.direct_reason();
    s.equilibrium.energy_of_estimate_error = std::numeric_limits<double>::quiet_NaN();
    return s;
  }
  if (problem_.is_homogeneous()) {
    const auto twice = [](double value) { return 0. - 2. * value; };
    // f(u) = -2 Pi in equilibrium; of a displacement near it, the energy is nearer.
    auto& compliance = s.compliance.emplace();
    compliance.estimate = twice(estimate_.potential);
    if (parameters_.certify) compliance.lower = twice(bounds.upper);
    if (bounds.lower) compliance.upper = twice(*bounds.lower);
  }
  if (!certification_.rounds().empty())
    s.certification = CertificationSummary{parameters_.certification.tolerance,
                                           certification_.rounds(), certification_.missed()};
  s.audit = certification_.audit_result();
  if (parameters_.certify && !bounds.lower) s.no_lower_bound = certification_.no_lower_bound();
  s.equilibrium = {solver_.record(), parameters_.equilibrium_tolerance,
                   certification_.solver_width(), certification_.no_lower_bound(),
                   estimate_.error_energy};
  s.boundaries = boundary_forces(
      problem_,
      all_inner_forces(problem_, materials_.stiffness_field(Bound::estimate),
                       estimate_.displacement),
      problem_.assemble_loads().total, estimate_.displacement, estimate_.displacement);
  return s;
}

template class Run<2>;
template class Run<3>;

}  // namespace seco::macro
