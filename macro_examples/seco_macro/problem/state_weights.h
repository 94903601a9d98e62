#pragma once

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/lac/full_matrix.h>

#include <vector>

#include "seco/plugin/material.h"

namespace seco::macro {

/// Weights with which the points of the children of a cell take over states of its points,
/// `[child](point, point of the parent)`: from 0 to 1, of sum 1 in every row. Combinations are
/// linear along each axis between the two points of the parent around, and constant beyond its
/// outermost points, where to extrapolate would take weights below 0.
/// @param transfer not `impossible`
template <int dim>
std::vector<dealii::FullMatrix<double>> state_weights(const dealii::QGauss<dim>& quadrature,
                                                      plugin::StateTransfer transfer);

}  // namespace seco::macro
