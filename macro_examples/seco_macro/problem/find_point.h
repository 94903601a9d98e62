#pragma once

#include <deal.II/dofs/dof_handler.h>

#include <optional>

namespace seco::macro {

/// Where a point lies in a mesh. A point on a face is in one of its cells, that with the smallest
/// id, the same on any number of ranks.
template <int dim>
struct PointPlace {
  bool is_in_mesh = false;
  /// On the rank that owns it.
  std::optional<typename dealii::DoFHandler<dim>::active_cell_iterator> cell;
};

/// Collective.
template <int dim>
PointPlace<dim> find_point(const dealii::DoFHandler<dim>& dof_handler,
                           const dealii::Point<dim>& point);

}  // namespace seco::macro
