#pragma once

#include <deal.II/fe/fe_values.h>

#include "boundary_value_problem.h"

namespace seco::macro {

/// Strains of nodal displacements of a cell, and nodal forces of its stresses.
template <int dim>
class CellGradients {
 public:
  using Tensor = dealii::SymmetricTensor<2, dim>;

  explicit CellGradients(const BoundaryValueProblem<dim>& problem)
      : values_(problem.element().base_element(0), problem.quadrature(),
                dealii::update_gradients | dealii::update_JxW_values),
        n_nodes_(problem.element().base_element(0).n_dofs_per_cell()) {
    for (unsigned int a = 0; a < n_nodes_; ++a)
      for (unsigned int c = 0; c < dim; ++c)
        unknown_.push_back(problem.element().component_to_system_index(c, a));
  }

  void reinit(const typename dealii::Triangulation<dim>::cell_iterator& cell) {
    values_.reinit(cell);
  }
  double weight(unsigned int point) const { return values_.JxW(point); }

  /// @param local displacements in the order of the element
  Tensor strain(const dealii::Vector<double>& local, unsigned int point) const {
    dealii::Tensor<2, dim> gradient;
    for (unsigned int a = 0; a < n_nodes_; ++a) {
      const auto& g = values_.shape_grad(a, point);
      // Differences to the first node: a translation is no strain, but its round-off would be.
      for (unsigned int c = 0; c < dim; ++c)
        gradient[c] += (local(unknown_[a * dim + c]) - local(unknown_[c])) * g;
    }
    return dealii::symmetrize(gradient);
  }

  /// Adds the nodal forces `weight stress grad` of a point.
  void add_forces(const Tensor& stress, unsigned int point, dealii::Vector<double>& force) const {
    const auto weighted = dealii::Tensor<2, dim>(stress * values_.JxW(point));
    for (unsigned int a = 0; a < n_nodes_; ++a) {
      const auto& g = values_.shape_grad(a, point);
      for (unsigned int c = 0; c < dim; ++c) force(unknown_[a * dim + c]) += weighted[c] * g;
    }
  }

 private:
  dealii::FEValues<dim> values_;
  unsigned int n_nodes_;
  std::vector<unsigned int> unknown_;
};

}  // namespace seco::macro
