#pragma once

#include <deal.II/distributed/tria.h>

#include <map>
#include <string>

#include "macro_parameters.h"
#include "mesh_checks.h"
#include "mesh_parts.h"

namespace seco::macro {

/// What is known of a mesh beside its cells.
template <int dim>
struct MeshDescription {
  MeshLabels labels;
  MeshParts<dim> parts;
  /// The number of the material of every material id that was asked for.
  std::map<std::int64_t, std::size_t> material_of_id;
};

/// Makes the mesh, with boundary ids, and the numbers of the materials as material ids. Every rank
/// reads a mesh file and keeps the mesh before refinement.
/// @throws std::runtime_error for a mesh file that cannot be read, or too little memory
/// @throws std::invalid_argument for a mesh that would give wrong results (mesh_checks.h), and for
///   cells without a material
template <int dim>
MeshDescription<dim> make_mesh(const MacroParameters<dim>& parameters,
                               dealii::parallel::distributed::Triangulation<dim>& mesh);

}  // namespace seco::macro
