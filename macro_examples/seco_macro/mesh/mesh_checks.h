#pragma once

#include <deal.II/grid/tria.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "mesh_file.h"

namespace seco::macro {

/// What the ids of a mesh stand for.
struct MeshLabels {
  using Names = std::map<std::int64_t, std::string>;

  /// What the mesh file calls them.
  std::string group_word = "id";
  /// Every material id and every boundary id of the mesh, with its name or "".
  Names materials, boundaries;
  /// Groups of edges and points, where there are no boundary conditions.
  Names edges;
  /// Of each group of faces, how many lie inside the body.
  std::map<std::int64_t, std::size_t> inner_faces;
  /// Faces of the boundary without a label, which are boundary 0.
  std::size_t n_unlabelled_faces = 0;
  /// What a user should know of the mesh.
  std::vector<std::string> notes;
};

/// "3 'steel'" or "3".
std::string described(std::int64_t id, const MeshLabels::Names& names);
/// All of them, separated by commas.
std::string described(const MeshLabels::Names& names);

/// Makes the triangulation of a mesh file, with the numbers of its groups as material and boundary
/// ids, and 0 where there is no group. Cells are turned so that their volume is positive.
/// @throws std::invalid_argument with a clause that names element and group: shapes other than
///   quadrilaterals in 2D and hexahedra in 3D, no cells, cells that coincide, overlap or are in
///   several groups, cells of no volume or folded ones, hanging nodes, faces of no cell or of two
///   boundaries, 2D meshes that lie in no plane of constant z
template <int dim>
MeshLabels make_triangulation(const MeshFile& file, dealii::Triangulation<dim>& mesh);

/// The active cells and the labels of a triangulation.
template <int dim>
MeshFile mesh_file_of(const dealii::Triangulation<dim>& mesh);

}  // namespace seco::macro
