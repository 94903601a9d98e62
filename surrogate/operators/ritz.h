#pragma once

#include <vector>

#include "grid.h"

namespace seco::surrogate {

/// The best combination of given fields in one of the two energies of the hypercircle; small dense
/// problems, double precision, on the CPU.
struct Ritz {
  /// `[B, L, F]`: coefficient of field j in load case i. Detached from the graph: at the minimum
  /// the energy does not change with them to first order, so its gradient with respect to the
  /// fields is exact without.
  torch::Tensor coefficients;
  /// Energies at the coefficients actually found, `[B, L, L]`, so that they bound whatever the
  /// accuracy of the small linear solve.
  torch::Tensor energy;
};

/// Minimizes `<(X_i + sum_j a_ij x_j) : A : (X_i + sum_j a_ij x_j)>` over a, for every load case i
/// at once.
///
/// Directions whose energy is less than the round-off of the fields relative to the mean energy are
/// left out: they are not admissible to the precision that a large coefficient would need.
/// Homogeneous RVEs have only such directions, and the hydrostatic load of cubic polycrystals,
/// which share one bulk modulus, is one as well.
/// @param energy `<X_i : A : X_k>`, `[B, L, L]`
/// @param coupling `<x_j : A : X_i>`, `[B, F, L]`
/// @param gram `<x_j : A : x_k>`, `[B, F, F]`
/// @param field_type precision of the fields
Ritz ritz(const torch::Tensor& energy, const torch::Tensor& coupling, const torch::Tensor& gram,
          torch::Dtype field_type);

/// Nothing below keeps a graph.

/// `<a_i . b_j>`, products and sums in double precision, on the CPU. @param a `[B, La, c, n...]`
/// @return `[B, La, Lb]`
torch::Tensor gram(const torch::Tensor& a, const torch::Tensor& b, const Grid& grid);

/// `<a_i . b_j>` of fields that come in groups: `a` and `b` are the groups one after another.
/// @param symmetric whether the matrix of a and the fields that b begins with is symmetric, so that
/// half of it need not be computed
torch::Tensor gram(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                   const Grid& grid, bool symmetric = false);

/// `sum_j a_ij x_j`, of one group of fields or of several one after another.
/// @param coefficients `[B, L, F]` @param fields `[B, F, m, n...]`
torch::Tensor combine(const torch::Tensor& coefficients, const torch::Tensor& fields);
torch::Tensor combine(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& fields);

/// `0.5 (A + A^T)` of the last two axes.
torch::Tensor symmetrized(const torch::Tensor& matrix);

}  // namespace seco::surrogate
