#pragma once

#include "field_result.h"

namespace seco::surrogate {

struct CertifiedSettings {
  /// Largest relative gap of the unit load cases (Bounds::gap) that is good enough.
  double tolerance = 1e-3;
  /// Steps after which an RVE is given up.
  unsigned int max_steps = 2000;
  /// Steps on the potential energy before the bounds are evaluated for the first time; 0: when the
  /// decrease of the energy suggests that the upper bound is good enough.
  unsigned int first_check = 0;
  /// Whether the lower bound is made from the smoothed displacement
  /// (KinematicIteration::start_smoothing()), not from the last one.
  bool smooth_stress = true;
};

/// Fields to start from.
struct CertifiedStart {
  /// Displacement fluctuation, `[B, L, d, n...]`.
  torch::Tensor displacement;
  /// Self-equilibrated stress fluctuation, `[B, L, m, n...]`, or undefined: then the displacement
  /// is where the iteration begins, and no bounds are evaluated before its first step.
  torch::Tensor stress;
  /// PredictedFields::estimate_weight.
  torch::Tensor estimate_weight;
};

/// Bounds of every RVE to a tolerance. RVEs whose Voigt and Reuss averages, or the pair of fields
/// given to start from, are good enough take no step. The others take steps of conjugate gradients
/// on the potential energy (KinematicIteration). The last displacement has the smallest energy and
/// makes the upper bound. The stress of the lower bound is the equilibrated part of `C : (E + sym D
/// v)`, where v is the mean of the displacements with the weights 1 / (r . G0 r), whose residual is
/// the smallest: at high contrast conjugate gradients advance by fits and starts, and the stress of
/// the last step alone is worse. Where the start has a stress, Ritz combines it with that one.
///
/// The batch goes on together; finished RVEs leave it. A check of the bounds costs several steps,
/// so it waits until the gap that KinematicIteration::gap() lets expect meets the tolerance for a
/// quarter of the RVEs. That costs a quarter of a step itself, so between such evaluations the gap
/// is taken to fall like the residual.
///
/// Bounds are evaluated in double precision whatever the type of the fields, and enlarged by what
/// round-off can do to them (enclose()).
///
/// Estimate: the upper bound less its estimated error, which costs nothing, where that says which
/// bound is the nearer: where it is less than a quarter or more than three quarters of the gap. It
/// is rough after few steps, and where both bounds are about equally far the midpoint is better.
///
/// RVEs with voids of zero stiffness get their lower bound from the residual (void_bounds.h), in
/// double precision. Where the solid lacks stiffness in some direction there is none: such RVEs are
/// refined until more steps bring nothing, and if the *estimated* error of the upper bound meets
/// the tolerance they have the status `one_sided`. What misses its tolerance has the status
/// `not_converged`: the step limit, or bounds that no longer approach each other while the energies
/// no longer fall, as at the round-off of single precision.
FieldResult solve_certified(const StiffnessField& stiffness, const CertifiedSettings& settings,
                            const CertifiedStart& start = {});

}  // namespace seco::surrogate
