#pragma once

#include <span>
#include <vector>

#include "seco/plugin/material.h"

namespace seco::plugin {

/// The state of points as records of a checkpoint, one per cell, under keys that do not depend on
/// the order of the points or on their distribution over ranks.
/// @param points those of `Material::set_points`, with all points of a cell on one rank
/// @param values of the state, [point][variable]
template <int dim>
StateRecords pack_by_cell(std::span<const MaterialPoint<dim>> points,
                          std::span<const double> values);

/// Finds the state of points again, to the last bit. Not collective.
/// @param n_variables of a point
/// @return [point][variable]
/// @throws std::runtime_error if a cell has no record, or one of other points or variables
template <int dim>
std::vector<double> unpack_by_cell(std::span<const MaterialPoint<dim>> points,
                                   std::size_t n_variables, const FindRecords& find);

}  // namespace seco::plugin
