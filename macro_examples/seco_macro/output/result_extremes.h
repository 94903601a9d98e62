#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace seco::macro {

/// A largest or smallest value of a field, and where it is, before deformation.
struct FieldExtreme {
  double value = 0;
  std::vector<double> position;

  bool operator==(const FieldExtreme&) const = default;
};

/// The extremes of a displacement and of its stresses, as far as they are known.
struct ResultExtremes {
  /// Of its length, at nodes.
  std::optional<FieldExtreme> largest_displacement;
  /// At quadrature points.
  std::optional<FieldExtreme> largest_von_mises;
  std::optional<FieldExtreme> largest_principal, smallest_principal;
  /// Whether the principal stresses are those in the plane alone.
  bool in_plane = false;

  /// All that are known, with the names that they have in summary.json.
  std::vector<std::pair<std::string, FieldExtreme>> list() const;
};

nlohmann::json to_json(const ResultExtremes& extremes);
ResultExtremes result_extremes_from_json(const nlohmann::json& extremes);

}  // namespace seco::macro
