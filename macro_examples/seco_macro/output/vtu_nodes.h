#pragma once

#include <deal.II/base/index_set.h>
#include <deal.II/base/quadrature.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/fe/fe_tools.h>
#include <deal.II/fe/fe_values.h>

#include <array>
#include <cmath>
#include <vector>

#include "vtu_file.h"

namespace seco::macro {

/// Nodes and cells: every cell of degree p as p^dim linear ones between the support points of its
/// shape functions, which neighbours share.
template <int dim>
class VtuNodes {
 public:
  VtuNodes(const dealii::FESystem<dim>& element, const dealii::IndexSet& relevant)
      : element_(element),
        relevant_(relevant),
        degree_(element.degree),
        positions_(element,
                   dealii::Quadrature<dim>(element.base_element(0).get_unit_support_points()),
                   dealii::update_quadrature_points),
        to_node_(dealii::FETools::lexicographic_to_hierarchic_numbering<dim>(degree_)),
        number_(relevant.n_elements(), -1),
        indices_(element.n_dofs_per_cell()),
        values_(element.n_dofs_per_cell()) {}

  unsigned int n_parts() const { return static_cast<unsigned int>(std::pow(degree_, dim) + 0.5); }

  template <typename Cell, typename Vector>
  void add(const Cell& cell, const Vector& displacement, VtuPiece& piece, VtuField& displacements) {
    cell->get_dof_indices(indices_);
    cell->get_dof_values(displacement, values_);
    positions_.reinit(cell);
    std::vector<std::int32_t> nodes(positions_.n_quadrature_points);
    for (unsigned int n = 0; n < nodes.size(); ++n) {
      const auto unknown = indices_[element_.component_to_system_index(0, n)];
      auto& number = number_[relevant_.index_within_set(unknown)];
      if (number < 0) {
        number = static_cast<std::int32_t>(piece.n_nodes());
        first_unknowns_.push_back(unknown);
        for (unsigned int c = 0; c < 3; ++c) {
          piece.nodes.push_back(c < dim ? positions_.quadrature_point(n)[c] : 0.);
          displacements.values.push_back(c < dim ? values_[element_.component_to_system_index(c, n)]
                                                 : 0.);
        }
      }
      nodes[n] = number;
    }
    constexpr std::array<std::array<unsigned int, 2>, 4> corners{{{0, 0}, {1, 0}, {1, 1}, {0, 1}}};
    const unsigned int d = degree_, d3 = dim == 3 ? d : 1;
    for (unsigned int k = 0; k < d3; ++k)
      for (unsigned int j = 0; j < d; ++j)
        for (unsigned int i = 0; i < d; ++i)
          for (unsigned int above = 0; above < (dim == 3 ? 2u : 1u); ++above)
            // Around the face, as VTK counts corners.
            for (const auto& [x, y] : corners)
              piece.corners.push_back(
                  nodes[to_node_[i + x + (d + 1) * (j + y + (d + 1) * (k + above))]]);
  }

  /// The unknown of the first component of every node of the piece, in their order.
  const std::vector<dealii::types::global_dof_index>& first_unknowns() const {
    return first_unknowns_;
  }

 private:
  const dealii::FESystem<dim>& element_;
  const dealii::IndexSet& relevant_;
  unsigned int degree_;
  dealii::FEValues<dim> positions_;
  std::vector<unsigned int> to_node_;
  /// Of the first component of every relevant unknown, among the nodes of the piece.
  std::vector<std::int32_t> number_;
  std::vector<dealii::types::global_dof_index> first_unknowns_;
  std::vector<dealii::types::global_dof_index> indices_;
  dealii::Vector<double> values_;
};

}  // namespace seco::macro
