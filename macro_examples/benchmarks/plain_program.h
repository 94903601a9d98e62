#pragma once

#include <string>

#include "sample_problem.h"

namespace seco::benchmarks {

struct PlainResult {
  unsigned int iterations = 0;
  bool converged = true;
  /// Seconds; assembly includes the sparsity pattern.
  double assembly = 0, preconditioner = 0, solve = 0;
};

/// What the tutorials of deal.II do for elasticity, with one isotropic stiffness: element matrices
/// of step-8 from Lame's constants; CG, preconditioned by the library's algebraic multigrid with
/// the settings of step-40 ("step-40 Trilinos", "step-40 PETSc"), or as in step-8 by SSOR with
/// factor 1.2 ("step-8", of Trilinos, on the block of each rank).
PlainResult run_plain_program(const std::string& name, const SampleProblem& problem,
                              const SampleProblem::Vector& load, unsigned int iterations,
                              double tolerance);

}  // namespace seco::benchmarks
