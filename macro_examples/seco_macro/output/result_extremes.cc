#include "result_extremes.h"

namespace seco::macro {

std::vector<std::pair<std::string, FieldExtreme>> ResultExtremes::list() const {
  std::vector<std::pair<std::string, FieldExtreme>> result;
  const auto add = [&](const std::string& name, const std::optional<FieldExtreme>& extreme) {
    if (extreme) result.emplace_back(name, *extreme);
  };
  const std::string plane = in_plane ? "in_plane_" : "";
  add("largest_displacement", largest_displacement);
  add("largest_von_mises_stress", largest_von_mises);
  add("largest_" + plane + "principal_stress", largest_principal);
  add("smallest_" + plane + "principal_stress", smallest_principal);
  return result;
}

nlohmann::json to_json(const ResultExtremes& extremes) {
  auto result = nlohmann::json::object();
  for (const auto& [name, extreme] : extremes.list())
    result[name] = {{"value", extreme.value}, {"position", extreme.position}};
  return result;
}

ResultExtremes result_extremes_from_json(const nlohmann::json& extremes) {
  ResultExtremes result;
  result.in_plane = extremes.contains("largest_in_plane_principal_stress");
  const std::string plane = result.in_plane ? "in_plane_" : "";
  const auto take = [&](const std::string& name, std::optional<FieldExtreme>& extreme) {
    if (!extremes.contains(name)) return;
    extreme.emplace();
    extremes.at(name).at("value").get_to(extreme->value);
    extremes.at(name).at("position").get_to(extreme->position);
  };
  take("largest_displacement", result.largest_displacement);
  take("largest_von_mises_stress", result.largest_von_mises);
  take("largest_" + plane + "principal_stress", result.largest_principal);
  take("smallest_" + plane + "principal_stress", result.smallest_principal);
  return result;
}

}  // namespace seco::macro
