#pragma once

#include <deal.II/distributed/tria.h>

#include <string>

#include "macro_parameters.h"

namespace seco::macro {

/// No machine holds more cells than this.
constexpr double most_cells = 1e10;
/// What is wrong with the number of cells of a mesh that is refined everywhere, "N cells; allowed
/// are ..."; empty if it is at most `most_cells`.
std::string too_many_cells(double n_coarse_cells, unsigned int n_refinements, int dim);

/// Makes the mesh, with boundary and material ids.
/// @throws std::runtime_error for a mesh file that cannot be read, or too little memory
template <int dim>
void make_mesh(const MacroParameters<dim>& parameters,
               dealii::parallel::distributed::Triangulation<dim>& mesh);

}  // namespace seco::macro
