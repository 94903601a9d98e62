#include "find_point.h"

#include <deal.II/base/geometry_info.h>
#include <deal.II/base/mpi.h>
#include <deal.II/fe/mapping_q1.h>
#include <deal.II/grid/cell_id.h>

#include <boost/serialization/vector.hpp>
#include <vector>

namespace seco::macro {
namespace {

/// Whether a point is in a cell or on its boundary. The round-off of the vertices does not matter:
/// all cells of a face hold its points.
template <int dim>
bool holds(const typename dealii::DoFHandler<dim>::active_cell_iterator& cell,
           const dealii::Point<dim>& point) {
  constexpr double tolerance = 1e-9;  // relative to the cell
  if (!cell->bounding_box().point_inside(point, tolerance)) return false;
  try {
    return dealii::GeometryInfo<dim>::is_inside_unit_cell(
        dealii::StaticMappingQ1<dim>::mapping.transform_real_to_unit_cell(cell, point), tolerance);
  } catch (const typename dealii::Mapping<dim>::ExcTransformationFailed&) {
    return false;
  }
}

}  // namespace

template <int dim>
PointPlace<dim> find_point(const dealii::DoFHandler<dim>& dof_handler,
                           const dealii::Point<dim>& point) {
  PointPlace<dim> place;
  std::vector<dealii::CellId> own;
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned() || !holds<dim>(cell, point)) continue;
    if (!place.cell || cell->id() < (*place.cell)->id()) place.cell = cell;
  }
  if (place.cell) own.push_back((*place.cell)->id());
  for (const auto& list : dealii::Utilities::MPI::all_gather(dof_handler.get_communicator(), own))
    for (const auto& other : list) {
      place.is_in_mesh = true;
      if (place.cell && other < (*place.cell)->id()) place.cell.reset();
    }
  return place;
}

template PointPlace<2> find_point(const dealii::DoFHandler<2>&, const dealii::Point<2>&);
template PointPlace<3> find_point(const dealii::DoFHandler<3>&, const dealii::Point<3>&);

}  // namespace seco::macro
