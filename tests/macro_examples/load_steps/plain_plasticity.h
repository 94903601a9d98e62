#pragma once

#include <vector>

namespace seco::test {

/// A bar of 6 x 2 x 1/2 with a notch of 1 x 1/2 in the middle of its top, in 12 x 4 x 1 cells,
/// clamped at x = 0 and moved along x at x = 6: J2 plasticity with linear isotropic hardening.
struct NotchedBar {
  double young = 0, poisson = 0, yield_stress = 0, hardening = 0;
  /// Displacement of the end after each step.
  std::vector<double> displacement;
  unsigned int degree = 1;
};

/// Force along x at x = 6 after each step, by a plain serial program of deal.II that knows nothing
/// of seco: radial return with its consistent tangent (Simo and Hughes 1998, Computational
/// Inelasticity, box 3.2) and Newton's method with a direct solver, to round-off.
std::vector<double> plain_forces(const NotchedBar& bar);

}  // namespace seco::test
