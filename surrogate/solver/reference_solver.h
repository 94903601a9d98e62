#pragma once

#include "conjugate_gradients.h"

namespace seco::surrogate {

struct SolverSettings {
  double tolerance = 1e-6;
  unsigned int max_iterations = 2000;
  /// Whether the displacement for the lower bound is wanted too.
  bool smooth_stress = false;
};

/// Solution of all unit load cases of a batch of RVEs.
struct MicroSolution {
  /// Displacement fluctuation, `[B, L, d, n...]`.
  torch::Tensor displacement;
  /// The displacement whose stress, equilibrated, makes the better lower bound, likewise; the same
  /// tensor where none is kept or wanted (KinematicIteration::start_smoothing()).
  torch::Tensor for_stress;
  /// Per RVE: iterations done, largest relative residual of its load cases, convergence.
  std::vector<unsigned int> iterations;
  std::vector<double> residual;
  std::vector<bool> converged;
  /// KinematicIteration::smallest_ritz_values().
  std::vector<double> smallest_ritz_values;
};

/// Solves `D^T C (E + sym D u) = 0` for all unit mean strains E by KinematicIteration until its
/// residual is below the tolerance; load cases and RVEs converge independently and finished RVEs
/// leave the batch.
/// @param initial displacement to start from, `[B, L, d, n...]`, or undefined for zero.
MicroSolution solve(const StiffnessField& stiffness, const SolverSettings& settings,
                    const torch::Tensor& initial = {});
/// @param green the Green operator for the fields of the stiffness, where it is at hand
MicroSolution solve(const StiffnessField& stiffness, const GreenOperator& green,
                    const SolverSettings& settings, const torch::Tensor& initial = {});

}  // namespace seco::surrogate
