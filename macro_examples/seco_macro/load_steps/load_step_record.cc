#include "load_step_record.h"

#include "json_number.h"

namespace seco::macro {

nlohmann::json to_json(const LoadStepRecord& r) {
  auto boundaries = nlohmann::json::array();
  for (const auto& boundary : r.boundaries) boundaries.push_back(to_json(boundary));
  nlohmann::json result = {
      {"time", r.time},
      {"duration", r.duration},
      {"newton_iterations", r.newton_iterations},
      {"linear_iterations", r.linear_iterations},
      {"cuts", r.n_cuts},
      {"refinement_rounds", r.n_rounds},
      {"refined_rves", r.n_refined},
      {"relative_residual", r.relative_residual},
      {"energy", number_or_null(r.energy)},
      {"upper", number_or_null(r.upper)},
      {"lower", r.lower ? nlohmann::json(*r.lower) : nlohmann::json(nullptr)},
      {"relative_gap", number_or_null(r.relative_gap)},
      {"time_error", r.time_error ? nlohmann::json(*r.time_error) : nlohmann::json(nullptr)},
      {"cells", r.n_cells},
      {"unknowns", r.n_unknowns},
      {"boundaries", boundaries}};
  if (!r.no_lower_bound.empty()) result["no_lower_bound"] = r.no_lower_bound;
  if (const auto& refinement = r.refinement) {
    result["refinement"] = {{"cells_before", refinement->n_cells_before},
                            {"refined_cells", refinement->n_refined},
                            {"relative_residual", refinement->relative_residual},
                            {"newton_iterations", refinement->newton_iterations}};
    if (!refinement->failure.empty()) result["refinement"]["failure"] = refinement->failure;
  }
  return result;
}

LoadStepRecord load_step_from_json(const nlohmann::json& j) {
  LoadStepRecord r;
  j.at("time").get_to(r.time);
  j.at("duration").get_to(r.duration);
  j.at("newton_iterations").get_to(r.newton_iterations);
  j.at("linear_iterations").get_to(r.linear_iterations);
  j.at("cuts").get_to(r.n_cuts);
  j.at("refinement_rounds").get_to(r.n_rounds);
  j.at("refined_rves").get_to(r.n_refined);
  j.at("relative_residual").get_to(r.relative_residual);
  r.energy = number_or_nan(j.at("energy"));
  r.upper = number_or_nan(j.at("upper"));
  if (!j.at("lower").is_null()) r.lower = j.at("lower").get<double>();
  r.relative_gap = number_or_nan(j.at("relative_gap"));
  r.no_lower_bound = j.value("no_lower_bound", "");
  for (const auto& boundary : j.at("boundaries"))
    r.boundaries.push_back(boundary_force_from_json(boundary));
  if (!j.at("time_error").is_null()) r.time_error = j.at("time_error").get<double>();
  j.at("cells").get_to(r.n_cells);
  j.at("unknowns").get_to(r.n_unknowns);
  if (!j.contains("refinement")) return r;
  const auto& of = j.at("refinement");
  auto& refinement = r.refinement.emplace();
  of.at("cells_before").get_to(refinement.n_cells_before);
  of.at("refined_cells").get_to(refinement.n_refined);
  of.at("relative_residual").get_to(refinement.relative_residual);
  of.at("newton_iterations").get_to(refinement.newton_iterations);
  refinement.failure = of.value("failure", "");
  return r;
}

}  // namespace seco::macro
