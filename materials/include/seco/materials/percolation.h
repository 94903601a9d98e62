#pragma once

#include <array>
#include <string>

#include "seco/materials/rve.h"

namespace seco::materials {

/// How the solid of an RVE with voids (phases of exactly zero stiffness) hangs together through the
/// periodic grid. Voxels are joined where they share a node, which transmits force in the
/// discretization.
struct Percolation {
  /// Connected parts of the solid, and those of them that end nowhere in themselves, so that they
  /// carry no load: they float in the void.
  int n_parts = 0;
  int n_floating = 0;
  /// Dimension of the space of mean strains that deform no part at all, so that the solid has no
  /// stiffness against them: 0 if it carries every load. A part that returns to itself along the
  /// windings w_a resists the strains E with `w_a . E w_b != 0`, and no others.
  int n_singular = 0;
  /// Whether the strain along each axis of the grid is one of them.
  std::array<bool, 3> singular_axis{};
  int dimension = 3;
};

/// Finds the parts by union-find over the nodes, with the offset of every node from the root of its
/// part in periods of the grid: a part that meets itself with another offset winds around it.
/// Time and memory grow with the number of voxels. All values are zero where nothing is void.
Percolation percolation(const Rve& rve);

/// A sentence about it, such as "the solid does not percolate along axis 0"; empty if the solid is
/// one part that carries every load.
std::string describe(const Percolation& percolation);

}  // namespace seco::materials
