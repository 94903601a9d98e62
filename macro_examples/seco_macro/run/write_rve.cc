// Writes the RVE of a point, without a run.
#include <deal.II/fe/fe_values.h>
#include <deal.II/grid/cell_id.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "find_point.h"
#include "run.h"
#include "seco/materials/rve_file.h"
#include "seco/plugin/agree.h"

namespace seco::macro {
namespace {

template <int dim>
std::string in_words(const dealii::Point<dim>& point) {
  std::vector<double> coordinates(dim);
  for (int c = 0; c < dim; ++c) coordinates[c] = point[c];
  return fmt::format("({:.6g})", fmt::join(coordinates, ", "));
}

}  // namespace

template <int dim>
void Run<dim>::write_rve(const RveRequest& request) {
  namespace MPI = dealii::Utilities::MPI;
  const bool by_position = !request.position.empty();
  dealii::Point<dim> position;
  if (by_position) {
    if (request.position.size() != dim)
      throw std::invalid_argument(
          fmt::format("option --point has {} coordinates, and 'Dimension' of {} is {}",
                      request.position.size(), parameters_.file, dim));
    for (int c = 0; c < dim; ++c) position[c] = request.position[c];
  }
  problem_.make_unknowns();
  PointPlace<dim> place;
  if (by_position) {
    place = find_point(problem_.dof_handler(), position);
  } else {
    for (const auto& cell : problem_.dof_handler().active_cell_iterators())
      if (cell->is_locally_owned() && cell->id().to_string() == request.cell) place.cell = cell;
    place.is_in_mesh = MPI::logical_or(place.cell.has_value(), log_.communicator());
  }
  if (!place.is_in_mesh)
    throw std::invalid_argument(
        by_position ? fmt::format("option --point: {} is not in the mesh of {}", in_words(position),
                                  parameters_.file)
                    : fmt::format("option --cell: the mesh of {} has no cell '{}'; its cells have "
                                  "ids such as {}, as the column 'cell' of local_quantities.csv",
                                  parameters_.file, request.cell,
                                  problem_.mesh().begin_active()->id().to_string()));
  std::string text;
  const auto write = [&](const auto& cell) {
    dealii::FEValues<dim> values(problem_.element(), problem_.quadrature(),
                                 dealii::update_quadrature_points);
    values.reinit(cell);
    const auto points = MaterialField<dim>::points_of(cell, values);
    if (request.quadrature_point >= points.size())
      throw std::invalid_argument(
          fmt::format("option --quadrature-point is {}; allowed are numbers from 0 to {}",
                      request.quadrature_point, points.size() - 1));
    auto point = points.begin() + request.quadrature_point;
    if (by_position)
      point = std::min_element(points.begin(), points.end(), [&](const auto& a, const auto& b) {
        return a.position.distance_square(position) < b.position.distance_square(position);
      });
    const auto m = cell->material_id();
    if (m >= materials_.n_materials())
      throw std::invalid_argument(
          fmt::format("{}: the mesh has material {}, but 'Number of materials' is {}",
                      parameters_.file, m, materials_.n_materials()));
    const auto where =
        fmt::format("quadrature point {} of cell {} at {}, {}", point->quadrature_point,
                    cell->id().to_string(), in_words(point->position), materials_.section(m));
    materials_.in_material(m, [&] {
      const auto rve = materials_.material(m).rve(*point);
      if (!rve)
        throw std::invalid_argument(
            fmt::format("the material has no RVE at {}", in_words(point->position)));
      materials::write_rve(request.file, *rve, fmt::format("{}: {}", parameters_.file, where));
    });
    text = fmt::format("== {}: RVE of {}\n", request.file, where);
  };
  plugin::run_together(log_.communicator(), [&] {
    if (place.cell) write(*place.cell);
  });
  for (const auto& part : MPI::all_gather(log_.communicator(), text)) log_.print(part);
}

template void Run<2>::write_rve(const RveRequest&);
template void Run<3>::write_rve(const RveRequest&);

}  // namespace seco::macro
