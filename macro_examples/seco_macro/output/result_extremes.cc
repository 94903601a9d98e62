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

}  // namespace seco::macro
