#pragma once

#include "field_engine.h"
#include "field_network.h"

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
/// start from, are good enough take no step. The others polish:
///
///  - steps on the potential energy (KinematicIteration) improve the upper bound, and with every
///    check also the lower one, whose fields are the equilibrated part of `C : (E + e)` and the
///    best stress so far, combined by Ritz;
///  - steps on the complementary energy (StaticalIteration), from that combination, improve the
///    lower bound alone. They are considered while the upper bound holds the smaller part of the
///    gap: its error is estimated from the decreases d of the energy in the last two steps as
///    `d q / (1 - q)`, q their ratio, and that of the lower bound is the rest of the gap.
///
/// The batch goes on together with what most of its RVEs want; finished RVEs leave it. The next
/// check comes when the rate so far suggests that a quarter of the RVEs is done, since a check
/// costs about two steps.
///
/// Estimate: the upper bound less its estimated error, never outside the bounds. The decrease of
/// conjugate gradients is known for free and the estimate is asymptotically exact where it falls
/// steadily, so the estimate is far better than the midpoint when one bound is much the nearer.
///
/// RVEs with voids of zero stiffness have no useful lower bound: a stress that vanishes in the
/// voids and is in equilibrium at every node would be needed, and none is known before convergence.
/// They are polished until the *estimated* error of the upper bound meets the tolerance and have
/// the status `one_sided`. What misses its tolerance has the status `not_converged`: the step
/// limit, or bounds that no longer approach each other, as at the round-off of single precision.
FieldResult solve_certified(const StiffnessField& stiffness, const CertifiedSettings& settings,
                            const CertifiedStart& start = {});

}  // namespace seco::surrogate
