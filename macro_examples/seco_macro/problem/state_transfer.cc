// What points of refined cells take over from the points of the cells before.
#include <deal.II/base/geometry_info.h>
#include <fmt/format.h>

#include <algorithm>

#include "material_field.h"
#include "state_weights.h"

namespace seco::macro {
namespace {

/// Along one axis, of a point at x between the ends 0 and 1 of the parent.
std::vector<double> axis_weights(const std::vector<dealii::Point<1>>& points, double x,
                                 plugin::StateTransfer transfer) {
  std::vector<double> weights(points.size(), 0.);
  std::size_t right = 0;
  while (right < points.size() && points[right][0] < x) ++right;
  if (right == 0 || right == points.size()) {
    weights[right == 0 ? 0 : right - 1] = 1;
    return weights;
  }
  const double left_x = points[right - 1][0];
  double part = (x - left_x) / (points[right][0] - left_x);
  if (transfer == plugin::StateTransfer::nearest) part = part > 0.5 ? 1 : 0;
  weights[right - 1] = 1 - part;
  weights[right] = part;
  return weights;
}

}  // namespace

template <int dim>
std::vector<dealii::FullMatrix<double>> state_weights(const dealii::QGauss<dim>& quadrature,
                                                      plugin::StateTransfer transfer) {
  const auto& along_axis = quadrature.get_tensor_basis()[0].get_points();
  const unsigned int n = quadrature.size();
  std::vector<dealii::FullMatrix<double>> result;
  for (unsigned int child = 0; child < dealii::GeometryInfo<dim>::max_children_per_cell; ++child) {
    dealii::FullMatrix<double> matrix(n, n);
    for (unsigned int q = 0; q < n; ++q) {
      const auto point =
          dealii::GeometryInfo<dim>::child_to_cell_coordinates(quadrature.point(q), child);
      std::vector<double> product{1.};
      // The first axis runs fastest.
      for (int c = dim - 1; c >= 0; --c) {
        std::vector<double> next;
        const auto weights = axis_weights(along_axis, point[c], transfer);
        for (const double outer : product)
          for (const double inner : weights) next.push_back(outer * inner);
        product = std::move(next);
      }
      for (unsigned int p = 0; p < n; ++p) matrix(q, p) = product[p];
    }
    result.push_back(std::move(matrix));
  }
  return result;
}

template <int dim>
void MaterialField<dim>::check_refinement() const {
  if (parameters_.load_steps.refine_every == 0) return;
  for (std::size_t m = 0; m < n_materials(); ++m) {
    const auto& material = parameters_.materials[m];
    if (!material || material->state_transfer() != plugin::StateTransfer::impossible) continue;
    throw std::invalid_argument(fmt::format(
        "{}: key 'Refine every' in section 'Load steps' is {}; with the material of {} allowed is "
        "0, since every point has a microstructure or a history of its own there, which points of "
        "finer cells cannot take over; 'Local refinements' in section 'Geometry' refines the mesh "
        "before the run",
        parameters_.file, parameters_.load_steps.refine_every, section(m)));
  }
}

template <int dim>
const std::vector<dealii::FullMatrix<double>>& MaterialField<dim>::weights(
    plugin::StateTransfer transfer) const {
  auto& result = weights_[transfer];
  if (result.empty()) result = state_weights(problem_.quadrature(), transfer);
  return result;
}

template <int dim>
typename BoundaryValueProblem<dim>::CellValues MaterialField<dim>::states_of_cells() const {
  typename BoundaryValueProblem<dim>::CellValues result(problem_.mesh().n_active_cells());
  std::vector<std::vector<double>> states;
  for (std::size_t m = 0; m < n_materials(); ++m) states.push_back(material(m).point_states());
  const std::size_t n_points = problem_.quadrature().size();
  for_local_cells([&](const auto& cell, auto m, auto first) {
    const auto n_variables = states[m].size() / n_points_[m];
    auto& values = result[cell->active_cell_index()];
    values.push_back(static_cast<double>(m));
    const auto begin = states[m].begin() + static_cast<std::ptrdiff_t>(first * n_variables);
    values.insert(values.end(), begin, begin + static_cast<std::ptrdiff_t>(n_points * n_variables));
  });
  return result;
}

template <int dim>
typename BoundaryValueProblem<dim>::CellValues MaterialField<dim>::states_of_children(
    const std::vector<double>& of_parent) const {
  const auto m = static_cast<std::size_t>(of_parent[0]);
  const auto& matrices = weights(material(m).state_transfer());
  const std::size_t n_points = problem_.quadrature().size(),
                    n_variables = (of_parent.size() - 1) / n_points;
  typename BoundaryValueProblem<dim>::CellValues children;
  for (const auto& matrix : matrices) {
    auto& values = children.emplace_back(of_parent.size(), 0.);
    values[0] = of_parent[0];
    for (std::size_t q = 0; q < n_points; ++q)
      for (std::size_t p = 0; p < n_points; ++p) {
        const double weight = matrix(q, p);
        // What is not a number somewhere else stays there.
        if (weight == 0) continue;
        for (std::size_t v = 0; v < n_variables; ++v)
          values[1 + q * n_variables + v] += weight * of_parent[1 + p * n_variables + v];
      }
  }
  return children;
}

template <int dim>
void MaterialField<dim>::take_refined(
    const typename BoundaryValueProblem<dim>::CellValues& states) {
  const auto scope = log_.section("microscale");
  auto points = find_points();
  std::vector<std::vector<double>> of_material(n_materials());
  for_local_cells([&](const auto& cell, auto m, auto) {
    const auto& values = states[cell->active_cell_index()];
    of_material[m].insert(of_material[m].end(), values.begin() + 1, values.end());
  });
  for (std::size_t m = 0; m < points.size(); ++m)
    in_material(m, [&] {
      material(m).set_points_with_states(std::move(points[m]), log_.communicator(),
                                         log_.progress_report(), of_material[m]);
    });
}

#define INSTANTIATE(dim)                                                                      \
  template std::vector<dealii::FullMatrix<double>> state_weights(const dealii::QGauss<dim>&,  \
                                                                 plugin::StateTransfer);      \
  template void MaterialField<dim>::check_refinement() const;                                 \
  template const std::vector<dealii::FullMatrix<double>>& MaterialField<dim>::weights(        \
      plugin::StateTransfer) const;                                                           \
  template BoundaryValueProblem<dim>::CellValues MaterialField<dim>::states_of_cells() const; \
  template BoundaryValueProblem<dim>::CellValues MaterialField<dim>::states_of_children(      \
      const std::vector<double>&) const;                                                      \
  template void MaterialField<dim>::take_refined(const BoundaryValueProblem<dim>::CellValues&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
