// The entries of summary.json (docs/file_formats.md).
#include "run_summary.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "json_number.h"
#include "seco/materials/write_atomically.h"

namespace seco::macro {
namespace {

nlohmann::json or_null(const std::optional<double>& value) {
  return value ? nlohmann::json(*value) : nlohmann::json(nullptr);
}

nlohmann::json to_json(const Enclosure& value) {
  return {{"estimate", value.estimate},
          {"lower", or_null(value.lower)},
          {"upper", or_null(value.upper)}};
}

nlohmann::json to_json(const std::vector<PointDisplacement>& points) {
  auto list = nlohmann::json::array();
  for (const auto& [point, displacement] : points)
    list.push_back({{"point", point}, {"displacement", displacement}});
  return list;
}

nlohmann::json to_json(const EquilibriumSummary& equilibrium) {
  auto errors = nlohmann::json::array();
  for (const double error : equilibrium.solves.errors) errors.push_back(number_or_null(error));
  nlohmann::json result = {{"errors", errors},
                           {"largest_error", or_null(equilibrium.largest_error())},
                           {"allowed", equilibrium.allowed},
                           {"missed", equilibrium.n_missed()},
                           {"width_of_compliance", equilibrium.width_of_compliance}};
  if (const auto& reason = equilibrium.solves.direct_reason; !reason.empty())
    result["direct_solver"] = reason;
  if (!equilibrium.no_lower_bound.empty()) result["no_lower_bound"] = equilibrium.no_lower_bound;
  if (std::isfinite(equilibrium.energy_of_estimate_error))
    result["energy_of_estimate_error"] = equilibrium.energy_of_estimate_error;
  return result;
}

nlohmann::json to_json(const CertificationSummary& certification) {
  auto list = nlohmann::json::array();
  for (const auto& r : certification.rounds)
    list.push_back({{"round", r.number},
                    {"lower", number_or_null(r.lower)},
                    {"upper", number_or_null(r.upper)},
                    {"relative_width", number_or_null(r.relative_width)},
                    {"marked_rves", r.n_marked},
                    {"refined_rves", r.n_refined},
                    {"refined_fraction", r.refined_fraction()},
                    {"micro_seconds", r.micro_seconds},
                    {"micro_cpu_seconds", r.micro_cpu_seconds},
                    {"macro_seconds", r.macro_seconds}});
  nlohmann::json result = {{"compliance_tolerance", certification.tolerance},
                           {"relative_width", list.back()["relative_width"]},
                           {"reached", certification.missed.empty()},
                           {"rounds", list}};
  if (!certification.missed.empty()) result["message"] = certification.missed;
  return result;
}

void add(const MicroscaleSummary& micro, nlohmann::json& result) {
  result.update({{"quadrature_points", micro.n_points},
                 {"rves", micro.n_rves},
                 {"rves_per_engine", micro.n_rves_by_engine},
                 {"unreliable_rves", micro.n_unreliable_rves},
                 {"results_from_cache", micro.n_cached_rves},
                 {"balance", micro.balance},
                 {"worst_gap", micro.worst_gap},
                 {"mean_gap", micro.mean_gap}});
  if (!micro.message.empty()) result["message"] = micro.message;
  for (const auto& [name, list] : {std::pair("unconverged_rve_files", &micro.unconverged_rve_files),
                                   std::pair("engine_notes", &micro.engine_notes),
                                   std::pair("material_notes", &micro.material_notes)})
    if (!list->empty()) result[name] = *list;
}

}  // namespace

unsigned int EquilibriumSummary::n_missed() const {
  return static_cast<unsigned int>(
      std::count_if(solves.errors.begin(), solves.errors.end(),
                    [&](double error) { return !(error <= allowed); }));
}

std::optional<double> EquilibriumSummary::largest_error() const {
  double largest = 0;
  for (const double error : solves.errors) {
    if (!std::isfinite(error)) return {};
    largest = std::max(largest, error);
  }
  return largest;
}

nlohmann::json to_json(const LocalSummary& summary) {
  auto files = nlohmann::json::array();
  for (const auto& field : summary.whole_fields) {
    files.push_back({{"point", field.point},
                     {"position", field.position},
                     {"material", field.material},
                     {"strain", field.strain},
                     {"stress", field.stress},
                     {"file", nullptr}});
    if (field.file.empty()) continue;
    files.back()["file"] = field.file;
    files.back()["largest_von_mises"] = field.largest_von_mises;
    files.back()["relative_field_error"] = field.relative_field_error;
  }
  nlohmann::json result = {{"points", summary.n_points},
                           {"points_without_microstructure", summary.n_without_microstructure},
                           {"points_with_in_plane_measures", summary.n_in_plane},
                           {"whole_fields", files}};
  if (!summary.has_extremes) return result;
  for (const auto& [name, extreme] :
       {std::pair("largest_von_mises", &summary.largest_von_mises),
        std::pair("largest_hydrostatic", &summary.largest_hydrostatic),
        std::pair("smallest_hydrostatic", &summary.smallest_hydrostatic)})
    result[name] = {{"value", extreme->value},
                    {"cell", extreme->cell},
                    {"quadrature_point", extreme->quadrature_point},
                    {"position", extreme->position}};
  result["worst_relative_field_error"] = summary.worst_relative_field_error;
  result["table"] = "local_quantities.csv";
  return result;
}

namespace {

nlohmann::json to_json(const Units& units) {
  return {{"length", units.length}, {"stress", units.stress}, {"force", units.force},
          {"moment", units.moment}, {"energy", units.energy}, {"volume", units.volume}};
}

nlohmann::json to_json(const std::vector<MaterialSummary>& materials) {
  auto list = nlohmann::json::array();
  for (const auto& material : materials) {
    auto ids = nlohmann::json::array(), names = nlohmann::json::array();
    for (const auto& [id, name] : material.ids) {
      ids.push_back(id);
      if (!name.empty()) names.push_back(name);
    }
    list.push_back(
        {{"model", material.model}, {"ids", ids}, {"names", names}, {"volume", material.volume}});
  }
  return list;
}

}  // namespace

namespace {

/// What belongs to the loads.
void add_results(const RunSummary& s, nlohmann::json& result) {
  result["points_of_interest"] = to_json(s.points);
  result["potential_energy"] = to_json(s.potential_energy);
  if (s.compliance) result["compliance"] = to_json(*s.compliance);
  for (const auto& boundary : s.boundaries) result["boundaries"].push_back(to_json(boundary));
  if (auto extremes = to_json(s.extremes); !extremes.empty()) result["extremes"] = extremes;
  if (!s.no_lower_bound.empty()) result["no_lower_bound"] = s.no_lower_bound;
}

}  // namespace

nlohmann::json to_json(const RunSummary& s) {
  nlohmann::json result = {{"dimension", s.dimension},
                           {"unit", s.unit},
                           {"units", to_json(s.units)},
                           {"materials", to_json(s.materials)},
                           {"ranks", s.n_ranks},
                           {"cells", s.n_cells},
                           {"unknowns", s.n_unknowns},
                           {"linear_algebra", s.linear_algebra},
                           {"linear_iterations", s.equilibrium.solves.iterations},
                           {"equilibrium", to_json(s.equilibrium)},
                           {"seconds", s.seconds},
                           {"memory",
                            {{"largest_process_bytes", s.memory.largest_process},
                             {"sum_over_ranks_bytes", s.memory.sum}}}};
  add(s.micro, result);
  if (s.load_cases.empty()) add_results(s, result);
  for (const auto& [name, summary] : s.load_cases) {
    result["load_cases"].push_back({{"name", name}});
    add_results(summary, result["load_cases"].back());
  }
  if (s.certification) result["certification"] = to_json(*s.certification);
  for (const auto& step : s.load_steps) result["load_steps"].push_back(to_json(step));
  for (const auto& boundary : s.elastic_stiffness)
    result["elastic_stiffness"].push_back(to_json(boundary));
  if (s.audit) result["audit"] = to_json(*s.audit);
  if (s.local) result["local_quantities"] = to_json(*s.local);
  if (s.n_restarts > 0) result["restarts"] = s.n_restarts;
  for (const auto& [name, list] : {std::pair("mesh_notes", &s.mesh_notes),
                                   std::pair("missing_checkpoints", &s.missing_checkpoints),
                                   std::pair("missing_files", &s.missing_files)})
    if (!list->empty()) result[name] = *list;
  return result;
}

void write_summary(const RunSummary& summary, const std::string& folder) {
  // Names of files in it may be no UTF-8.
  const auto text = to_json(summary).dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
  materials::write_atomically((std::filesystem::path(folder) / "summary.json").string(),
                              [&](std::ostream& out) { out << text << '\n'; });
}

}  // namespace seco::macro
