#include "spring_matrices.h"

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/fe/fe_values.h>

#include <algorithm>

namespace seco::macro {

template <int dim>
dealii::Tensor<2, dim> foundation_stiffness(const std::vector<Foundation<dim>>& foundations,
                                            dealii::types::boundary_id id,
                                            const dealii::Point<dim>& point,
                                            const dealii::Tensor<1, dim>& normal) {
  dealii::Tensor<2, dim> result;
  for (const auto& foundation : foundations) {
    if (foundation.id != id) continue;
    if (foundation.normal) {
      result += foundation.stiffness->value(point) * dealii::outer_product(normal, normal);
      continue;
    }
    const bool isotropic = foundation.stiffness->n_components == 1;
    for (unsigned int c = 0; c < dim; ++c)
      result[c][c] += foundation.stiffness->value(point, isotropic ? 0 : c);
  }
  return result;
}

template <int dim>
SpringMatrices<dim>::SpringMatrices(const dealii::DoFHandler<dim>& dof_handler,
                                    const std::vector<Foundation<dim>>& foundations) {
  if (foundations.empty()) return;
  const auto& element = dof_handler.get_fe();
  const unsigned int n = element.n_dofs_per_cell();
  dealii::FEFaceValues<dim> values(element, dealii::QGauss<dim - 1>(element.degree + 1),
                                   dealii::update_values | dealii::update_quadrature_points |
                                       dealii::update_normal_vectors | dealii::update_JxW_values);
  std::size_t number = 0;
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const auto k = number++;
    for (const auto f : cell->face_indices()) {
      if (!cell->at_boundary(f)) continue;
      const auto id = cell->face(f)->boundary_id();
      if (std::none_of(foundations.begin(), foundations.end(),
                       [&](const auto& foundation) { return foundation.id == id; }))
        continue;
      values.reinit(cell, f);
      auto& matrix = matrices_.try_emplace(k, n, n).first->second;
      for (const auto q : values.quadrature_point_indices()) {
        const auto stiffness = foundation_stiffness<dim>(
            foundations, id, values.quadrature_point(q), values.normal_vector(q));
        for (unsigned int i = 0; i < n; ++i)
          for (unsigned int j = 0; j < n; ++j)
            matrix(i, j) += stiffness[element.system_to_component_index(i).first]
                                     [element.system_to_component_index(j).first] *
                            values.shape_value(i, q) * values.shape_value(j, q) * values.JxW(q);
      }
    }
  }
}

template <int dim>
double SpringMatrices<dim>::add_forces(std::size_t number,
                                       const dealii::Vector<double>& displacement,
                                       dealii::Vector<double>& forces) const {
  const auto* const matrix = of_cell(number);
  if (!matrix) return 0;
  matrix->vmult(forces, displacement, /*adding=*/true);
  return 0.5 * matrix->matrix_norm_square(displacement);
}

template <int dim>
double SpringMatrices<dim>::largest() const {
  double result = 0;
  for (const auto& [number, matrix] : matrices_)
    for (unsigned int i = 0; i < matrix.m(); ++i) result = std::max(result, matrix(i, i));
  return result;
}

template class SpringMatrices<2>;
template class SpringMatrices<3>;
template dealii::Tensor<2, 2> foundation_stiffness(const std::vector<Foundation<2>>&,
                                                   dealii::types::boundary_id,
                                                   const dealii::Point<2>&,
                                                   const dealii::Tensor<1, 2>&);
template dealii::Tensor<2, 3> foundation_stiffness(const std::vector<Foundation<3>>&,
                                                   dealii::types::boundary_id,
                                                   const dealii::Point<3>&,
                                                   const dealii::Tensor<1, 3>&);

}  // namespace seco::macro
