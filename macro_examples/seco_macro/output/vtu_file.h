#pragma once

#include <deal.II/base/mpi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace seco::macro {

/// Values at all nodes or in all cells of a rank.
struct VtuField {
  std::string name;
  /// 1, or 3 for a vector; the last is fastest.
  unsigned int n_components = 1;
  /// Whether the values are integers.
  bool integer = false;
  std::vector<double> values;
  /// Of the values; empty for none.
  std::string unit = "";
};

/// What one rank knows of a mesh of quadrilaterals (dimension 2) or hexahedra (3).
struct VtuPiece {
  unsigned int dimension = 3;
  /// Three coordinates per node.
  std::vector<double> nodes;
  /// Nodes of the cells, in the order of VTK.
  std::vector<std::int32_t> corners;
  std::vector<VtuField> node_fields, cell_fields;
  /// Of the coordinates; empty for none.
  std::string unit = "";

  std::size_t n_nodes() const { return nodes.size() / 3; }
  std::size_t n_cells() const { return corners.size() >> dimension; }
};

/// Writes a mesh and its fields, of all ranks, as one VTK file of unstructured grids (.vtu), one
/// piece per rank with cells, and the .pvtu and .pvd files that refer to it; numbers are compressed
/// by zlib. Units are the key UNITS_LABEL of the arrays. Every file is written aside and gets its
/// name when it is complete, what refers to another one last. Collective; all ranks have the same
/// fields.
/// @param folder, name the files are NAME_K.0.vtu, NAME_K.pvtu and NAME.pvd
/// @param doubles whether coordinates and values are written in double precision, else in single
/// @param times of the files NAME_0 to NAME_K, to which NAME.pvd refers if they exist; this is the
/// last
/// @throws std::runtime_error on all ranks together, if a file cannot be written
void write_vtu(const std::string& folder, const std::string& name, const VtuPiece& piece,
               bool doubles, MPI_Comm communicator, const std::vector<double>& times = {0.});

/// Removes the files NAME.pvd, NAME_K.pvtu and NAME_K.0.vtu of `write_vtu`, as far as they can be.
/// On one rank.
void remove_vtu(const std::string& folder, const std::string& name);

}  // namespace seco::macro
