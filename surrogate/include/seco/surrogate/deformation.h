#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "seco/materials/law.h"
#include "seco/materials/rve.h"
#include "seco/surrogate/deformation_start.h"

namespace seco::surrogate {

/// An RVE with a law for each of its phases.
struct LawRve {
  /// Its stiffnesses are not used.
  materials::Rve rve;
  /// One per phase that occurs, in the unit of the RVE; others may be null.
  std::vector<std::shared_ptr<const materials::Law>> laws;
};

/// What an increment of a load path prescribes at its end: of every Mandel component the mean
/// strain or the mean stress.
struct LoadIncrement {
  double time = 0;
  std::vector<bool> stress_is_prescribed;
  materials::MandelVector strain, stress;
};

/// What has to meet the tolerance before an increment is done: the guaranteed error; the error that
/// the residual lets expect, about the true one; or the norm of the residual itself.
enum class StopCriterion { certified, estimate, residual };

/// The homogenized tangent of an increment.
enum class TangentWanted { none, estimate, bounds };

struct DeformationSettings {
  /// Largest relative error of the homogenized stress in the norm of the mean elastic compliance.
  double tolerance = 1e-3;
  StopCriterion criterion = StopCriterion::certified;
  TangentWanted tangent = TangentWanted::estimate;
  /// Whether states are stored in single precision, in half the memory. The bound of an increment
  /// is not touched, it holds for the state that is stored; that of the path takes in what storing
  /// changes, for hardening moduli up to the largest elastic one.
  bool single_precision_state = false;
  /// auto, cpu, cuda or cuda:N.
  std::string device = "auto";
  /// Newton steps after which an increment is cut in two.
  unsigned int max_newton_steps = 25;
  /// Iterations of conjugate gradients after which a Newton step ends.
  unsigned int max_iterations = 500;
  /// An increment may be cut into parts of this fraction, not smaller ones.
  double smallest_step = 1. / 1024;
};

enum class IncrementStatus {
  ok,
  /// The tolerance is met by the estimate, but no lower bound is known.
  no_lower_bound,
  /// The tolerance is not met; bounds hold.
  not_converged,
  /// No answer: the smallest step was reached.
  failed
};
const char* to_string(IncrementStatus status);

/// Why no equilibrium was found.
enum class IncrementFailure {
  none,
  /// A law has no answer to the step, or none that is finite, and wants a shorter one.
  law,
  /// A Newton step asks for a mean strain beyond `largest_strain`: more than the laws can bear.
  strain,
  /// The line search finds no smaller energy along a Newton step.
  line_search,
  /// The Newton steps are used up.
  newton_steps
};
/// Mean strains that a Newton step asks for may have components up to this one.
inline constexpr double largest_strain = 1;
/// Why, and where it is a law, the phase and what it asks for.
struct FailureReason {
  IncrementFailure failure = IncrementFailure::none;
  int phase = -1;
  /// Fraction of the step; 1 if its stresses are no numbers.
  double step_ratio = 1;
};
/// A clause for messages; empty for none.
std::string describe(const FailureReason& reason);

/// The answer at the end of an increment; Mandel notation, in the unit of the RVE.
struct IncrementResult {
  double time = 0;
  /// Mean strain and stress.
  materials::MandelVector strain, stress;
  /// Homogenized tangent and, if wanted, its bounds in the Loewner order for the given tangents of
  /// the voxels; empty if not wanted.
  materials::MandelMatrix tangent, tangent_lower, tangent_upper;
  /// Bounds of the potential of the increment, or of its last part, `min <w(e)> - S:E` with the
  /// prescribed stresses S; the lower one is -infinity where none is known.
  double energy_lower = 0, energy_upper = 0;
  /// Guaranteed error of the stress for the state at the beginning of the increment (of its last
  /// part, if it was cut), and along the whole path, relative to the stress in the norm of the mean
  /// elastic compliance; infinity where none is known.
  double stress_error_bound = 0, path_error_bound = 0;
  /// Guaranteed error of each component, in the unit of stress; 0 for prescribed ones.
  materials::MandelVector stress_error;
  /// Where all strains are prescribed and the tangent is wanted: the stress corrected by the fields
  /// of the tangent, nearer to the answer than `stress` to second order; else empty.
  materials::MandelVector stress_estimate;
  unsigned int newton_steps = 0, iterations = 0;
  /// Parts that the increment was cut into.
  unsigned int n_parts = 1;
  IncrementStatus status = IncrementStatus::ok;
  /// Of the smallest step, if it failed.
  FailureReason failure;
  std::string message;
};

/// @throws std::invalid_argument if the fields and states of so many voxels need more memory than
/// there is. @param state_per_voxel numbers of state
void check_deformation_memory(double n_voxels, double state_per_voxel = 0);

/// RVEs on one grid that are deformed along a load path each, small strains, increment by
/// increment (backward Euler). Each increment minimizes the potential
///
///     min over u and the free components of E of  <w(E + sym D u)> - S:E
///
/// by Newton's method with conjugate gradients, and bounds it from below by a stress in equilibrium
/// and the conjugate energies: docs/nonlinear.md.
class Deformation {
 public:
  /// @throws std::invalid_argument for RVEs that differ in grid, phases without a law, or a law
  /// that
  ///   does not fit
  Deformation(std::vector<LawRve> rves, const DeformationSettings& settings);
  ~Deformation();
  Deformation(Deformation&&) noexcept;

  /// Goes on to the end of the next increment, one per RVE.
  /// @throws std::invalid_argument if a time does not increase or a value is not finite
  std::vector<IncrementResult> advance(std::span<const LoadIncrement> increments);

  /// Lets the path of an RVE begin with a state other than that at rest, before its first
  /// increment; of a path that goes on from there no error along the path is known.
  /// @throws std::invalid_argument if displacement or state are not those of such an RVE
  void start(std::size_t rve, const DeformationStart& start);

  /// Everything that later increments depend on, and its way back. @throws std::invalid_argument if
  /// the numbers are not those of these RVEs
  std::vector<double> save() const;
  void restore(std::span<const double> numbers);

  /// A quantity of every voxel: values `[components, voxels]`, tensors in Mandel notation.
  struct Field {
    std::string name, unit;
    int n_components = 1;
    std::vector<double> values;
  };
  /// Strain and stress of an RVE at the end of the last increment, and the state; voxels whose law
  /// does not have a quantity have zeros. There is no stress before the first increment and from
  /// `restore` to the next one.
  std::vector<Field> fields(std::size_t rve) const;

  /// What the user should know of how the RVEs are computed: those whose laws stay on the processor
  /// although fields are on a GPU, and why.
  const std::vector<std::string>& notes() const;

 private:
  class Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace seco::surrogate
