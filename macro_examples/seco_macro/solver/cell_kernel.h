#pragma once

#include "seco/simd/vectors.h"

namespace seco::macro {

/// What one application of the elastic operator to a batch of cells reads and writes. A lane is a
/// cell.
template <typename Number>
struct CellBatch {
  using Block = simd::Vector<Number>;
  /// Values of the shape functions at the points of one axis, and derivatives at the points of the
  /// polynomials that are 1 at one point and 0 at the others; [point][function].
  const Number *shape = nullptr, *derivative = nullptr;
  /// Local number of the unknowns, [component][node][lane], nodes in lexicographic order.
  const unsigned int* unknowns = nullptr;
  unsigned int n_filled_lanes = 0;
  /// Upper triangles times integration weight, [point][coefficient].
  const Block* stiffness = nullptr;
  /// d xi_i / d x_j, [i][j], at each point or, if all cells of the batch are parallelepipeds, once.
  const Block* inverse_jacobian = nullptr;
  bool affine = true;
  const Number* source = nullptr;
  Number* destination = nullptr;
};

/// Adds B^T C B u of the cells of a batch, by sum factorization (Kronbichler and Kormann, Computers
/// & Fluids 63, 2012), for `degree` 1 to 3 and degree + 1 points along each axis.
template <int dim, typename Number>
void apply_cells(unsigned int degree, const CellBatch<Number>& batch);

}  // namespace seco::macro
