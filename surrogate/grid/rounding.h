#pragma once

#include "conditioning.h"
#include "grid.h"

namespace seco::surrogate {

/// How far round-off can move the two energies of a certificate that is evaluated in double
/// precision: bounds with proofs, for docs/rounding.md. The displacement and the stress in memory
/// are taken as exact; what is bounded is the error of everything computed from them, by the
/// standard model of floating-point arithmetic (Higham 2002, Accuracy and Stability of Numerical
/// Algorithms, chapters 2 and 3): n roundings change a term by at most `gamma_n = n u / (1 - n u)`
/// of its modulus, in any order of summation, with fused operations or without.

/// `gamma_n`, u = 2^-53.
double gamma(double n);

/// What the grid contributes. Norms of fields are root mean squares over the voxels.
struct GridRounding {
  /// Norm of u -> D u from below no node to all: `|| |D| |u| || <= difference ||u||`, and the same
  /// of its adjoint.
  double difference = 0;
  /// Smallest non-zero |k| of the symbol of D: `||D u|| >= smallest_symbol ||u||` without zero
  /// modes.
  double smallest_symbol = 0;
  /// Whether a Green operator, which takes modes below 1e-6 of the largest |k| for zero, treats
  /// every non-zero mode.
  bool complete = true;
  /// Additions on the longest way of a term into a sum over all voxels.
  double n_additions = 0;
  /// Relative error of a Fourier transform there and back in the 2-norm: Higham 2002, theorem 24.2.
  double transform = 0;
};
GridRounding rounding_of(const Grid& grid);

/// Roundings in a difference, in the divergence at a node, and in the product `x . C x` of a voxel.
constexpr double difference_roundings = 16, divergence_roundings = 64, product_roundings = 24;

/// Relative error of a computed form `<x_i . C x_j>` against `||x_i|| ||x_j||`, the norms of the
/// energy: products round relative to |C|, sums to the terms, whose moduli add up to at most the
/// root of the condition.
double form_error(const Conditioning& conditioning, const GridRounding& grid);

}  // namespace seco::surrogate
