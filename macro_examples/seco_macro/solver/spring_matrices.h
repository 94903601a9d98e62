#pragma once

#include <deal.II/base/function.h>
#include <deal.II/dofs/dof_handler.h>
#include <deal.II/lac/full_matrix.h>

#include <map>
#include <memory>
#include <vector>

namespace seco::macro {

/// An elastic foundation of one boundary: the traction on the body is -k u, or -k (u . n) n.
template <int dim>
struct Foundation {
  dealii::types::boundary_id id = dealii::numbers::invalid_boundary_id;
  /// Whether it acts along the outer normal n alone.
  bool normal = false;
  /// Stiffness per area: one component, or one for each direction.
  std::shared_ptr<const dealii::Function<dim>> stiffness;
};

/// Stiffness per area of foundations at a point of a boundary, as a matrix. Zero where there is
/// none.
template <int dim>
dealii::Tensor<2, dim> foundation_stiffness(const std::vector<Foundation<dim>>& foundations,
                                            dealii::types::boundary_id id,
                                            const dealii::Point<dim>& point,
                                            const dealii::Tensor<1, dim>& normal);

/// Matrices of elastic foundations for the locally owned cells at them: with the displacements u of
/// the unknowns of a cell, 1/2 u . S u is the energy of the springs at its faces,
///   1/2 int u . k u  over these faces.
template <int dim>
class SpringMatrices {
 public:
  SpringMatrices() = default;
  /// For elements of displacements on any mesh whose boundary has these ids; p + 1 Gauss points
  /// along each axis of a face.
  SpringMatrices(const dealii::DoFHandler<dim>& dof_handler,
                 const std::vector<Foundation<dim>>& foundations);

  /// By the number of the cell among the locally owned ones, with unknowns in the order of the
  /// element; null where there are no springs.
  const dealii::FullMatrix<double>* of_cell(std::size_t number) const {
    const auto place = matrices_.find(number);
    return place == matrices_.end() ? nullptr : &place->second;
  }
  /// Adds the forces S u of a cell. @return their energy
  double add_forces(std::size_t number, const dealii::Vector<double>& displacement,
                    dealii::Vector<double>& forces) const;
  /// Largest entry of the diagonals on this rank.
  double largest() const;

 private:
  std::map<std::size_t, dealii::FullMatrix<double>> matrices_;
};

}  // namespace seco::macro
