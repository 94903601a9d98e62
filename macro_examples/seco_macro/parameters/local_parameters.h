#pragma once

#include <deal.II/base/point.h>

#include <string>
#include <vector>

#include "seco/materials/parameter_reader.h"

namespace seco::macro {

/// Of keys on which no result up to the last checkpoint depends.
inline const materials::KeyTraits changeable{.changeable_on_restart = true};

/// What a run is asked about the inside of the microstructures.
template <int dim>
struct LocalParameters {
  enum class Points { none, all, strain_energy, listed };
  Points points = Points::none;
  /// With Points::strain_energy: the fewest cells that hold this share of the strain energy.
  double energy_fraction = 0;
  /// With Points::listed.
  std::vector<dealii::Point<dim>> listed;
  /// Points whose microstructure is written with all its fields.
  std::vector<dealii::Point<dim>> whole_fields;
  /// So many phases get columns.
  unsigned int n_phases = 0;

  bool any() const { return points != Points::none || !whole_fields.empty(); }
};

/// Declares (in the mode of the reader) and reads the section 'Local quantities'.
/// @throws materials::ParameterError
template <int dim>
LocalParameters<dim> read_local_parameters(materials::ParameterReader& parameters);

/// Points written as coordinates separated by commas, points by semicolons.
/// @throws materials::ParameterError
template <int dim>
std::vector<dealii::Point<dim>> read_points(materials::ParameterReader& parameters,
                                            const std::string& section, const std::string& key,
                                            const std::string& help);

}  // namespace seco::macro
