#pragma once

#include <deal.II/distributed/tria.h>

#include "macro_parameters.h"

namespace seco::macro {

/// Makes the mesh, with boundary and material ids.
/// @throws std::runtime_error for a mesh file that cannot be read
template <int dim>
void make_mesh(const MacroParameters<dim>& parameters,
               dealii::parallel::distributed::Triangulation<dim>& mesh);

}  // namespace seco::macro
