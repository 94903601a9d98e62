#pragma once

#include <deal.II/dofs/dof_handler.h>
#include <deal.II/lac/la_parallel_vector.h>
#include <deal.II/multigrid/mg_transfer_global_coarsening.h>

#include <memory>
#include <vector>

#include "stiffness_field.h"

namespace seco::macro {

/// Averages a stiffness field by volume over the cells of coarser and coarser meshes, on any
/// distribution of these over ranks.
template <int dim>
class LevelStiffness {
 public:
  /// @param meshes the coarsest first; each cell of one is a cell, or the parent of cells, of the
  ///   next
  explicit LevelStiffness(
      const std::vector<std::shared_ptr<const dealii::Triangulation<dim>>>& meshes);

  /// Fields with 2^dim points per cell for all meshes but the finest.
  /// @param stiffness of the finest mesh, at points_per_axis Gauss points along each axis
  std::vector<StiffnessField<dim>> averages(const StiffnessField<dim>& stiffness,
                                            unsigned int points_per_axis) const;

 private:
  using Vector = dealii::LinearAlgebra::distributed::Vector<double>;
  std::vector<std::shared_ptr<const dealii::Triangulation<dim>>> meshes_;
  /// Of one constant per cell.
  std::vector<std::unique_ptr<dealii::DoFHandler<dim>>> constants_;
  /// Sums over the children of the cells of a mesh, from the next finer one.
  std::vector<dealii::MGTwoLevelTransfer<dim, Vector>> sums_;
};

/// The field for Gauss points of 2 along each axis from one for `points_per_axis`: each of these
/// represents a part of the cell as long as its weight.
template <int dim>
StiffnessField<dim> on_two_points(const StiffnessField<dim>& stiffness, std::size_t n_cells,
                                  unsigned int points_per_axis);

}  // namespace seco::macro
