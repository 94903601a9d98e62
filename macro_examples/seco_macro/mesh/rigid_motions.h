#pragma once

#include <deal.II/dofs/dof_handler.h>

#include <map>
#include <string>
#include <vector>

namespace seco::macro {

/// The rigid motions of small strain: dim translations, then the rotations about the centre of the
/// body (one in 2D, three in 3D), scaled by its size so that all are of order one.
template <int dim>
class RigidMotions {
 public:
  static constexpr unsigned int n = dim * (dim + 1) / 2;

  /// Evaluates them at the nodes of the locally owned unknowns. Collective.
  explicit RigidMotions(const dealii::DoFHandler<dim>& dof_handler);

  /// Value of a motion at every locally owned unknown, in their order.
  const std::vector<double>& values(unsigned int motion) const { return values_[motion]; }

  /// Names of the motions that displacements prescribed at these unknowns do not prevent, empty if
  /// the body is held. A body that can move has no unique displacement. Collective.
  /// @param springs work of the forces of springs in motion i on motion j, [i][j], of this rank, up
  ///   to a factor that makes it of order one; may be empty
  std::string free_motions(const std::map<dealii::types::global_dof_index, double>& prescribed,
                           const std::vector<double>& springs = {}) const;

 private:
  dealii::IndexSet owned_;
  MPI_Comm communicator_;
  std::vector<std::vector<double>> values_;
};

}  // namespace seco::macro
