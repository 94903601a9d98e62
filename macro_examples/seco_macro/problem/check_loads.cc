// Refuses loads that are not finite, before the long stages.
#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <cmath>

#include "boundary_value_problem.h"
#include "seco/plugin/agree.h"

namespace seco::macro {

template <int dim>
void BoundaryValueProblem<dim>::check_loads(const Prescribed& prescribed) const {
  const auto or_of_case =
      cases_.empty() ? std::string() : fmt::format(", or in 'Load case {}',", load_case_);
  const auto refuse = [&](const std::string& key, const dealii::Vector<double>& value,
                          const dealii::Point<dim>& point) {
    std::string text, place;
    for (unsigned int c = 0; c < value.size(); ++c)
      text += fmt::format("{}{}", c > 0 ? "; " : "", value(c));
    for (unsigned int c = 0; c < dim; ++c)
      place += fmt::format("{}{:g}", c > 0 ? ", " : "", point[c]);
    throw std::invalid_argument(
        fmt::format("{}: key '{}' in section 'Boundary conditions'{} is {} at ({}); allowed are "
                    "expressions with finite values",
                    parameters_.file, key, or_of_case, text, place));
  };
  const auto check = [&](const std::string& key, const dealii::Function<dim>& function,
                         const std::vector<dealii::Point<dim>>& points) {
    dealii::Vector<double> value(function.n_components);
    for (const auto& point : points) {
      function.vector_value(point, value);
      for (const double v : value)
        if (!std::isfinite(v)) refuse(key, value, point);
    }
  };
  plugin::run_together(log_.communicator(), [&] {
    for (const auto& [index, value] : prescribed)
      if (!std::isfinite(value))
        throw std::invalid_argument(
            fmt::format("{}: key 'Displacement' in section 'Boundary conditions' gives {} at a "
                        "node; allowed are expressions with finite values",
                        parameters_.file, value));
    for (const auto* load : point_loads_) check("Point loads", *load->force, {load->point});
    dealii::FEValues<dim> values(element_, quadrature_, dealii::update_quadrature_points);
    dealii::FEFaceValues<dim> face_values(element_, face_quadrature_,
                                          dealii::update_quadrature_points);
    for (const auto& cell : dof_handler_.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      values.reinit(cell);
      for (const auto& body_force : body_forces_)
        check("Body force", *body_force, values.get_quadrature_points());
      for (const auto f : cell->face_indices()) {
        if (!cell->face(f)->at_boundary()) continue;
        for (const auto& traction : traction_) {
          if (traction.id != cell->face(f)->boundary_id()) continue;
          face_values.reinit(cell, f);
          check("Traction", *traction.function, face_values.get_quadrature_points());
        }
        for (const auto& pressure : pressure_) {
          if (pressure.id != cell->face(f)->boundary_id()) continue;
          face_values.reinit(cell, f);
          check("Pressure", *pressure.function, face_values.get_quadrature_points());
        }
      }
    }
  });
}

template void BoundaryValueProblem<2>::check_loads(const Prescribed&) const;
template void BoundaryValueProblem<3>::check_loads(const Prescribed&) const;

}  // namespace seco::macro
