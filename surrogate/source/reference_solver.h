#pragma once

#include "green_operator.h"
#include "stiffness_field.h"

namespace seco::surrogate {

struct SolverSettings {
  double tolerance = 1e-6;
  unsigned int max_iterations = 2000;
};

/// Solution of all unit load cases of a batch of RVEs.
struct MicroSolution {
  /// Displacement fluctuation, `[B, L, d, n...]`.
  torch::Tensor displacement;
  /// Per RVE: iterations done, largest relative residual of its load cases, convergence.
  std::vector<unsigned int> iterations;
  std::vector<double> residual;
  std::vector<bool> converged;
};

/// Solves `D^T C (E + sym D u) = 0` for all unit mean strains E by conjugate gradients
/// preconditioned with the discrete Green operator of the mean medium (DESIGN.md section 3; Zeman
/// et al. 2010, J. Comput. Phys. 229, for the preconditioned view). The residual is `sqrt(r.G0 r)`,
/// relative to its value at u = 0; load cases and RVEs converge independently and finished RVEs
/// leave the batch. Singular stiffness (voids) is allowed.
/// @param initial displacement to start from, `[B, L, d, n...]`, or undefined for zero.
MicroSolution solve(const StiffnessField& stiffness, const SolverSettings& settings,
                    const torch::Tensor& initial = {});

ReferenceMedium mean_medium(const StiffnessField& stiffness);

/// Strain of all unit loads: `E + sym D u`, `[B, L, m, n...]`.
torch::Tensor total_strain(const torch::Tensor& displacement, const Grid& grid);

}  // namespace seco::surrogate
