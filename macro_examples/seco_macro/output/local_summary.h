#pragma once

#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace seco::macro {

/// The entry of the summary on local quantities (docs/file_formats.md).
struct LocalSummary {
  /// An extreme over all points of the table.
  struct Extreme {
    double value = 0;
    std::string cell;
    unsigned int quadrature_point = 0;
    std::vector<double> position;

    template <typename Archive>
    void serialize(Archive& archive, unsigned int) {
      archive& value& cell& quadrature_point& position;
    }
  };
  /// A microstructure that is written with all its fields.
  struct WholeField {
    std::vector<double> point, position;
    unsigned int material = 0;
    /// By rows.
    std::vector<std::vector<double>> strain, stress;
    /// Empty from a material without microstructure.
    std::string file;
    double largest_von_mises = 0, relative_field_error = 0;

    template <typename Archive>
    void serialize(Archive& archive, unsigned int) {
      archive& point& position& material& strain& stress& file& largest_von_mises&
          relative_field_error;
    }
  };

  std::size_t n_points = 0, n_without_microstructure = 0, n_in_plane = 0;
  std::vector<WholeField> whole_fields;
  /// Whether a point of the table has a microstructure; else what follows says nothing.
  bool has_extremes = false;
  Extreme largest_von_mises, largest_hydrostatic, smallest_hydrostatic;
  double worst_relative_field_error = 0;

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& n_points& n_without_microstructure& n_in_plane& whole_fields& has_extremes&
        largest_von_mises& largest_hydrostatic& smallest_hydrostatic& worst_relative_field_error;
  }
};

nlohmann::json to_json(const LocalSummary& summary);

}  // namespace seco::macro
