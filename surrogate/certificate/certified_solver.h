#pragma once

#include "field_result.h"

namespace seco::surrogate {

struct CertifiedSettings {
  /// Largest relative gap of the unit load cases (Bounds::gap) that is good enough.
  double tolerance = 1e-3;
  /// Steps on both energies together after which an RVE is given up.
  unsigned int max_steps = 2000;
  /// Steps on the potential energy before the bounds are evaluated for the first time; 0: when the
  /// decrease of the energy suggests that the upper bound is good enough.
  unsigned int first_check = 0;
};

/// Admissible fields to start from.
struct CertifiedStart {
  /// Displacement fluctuation, `[B, L, d, n...]`.
  torch::Tensor displacement;
  /// Self-equilibrated stress fluctuation, `[B, L, m, n...]`.
  torch::Tensor stress;
  /// PredictedFields::estimate_weight.
  torch::Tensor estimate_weight;
};

/// Bounds of every RVE to a tolerance. RVEs whose Voigt and Reuss averages, or the fields given to
/// start from, are good enough take no step. The others refine:
///
///  - steps on the potential energy (KinematicIteration) improve the upper bound, and with every
///    check also the lower one, whose fields are the equilibrated part of `C : (E + e)` and the
///    best stress so far, combined by Ritz;
///  - steps on the complementary energy (DualIteration), from that combination, improve the
///    lower bound alone. They are considered while the upper bound holds the smaller part of the
///    gap: its error is estimated from the decreases d of the energy in the last two steps as
///    `d q / (1 - q)`, q their ratio, and that of the lower bound is the rest of the gap.
///
/// The batch goes on together with what most of its RVEs want; finished RVEs leave it. A check
/// costs about two steps, so it waits until KinematicIteration::gap(), which costs a quarter of a
/// step, meets the tolerance for a quarter of the RVEs. Since a step on the potential energy
/// improves both bounds, those on the complementary energy are taken only where their rate promises
/// a much faster way: at contrasts of several hundred and more.
///
/// Bounds are evaluated in double precision whatever the type of the fields, and enlarged by what
/// round-off can do to them (enclose()).
///
/// Estimate: the upper bound less its estimated error, which costs nothing, where that says which
/// bound is the nearer: where it is less than a quarter or more than three quarters of the gap. It
/// is rough after few steps, and where both bounds are about equally far the midpoint is better.
///
/// RVEs with voids of zero stiffness have no useful lower bound: a stress that vanishes in the
/// voids and is in equilibrium at every node would be needed, and none is known before convergence.
/// They are refined until the *estimated* error of the upper bound meets the tolerance and have
/// the status `one_sided`. What misses its tolerance has the status `not_converged`: the step
/// limit, or bounds that no longer approach each other while the energies no longer fall, as at the
/// round-off of single precision.
FieldResult solve_certified(const StiffnessField& stiffness, const CertifiedSettings& settings,
                            const CertifiedStart& start = {});

}  // namespace seco::surrogate
