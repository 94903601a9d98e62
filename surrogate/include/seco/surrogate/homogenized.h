#pragma once

#include <string>

#include "seco/materials/rve.h"

namespace seco::surrogate {

/// How far a homogenization result can be trusted.
enum class Status {
  /// The result meets what was asked: the solver converged, or the engine has no tolerance to meet.
  ok,
  /// The iteration stopped before its tolerance; the bounds still hold.
  not_converged,
  /// The engine met what it does not know, such as a microstructure unlike the training set: the
  /// bounds hold, but they are far wider than the engine is known for.
  unreliable,
  /// Only the upper bound is useful (zero-stiffness voids); the lower bound is the zero matrix.
  one_sided,
  /// No usable result.
  failed
};
std::string to_string(Status status);

/// The answer for one RVE. Matrices are in Mandel notation and in the unit of the RVE.
struct Homogenized {
  /// Estimate of the homogenized stiffness.
  materials::MandelMatrix stiffness;
  /// Guaranteed bounds in the Loewner order, lower <= C <= upper, for the discrete voxel problem.
  materials::MandelMatrix lower;
  materials::MandelMatrix upper;
  /// In 2D, plane strain, an estimate of the mean stresses 33, 23 and 13 out of the plane under
  /// unit strains in it, 3 x 3: of the fields whose energy is `upper`, off by the root of the gap.
  /// Empty where the engine has no fields, or a phase tells its stiffness in the plane only
  /// (materials::spatial_stiffness).
  materials::MandelMatrix out_of_plane;
  /// Largest relative gap of the unit load cases, max_i (upper_ii - lower_ii) / upper_ii.
  double gap = 0;
  std::string engine;
  unsigned int iterations = 0;
  /// Largest relative residual of the load cases (Green-preconditioned norm), 0 for closed forms.
  double residual = 0;
  /// Share of the batch's wall time.
  double seconds = 0;
  Status status = Status::ok;
  /// One sentence when the status is not ok.
  std::string message;
};

/// Whether the bounds can be what they claim to be: all numbers finite and `lower <= upper` in the
/// Loewner order, up to the round-off of the matrices themselves (1e-12, every load relative to its
/// upper bound).
bool bounds_in_order(const Homogenized& result);

/// What stands between an engine and whoever asks it: a result whose bounds are not in order gets
/// the status `failed` and a message that says so, whatever it had.
void check_bounds(Homogenized& result);

/// Why a result is not what was asked, with its status or its gap; empty if it is.
/// @param largest_gap largest relative gap that was allowed
std::string verdict(const Homogenized& result, double largest_gap = 1);

/// Adds to the message of a `one_sided` result where its solid carries no load (RVEs with voids,
/// see materials::percolation()).
void explain_voids(const materials::Rve& rve, Homogenized& result);

}  // namespace seco::surrogate
