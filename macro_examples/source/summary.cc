// What a run reports and where: displacements at points, summary.json and the table on the
// terminal.
#include <deal.II/numerics/vector_tools.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "elasticity_problem.h"
#include "seco/materials/write_aside.h"
#include "seco/plugin/agree.h"

namespace seco::macro {

template <int dim>
void ElasticityProblem<dim>::make_output_folders() {
  const auto make = [&](const std::filesystem::path& folder, const std::string& parameter) {
    std::error_code error;
    std::vector<std::filesystem::path> missing;
    for (auto path = folder; !path.empty() && !std::filesystem::exists(path, error);
         path = path.parent_path())
      missing.push_back(path);
    std::filesystem::create_directories(folder, error);
    for (auto path = missing.rbegin(); path != missing.rend(); ++path)
      if (std::filesystem::is_directory(*path)) new_folders_.push_back(*path);
    const auto probe = folder / ".seco-macro-can-write";
    if (!error && (std::ofstream(probe) << "1").flush()) {
      std::filesystem::remove(probe, error);
      return;
    }
    throw std::runtime_error(fmt::format(
        "{}: {}, which cannot be made or written to{}; allowed is a folder where you may write",
        parameters_.file, parameter, error ? ": " + error.message() : ""));
  };
  plugin::run_together(communicator_, [&] {
    if (dealii::Utilities::MPI::this_mpi_process(communicator_) != 0) return;
    make(parameters_.output_directory,
         fmt::format("key 'Output directory' at the top level is '{}'",
                     parameters_.output_directory));
    const auto folder = std::filesystem::path(parameters_.checkpoint.file).parent_path();
    if (parameters_.checkpoint.write && !folder.empty())
      make(folder,
           fmt::format("key 'File' in section 'Checkpoint' is in folder '{}'", folder.string()));
  });
}

template <int dim>
void ElasticityProblem<dim>::lock_files() {
  plugin::run_together(communicator_, [&] {
    if (dealii::Utilities::MPI::this_mpi_process(communicator_) != 0) return;
    const auto lock = [&](const std::string& path, const std::string& what) {
      locks_.push_back(std::make_unique<RunLock>(path, parameters_.file + ": " + what));
      if (!locks_.back()->works())
        out_ << fmt::format(
                    "== note: {} cannot be locked on this file system; take care that no other run "
                    "writes there\n",
                    path)
             << std::flush;
    };
    lock((std::filesystem::path(parameters_.output_directory) / ".seco-macro.lock").string(),
         fmt::format("key 'Output directory' at the top level is the folder '{}'",
                     parameters_.output_directory));
    if (parameters_.checkpoint.write)
      lock(parameters_.checkpoint.file + ".lock",
           fmt::format("key 'File' in section 'Checkpoint' is '{}'", parameters_.checkpoint.file));
  });
}

template <int dim>
void ElasticityProblem<dim>::remove_new_folders() const {
  std::error_code ignored;
  for (auto folder = new_folders_.rbegin(); folder != new_folders_.rend(); ++folder)
    std::filesystem::remove(*folder, ignored);
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::displacements_at_points(const Vector& displacement) const {
  auto result = nlohmann::json::array();
  for (const auto& point : parameters_.points_of_interest) {
    std::vector<double> value;
    try {
      dealii::Vector<double> here(dim);
      dealii::VectorTools::point_value(dof_handler_, displacement, point, here);
      value.assign(here.begin(), here.end());
    } catch (const dealii::VectorTools::ExcPointNotAvailableHere&) {
    }
    nlohmann::json entry;
    for (const auto& candidate : dealii::Utilities::MPI::all_gather(communicator_, value))
      if (!candidate.empty() && entry.is_null())
        entry = {{"point", std::vector<double>(point.begin_raw(), point.end_raw())},
                 {"displacement", candidate}};
    if (entry.is_null()) {
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
std::vector<std::string> ElasticityProblem<dim>::material_notes() const {
  std::vector<std::string> result;
  for (const auto& material : parameters_.materials)
    // In a check, one that could not be made is missing.
    for (const auto& note : material ? material->notes() : std::vector<std::string>())
      if (std::find(result.begin(), result.end(), note) == result.end()) result.push_back(note);
  return result;
}

template <int dim>
void ElasticityProblem<dim>::print_material_notes() {
  for (const auto& note : material_notes()) out_ << "== note: " << note << '\n' << std::flush;
}

template <int dim>
nlohmann::json ElasticityProblem<dim>::summary(const nlohmann::json& certified,
                                               const nlohmann::json& points) {
  std::map<std::string, std::uint64_t> engines;
  std::uint64_t n_rves = 0, n_points = 0, n_unreliable = 0, n_cached = 0;
  double worst = 0, sum_of_gaps = 0, balance = 1;
  std::string message;
  std::vector<std::string> doubtful, notes;
  for (const auto& material : parameters_.materials) {
    const auto statistics = material->statistics();
    std::uint64_t n = 0;
    for (const auto& [engine, count] : statistics.n_rves) {
      engines[engine] += count;
      n += count;
    }
    n_rves += n;
    n_points += statistics.n_points;
    n_unreliable += statistics.n_unreliable_rves;
    n_cached += statistics.n_cached_rves;
    balance = std::min(balance, statistics.balance);
    worst = std::max(worst, statistics.worst_gap);
    sum_of_gaps += statistics.mean_gap * static_cast<double>(n);
    if (message.empty()) message = statistics.message;
    doubtful.insert(doubtful.end(), statistics.doubtful_rve_files.begin(),
                    statistics.doubtful_rve_files.end());
    notes.insert(notes.end(), statistics.notes.begin(), statistics.notes.end());
  }
  nlohmann::json result = {
      {"dimension", dim},
      {"unit", parameters_.run.unit},
      {"ranks", dealii::Utilities::MPI::n_mpi_processes(communicator_)},
      {"cells", mesh_.n_global_active_cells()},
      {"unknowns", dof_handler_.n_dofs()},
      {"quadrature_points", n_points},
      {"rves", n_rves},
      {"rves_per_engine", engines},
      {"unreliable_rves", n_unreliable},
      {"results_from_cache", n_cached},
      {"balance", balance},
      {"worst_gap", worst},
      {"mean_gap", n_rves > 0 ? sum_of_gaps / static_cast<double>(n_rves) : 0.},
      {"linear_algebra", parameters_.linear_algebra},
      {"linear_iterations", solver_iterations_},
      {"points_of_interest", points}};
  if (!message.empty()) result["message"] = message;
  if (!doubtful.empty()) result["doubtful_rve_files"] = doubtful;
  if (!notes.empty()) result["engine_notes"] = notes;
  if (const auto assumed = material_notes(); !assumed.empty()) result["material_notes"] = assumed;
  result.update(certified);
  if (n_restarts_ > 0) result["restarts"] = n_restarts_;
  if (!missing_checkpoints_.empty()) result["missing_checkpoints"] = missing_checkpoints_;
  result["seconds"] = seconds();
  return result;
}

template <int dim>
void ElasticityProblem<dim>::write_summary(const nlohmann::json& summary) const {
  plugin::run_together(communicator_, [&] {
    if (dealii::Utilities::MPI::this_mpi_process(communicator_) != 0) return;
    const auto path = std::filesystem::path(parameters_.output_directory) / "summary.json";
    // Names of files in it may be no UTF-8.
    const auto text = summary.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
    materials::write_aside(path.string(), [&](std::ostream& out) { out << text << '\n'; });
  });
}

template <int dim>
void ElasticityProblem<dim>::print_summary(const nlohmann::json& s) {
  const auto line = [&](const std::string& name, const std::string& value) {
    out_ << fmt::format("  {:<30} {}\n", name, value);
  };
  out_ << "== summary\n";
  line("unknowns", fmt::format("{} on {} cells", s["unknowns"].get<std::uint64_t>(),
                               s["cells"].get<std::uint64_t>()));
  if (n_restarts_ > 0) line("restarts", fmt::format("{}", n_restarts_));
  line("quadrature points", fmt::format("{}", s["quadrature_points"].get<std::uint64_t>()));
  for (const auto& [engine, n] : s["rves_per_engine"].items())
    line("RVEs by " + engine, fmt::format("{}", n.template get<std::uint64_t>()));
  if (const auto n = s["results_from_cache"].get<std::uint64_t>(); n > 0)
    line("results from the cache", fmt::format("{}", n));
  line("RVEs that miss what was asked",
       fmt::format("{} of {}", s["unreliable_rves"].get<std::uint64_t>(),
                   s["rves"].get<std::uint64_t>()));
  line("worst and mean gap",
       fmt::format("{:.3g}  {:.3g}", s["worst_gap"].get<double>(), s["mean_gap"].get<double>()));
  const auto enclosed = [&](const char* name) {
    if (!s.contains(name)) return;
    const auto& e = s[name];
    const auto number = [](const nlohmann::json& value) {
      return fmt::format("{:.8g}", value.get<double>());
    };
    const bool lower = !e["lower"].is_null(), upper = !e["upper"].is_null();
    std::string certified;
    if (lower && upper)
      certified =
          fmt::format(", certified to lie in [{}, {}]", number(e["lower"]), number(e["upper"]));
    else if (lower || upper)
      certified = fmt::format(", certified to be at {} {}; no bound on the other side",
                              lower ? "least" : "most", number(e[lower ? "lower" : "upper"]));
    line(std::string(name) == "compliance" ? "compliance f(u)" : "potential energy",
         number(e["estimate"]) + certified);
  };
  enclosed("potential_energy");
  enclosed("compliance");
  if (s.contains("no_lower_bound"))
    line("no bound on one side", s["no_lower_bound"].get<std::string>());
  const auto& e = s["equilibrium"];
  line("error of displacements",
       fmt::format("{}{} in the energy norm",
                   e["largest_error"].is_null()
                       ? "not bounded"
                       : fmt::format("at most {:.1e}", e["largest_error"].get<double>()),
                   e["missed"].get<unsigned int>() == 0
                       ? ""
                       : fmt::format(", NOT the {:g} asked for,", e["allowed"].get<double>())));
  if (s.contains("certification")) {
    const auto& c = s["certification"];
    const auto& last = c["rounds"].back();
    line("width of the compliance",
         fmt::format("{}, {} {:g}{}",
                     c["relative_width"].is_null()
                         ? "unbounded"
                         : fmt::format("{:.3g}", c["relative_width"].get<double>()),
                     c["reached"].get<bool>() ? "asked for" : "NOT the tolerance asked for,",
                     c["compliance_tolerance"].get<double>(),
                     c["reached"].get<bool>() ? "" : ": " + c["message"].get<std::string>()));
    line("RVEs polished",
         fmt::format("{} of {} in {} rounds", last["polished_rves"].get<std::uint64_t>(),
                     s["rves"].get<std::uint64_t>(), c["rounds"].size() - 1));
  }
  if (s.contains("local_quantities")) {
    const auto& local = s["local_quantities"];
    for (const auto& [key, name] :
         {std::pair("largest_von_mises", "largest micro von Mises"),
          std::pair("largest_hydrostatic", "largest micro hydrostatic"),
          std::pair("smallest_hydrostatic", "smallest micro hydrostatic")})
      if (local.contains(key))
        line(name, fmt::format("{:.6g} at {}", local[key]["value"].template get<double>(),
                               local[key]["position"].dump()));
  }
  for (const auto& point : s["points_of_interest"])
    line("displacement at point",
         fmt::format("{} : {}", point["point"].dump(), point["displacement"].dump()));
  for (const auto* list : {"missing_checkpoints", "missing_files"})
    for (const auto& entry : s.value(list, nlohmann::json::array()))
      line(list == std::string("missing_files") ? "MISSING" : "NO CHECKPOINT",
           entry.template get<std::string>());
  // The sum comes last.
  for (const bool last : {false, true})
    for (const auto& [stage, seconds] : s["seconds"].items())
      if ((stage == "total") == last)
        line("seconds, " + stage, fmt::format("{:.2f}", seconds.template get<double>()));
  out_ << std::flush;
}

#define INSTANTIATE(dim)                                                                        \
  template void ElasticityProblem<dim>::make_output_folders();                                  \
  template void ElasticityProblem<dim>::remove_new_folders() const;                             \
  template void ElasticityProblem<dim>::lock_files();                                           \
  template nlohmann::json ElasticityProblem<dim>::displacements_at_points(const Vector&) const; \
  template std::vector<std::string> ElasticityProblem<dim>::material_notes() const;             \
  template void ElasticityProblem<dim>::print_material_notes();                                 \
  template nlohmann::json ElasticityProblem<dim>::summary(const nlohmann::json&,                \
                                                          const nlohmann::json&);               \
  template void ElasticityProblem<dim>::write_summary(const nlohmann::json&) const;             \
  template void ElasticityProblem<dim>::print_summary(const nlohmann::json&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
