#pragma once

#include <string>

#include "seco/materials/rve.h"
#include "seco/surrogate/homogenized.h"

namespace seco::surrogate {

struct ContinuumSettings {
  /// Every voxel is divided into this many parts along each axis. The material stays the same; the
  /// fields have more freedom, so the gap is narrower.
  int refinement = 1;
  /// Relative residual to which the reference solver computes the displacements to start from.
  double tolerance = 1e-4;
  /// Most steps that tighten each bound.
  unsigned int max_steps = 100;
  /// A bound is tightened until two steps in a row narrow the gap by less than this share of it.
  double least_gain = 0.01;
  /// Relative gap at which tightening ends as well.
  double gap = 1e-12;
  /// auto, cpu, cuda or cuda:N.
  std::string device = "auto";
};

/// Two-sided bounds on the homogenized stiffness of the voxels as a continuum: the material that
/// has the stiffness of each voxel everywhere in it, not its discretization. Matrices are in Mandel
/// notation and in the unit of the RVE.
struct ContinuumCertificate {
  /// lower <= C <= upper in the Loewner order.
  materials::MandelMatrix lower;
  materials::MandelMatrix upper;
  /// Largest relative gap of the unit load cases, max_i (upper_ii - lower_ii) / upper_ii.
  double gap = 0;
  /// The gap before any tightening step.
  double initial_gap = 0;
  /// Tightening steps of each bound.
  unsigned int upper_steps = 0;
  unsigned int lower_steps = 0;
  double seconds = 0;
  /// `ok`, or `one_sided`: voids of zero stiffness, the lower bound is the zero matrix.
  Status status = Status::ok;
  /// One sentence when the status is not ok.
  std::string message;
};

/// The same material on a finer grid: every voxel divided into `factor` parts along each axis.
/// @throws std::invalid_argument if the factor is not positive
materials::Rve refined(const materials::Rve& rve, int factor);

/// Computes the continuum certificate of one RVE, in double precision.
///
/// Upper bound: potential energy `<eps : C : eps>` of a displacement that is linear along every
/// axis within voxels (trilinear; bilinear in 2D), from the nodal displacements of the reference
/// solver. Lower bound: inverse of the complementary energy `<sigma : C^-1 : sigma>` of the stress
/// of spline stress functions, whose divergence vanishes at every point and whose tractions are
/// continuous, from the stress of that displacement. Both energies are integrated exactly and
/// lowered by block conjugate gradients; both bounds hold whenever that is stopped (Prager and
/// Synge 1947, Quart. Appl. Math. 5; compare Vondrejc, Zeman and Marek 2014, Comput. Math. Appl.
/// 68, for trigonometric polynomials). See docs/theory.md.
/// @throws std::invalid_argument if a setting is out of range or the RVE is not usable
ContinuumCertificate certify_continuum(const materials::Rve& rve,
                                       const ContinuumSettings& settings = {});

}  // namespace seco::surrogate
