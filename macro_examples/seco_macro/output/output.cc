#include "output.h"

#include <deal.II/numerics/vector_tools.h>
#include <fmt/format.h>

#include <algorithm>

#include "interruption.h"
#include "seco/plugin/agree.h"
#include "stress_results.h"

namespace seco::macro {

template <int dim>
Output<dim>::Output(const MacroParameters<dim>& parameters,
                    const BoundaryValueProblem<dim>& problem, MaterialField<dim>& materials,
                    const Certification<dim>& certification, RunLog& log)
    : parameters_(parameters),
      problem_(problem),
      materials_(materials),
      certification_(certification),
      log_(log),
      local_quantities_(parameters, problem.dof_handler(), problem.quadrature(),
                        log.communicator()) {}

template <int dim>
void Output<dim>::check_points() const {
  displacements_at_points(problem_.zero_vector());
}

template <int dim>
std::vector<PointDisplacement> Output<dim>::displacements_at_points(
    const Vector& displacement) const {
  std::vector<PointDisplacement> result;
  for (const auto& point : parameters_.points_of_interest) {
    std::vector<double> value;
    try {
      dealii::Vector<double> here(dim);
      dealii::VectorTools::point_value(problem_.dof_handler(), displacement, point, here);
      value.assign(here.begin(), here.end());
    } catch (const dealii::VectorTools::ExcPointNotAvailableHere&) {
    }
    PointDisplacement entry{{point.begin_raw(), point.end_raw()}, {}};
    for (const auto& candidate : dealii::Utilities::MPI::all_gather(log_.communicator(), value))
      if (!candidate.empty() && entry.displacement.empty()) entry.displacement = candidate;
    if (entry.displacement.empty()) {
      std::string text;
      for (int i = 0; i < dim; ++i) text += fmt::format("{}{:g}", i > 0 ? ", " : "", point[i]);
      throw std::invalid_argument(
          fmt::format("{}: key 'Points of interest' in section 'Output' names the point ({}), "
                      "which lies outside the mesh",
                      parameters_.file, text));
    }
    result.push_back(entry);
  }
  return result;
}

template <int dim>
MicroscaleSummary microscale_summary(const MaterialField<dim>& materials) {
  MicroscaleSummary total;
  double sum_of_gaps = 0;
  for (std::size_t m = 0; m < materials.n_materials(); ++m) {
    const auto statistics = materials.material(m).statistics();
    std::uint64_t n = 0;
    for (const auto& [engine, count] : statistics.n_rves) {
      total.n_rves_by_engine[engine] += count;
      n += count;
    }
    total.n_rves += n;
    total.has_gaps = total.has_gaps || (n > 0 && statistics.has_gaps);
    total.n_points += statistics.n_points;
    total.n_unreliable_rves += statistics.n_unreliable_rves;
    total.n_cached_rves += statistics.n_cached_rves;
    total.balance = std::min(total.balance, statistics.balance);
    total.worst_gap = std::max(total.worst_gap, statistics.worst_gap);
    sum_of_gaps += statistics.mean_gap * static_cast<double>(n);
    if (total.message.empty()) total.message = statistics.message;
    const auto append = [](auto& list, const auto& more) {
      list.insert(list.end(), more.begin(), more.end());
    };
    append(total.unconverged_rve_files, statistics.unconverged_rve_files);
    append(total.engine_notes, statistics.notes);
  }
  if (total.n_rves > 0) total.mean_gap = sum_of_gaps / static_cast<double>(total.n_rves);
  total.material_notes = materials.notes();
  return total;
}

template <int dim>
void Output<dim>::write_case(const Vector& displacement, std::size_t number, RunSummary& summary) {
  if (number == 0) missing_.clear();
  summary.units = parameters_.units;
  {
    const auto scope = log_.section("output");
    PointStresses<dim> stresses(problem_, materials_, displacement);
    summary.extremes = find_extremes(problem_, materials_, stresses, displacement);
    summary.points = displacements_at_points(displacement);
  }
  if (!parameters_.write_vtu) return;
  std::vector<double> times;
  for (std::size_t k = 0; k <= number; ++k) times.push_back(static_cast<double>(k));
  attempt(fmt::format("solution_{}.pvtu", number), [&] { write_fields(displacement, times); });
}

template <int dim>
std::vector<MaterialSummary> Output<dim>::material_summaries() const {
  std::vector<MaterialSummary> result(materials_.n_materials());
  std::vector<double> own(result.size(), 0.), volumes(result.size());
  dealii::FEValues<dim> values(problem_.element(), problem_.quadrature(),
                               dealii::update_JxW_values);
  materials_.for_local_cells([&](const auto& cell, auto material, auto) {
    values.reinit(cell);
    for (const auto q : values.quadrature_point_indices()) own[material] += values.JxW(q);
  });
  dealii::Utilities::MPI::sum(own, log_.communicator(), volumes);
  for (std::size_t m = 0; m < result.size(); ++m) {
    result[m].model = parameters_.model_names[m];
    result[m].volume = volumes[m];
  }
  const auto& names = problem_.labels().materials;
  for (const auto& [id, m] : problem_.material_of_id()) {
    const auto name = names.find(id);
    result[m].ids[id] = name == names.end() ? "" : name->second;
  }
  return result;
}

template <int dim>
void Output<dim>::attempt(const std::string& what, const std::function<void()>& action) {
  try {
    action();
  } catch (const std::exception& error) {
    if (stopped_for(log_.communicator()) != 0) throw;
    missing_.push_back(fmt::format("{}: {}", what, error.what()));
    log_.print(fmt::format("== WARNING: there is no {}\n", missing_.back()));
  }
}

template <int dim>
void Output<dim>::write_summary_with(const std::vector<std::string>& missing,
                                     RunSummary& summary) const {
  summary.micro = microscale_summary(materials_);
  summary.missing_files = missing;
  summary.seconds = log_.seconds();
  summary.memory = log_.memory();
  plugin::run_together(log_.communicator(), [&] {
    if (log_.is_first_rank()) write_summary(summary, parameters_.output_directory);
  });
}

template <int dim>
ResultExtremes Output<dim>::extremes(const LoadSteps<dim>& steps) const {
  const auto scope = log_.section("output");
  PointStresses<dim> stresses(problem_, materials_, steps);
  return find_extremes(problem_, materials_, stresses, steps.displacement());
}

template <int dim>
void Output<dim>::write(const Vector& displacement, RunSummary& summary) {
  const bool has_cases = !summary.load_cases.empty();
  // What is missing of cases is known already.
  if (!has_cases) missing_.clear();
  summary.units = parameters_.units;
  summary.materials = material_summaries();
  // Load steps and load cases know theirs.
  if (!has_cases && summary.load_steps.empty()) {
    const auto scope = log_.section("output");
    PointStresses<dim> stresses(problem_, materials_, displacement);
    summary.extremes = find_extremes(problem_, materials_, stresses, displacement);
  }
  if (parameters_.local.any())
    attempt("local quantities", [&] {
      const auto scope = log_.section("local quantities");
      summary.local = local_quantities_.evaluate(displacement, materials_.first_point(),
                                                 log_.progress_report());
    });
  log_.print(fmt::format("== output: {}\n", parameters_.output_directory));
  if (!has_cases) {
    const auto scope = log_.section("points of interest");
    summary.points = displacements_at_points(displacement);
  }
  const auto& rounds = certification_.rounds();
  auto absent = missing_;
  if (!rounds.empty()) absent.emplace_back("rounds.csv: the run ended before it was written");
  // Those of load steps and load cases are written already.
  const bool writes_fields = parameters_.write_vtu && summary.load_steps.empty() && !has_cases;
  if (writes_fields) absent.emplace_back("solution.pvd: the run ended before it was written");
  attempt("summary.json", [&] { write_summary_with(absent, summary); });
  if (!rounds.empty())
    attempt("rounds.csv", [&] {
      plugin::run_together(log_.communicator(), [&] {
        if (log_.is_first_rank())
          write_rounds(rounds, parameters_.output_directory,
                       parameters_.units_in_tables ? parameters_.units : Units());
      });
    });
  if (writes_fields) attempt("solution.pvd", [&] { write_fields(displacement); });
  attempt("last version of summary.json", [&] { write_summary_with(missing_, summary); });
  print_summary(summary, log_);
  if (missing_.empty()) return;
  std::string list;
  for (const auto& entry : missing_) list += fmt::format("{}{}", list.empty() ? "" : "; ", entry);
  throw std::runtime_error(fmt::format(
      "{}: the run is done, but not all of its results are written, see 'missing_files' "
      "in summary.json; missing are: {}",
      parameters_.file, list));
}

#define INSTANTIATE(dim)                                                                      \
  template Output<dim>::Output(const MacroParameters<dim>&, const BoundaryValueProblem<dim>&, \
                               MaterialField<dim>&, const Certification<dim>&, RunLog&);      \
  template void Output<dim>::check_points() const;                                            \
  template std::vector<PointDisplacement> Output<dim>::displacements_at_points(const Vector&) \
      const;                                                                                  \
  template ResultExtremes Output<dim>::extremes(const LoadSteps<dim>&) const;                 \
  template void Output<dim>::write(const Vector&, RunSummary&);                               \
  template void Output<dim>::write_case(const Vector&, std::size_t, RunSummary&);             \
  template MicroscaleSummary microscale_summary(const MaterialField<dim>&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
