#pragma once

#include <deal.II/base/aligned_vector.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/lac/full_matrix.h>
#include <deal.II/lac/vector.h>

#include "seco/simd/vectors.h"
#include "stiffness_field.h"

namespace seco::macro {

/// Integrals over one cell with a stiffness at every quadrature point, for Lagrange elements of
/// displacements. With the gradients g of the scalar shape functions a and b,
///   K[a i][b k] = sum_q w g_a[j] C[i j k l] g_b[l],
/// computed as small dense products that share the gradients among all components i and k.
template <int dim>
class ElementStiffness {
 public:
  ElementStiffness(const dealii::FESystem<dim>& element, const dealii::Quadrature<dim>& quadrature);

  /// Moves to a cell: gradients of the shape functions and weights there.
  void reinit(const typename dealii::Triangulation<dim>::cell_iterator& cell);

  /// The stiffness matrix, row by row, with unknowns in the order of the element.
  /// @param coefficients of the points of the cell, as StiffnessField holds them
  void matrix(const double* coefficients, dealii::FullMatrix<double>& result);

  /// The stiffness matrix by nodes: entry (a * dim + i, b * dim + k) for the components i and k of
  /// the nodes a and b, in the order of the scalar element.
  const std::vector<double>& matrix_by_nodes(const double* coefficients);

  /// Diagonal of the matrix, in the order of the element.
  void diagonal(const double* coefficients, dealii::Vector<double>& result) const;

  /// Matrix times displacement, without forming the matrix. @return the strain energy
  double forces(const double* coefficients, const dealii::Vector<double>& displacement,
                dealii::Vector<double>& result) const;

  /// Number in the element of component c of node a.
  unsigned int unknown(unsigned int node, unsigned int component) const {
    return unknown_[node * dim + component];
  }
  unsigned int n_nodes() const { return n_nodes_; }
  unsigned int n_points() const { return n_points_; }
  double weight(unsigned int point) const { return weights_[point]; }

 private:
  using Block = simd::Vector<double>;

  dealii::FEValues<dim> values_;
  unsigned int n_nodes_, n_points_, n_blocks_;
  std::vector<unsigned int> unknown_;
  std::vector<double> weights_;
  /// Gradients, [point][direction][node], nodes padded with zeros to whole blocks; and for every
  /// pair i <= k of components w C[i j k l] g[l], [pair][point][direction j][node].
  dealii::AlignedVector<Block> gradients_, stresses_, products_;
  std::vector<double> by_nodes_;
};

}  // namespace seco::macro
