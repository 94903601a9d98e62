#pragma once

#include <vector>

#include "green_operator.h"
#include "law_field.h"

namespace seco::surrogate {

/// The isotropic part of each mean tangent.
ReferenceMedium medium_of(const std::vector<materials::MandelMatrix>& mean_tangent);

/// Where an RVE is: mean strain and displacement fluctuation. What a load prescribes of it stands
/// in ControlledLoad.
struct ControlledLoad {
  /// Mean strain; its free components are where the iteration starts.
  materials::MandelVector strain;
  /// Mean stress of the components that are free.
  materials::MandelVector stress;
  std::vector<bool> is_free;
  double time_step = 0;
  /// Relative errors refer to at least this norm of the stress.
  double least_stress_norm = 0;
};

/// How an increment of one RVE ended.
struct IncrementOutcome {
  bool answered = false;
  /// Whether what was asked is met; else what is there is the best that was reached.
  bool converged = false;
  /// If not answered: the fraction of the step to try, and why.
  double step_ratio = 0.5;
  FailureReason failure;
  double energy_upper = 0, gap = 0;
  materials::MandelVector strain, stress;
  /// Guaranteed errors in the norm of the mean elastic compliance, and that norm of the stress.
  double error = 0, stress_norm = 0;
  unsigned int newton_steps = 0, iterations = 0;
};

/// Minimizes the potential of one increment for the RVEs of a batch, each with its own load, by
/// inexact Newton steps: conjugate gradients on the tangent of the voxels, in single precision,
/// preconditioned by the Green operator of the isotropic part of the mean tangent; a line search on
/// the potential. Mean strains that are free belong to the unknowns: their block of the
/// preconditioner is the inverse of the mean tangent's.
class IncrementSolver {
 public:
  IncrementSolver(const LawField& laws, const DeformationSettings& settings, torch::Device device);
  /// On the device of these Green operators of the grid, in double and in single precision.
  IncrementSolver(const LawField& laws, const DeformationSettings& settings, GreenOperator green,
                  GreenOperator correction_green, torch::Device device);

  /// @param displacement start, `[B, 1, d, n...]`, double, on the device of the laws; the solution
  ///   of active ones replaces it
  /// @param active which RVEs take part
  std::vector<IncrementOutcome> solve(const std::vector<ControlledLoad>& loads,
                                      const std::vector<bool>& active, torch::Tensor& displacement);

  /// Only lets the laws answer, at fields that are known.
  void respond(const std::vector<ControlledLoad>& loads, const torch::Tensor& displacement);

  /// The laws' answer of the last solve, at its end, or of the last respond().
  const LawFieldAnswer& answer() const { return answer_; }

  /// Homogenized tangent at answer() and what it makes of the stress.
  struct Tangent {
    /// The lower bound is empty if a voxel's tangent is not positive definite.
    materials::MandelMatrix estimate, lower, upper;
    /// For prescribed strains: the mean stress less what the residual is worth by the fields of the
    /// tangent, of second order in the error.
    materials::MandelVector corrected_stress;
    /// Of the worst field, relative to that without fluctuation.
    double residual = 0;
    unsigned int iterations = 0;
  };
  struct TangentRequest {
    /// Whether both bounds are wanted; these need double precision.
    bool bounds = false;
    bool double_precision = false;
    /// Largest residual of the fields, relative in the energy norm.
    double accuracy = 3e-3;
  };
  /// Displacements of the unit strains, `[B, m, d, n...]`, on the device, and `G0 r` of what they
  /// lack of equilibrium.
  struct TangentFields {
    torch::Tensor displacement, correction;
    ReferenceMedium medium;
  };
  /// @param fields where the iteration starts, if defined, and what comes out
  std::vector<Tangent> tangent(const std::vector<IncrementOutcome>& outcomes,
                               const TangentRequest& request, TangentFields& fields);

 private:
  struct Trial;
  struct Step;
  /// Response at a displacement and mean strains.
  Trial trial(const std::vector<ControlledLoad>& loads, StrainField strain,
              const std::vector<bool>& active, const Trial* before = nullptr) const;
  /// The gap with the stress of RVE b scaled down by the smallest part that makes it finite, where
  /// the dual energy of the stress itself is infinite; infinity if there is none. The shift of the
  /// stress becomes that of the scaled one.
  double scaled_gap(std::int64_t b, const Trial& at, const std::vector<ControlledLoad>& loads,
                    Equilibration& stress) const;
  Step newton_step(const Trial& at, const torch::Tensor& residual,
                   const torch::Tensor& preconditioned, const std::vector<ControlledLoad>& loads,
                   const std::vector<double>& accuracy, const std::vector<bool>& active) const;

  /// Derivatives of the potential along a step at the trial, `<s : e> - S:E` of the strain e of the
  /// step.
  std::vector<double> slopes(const Trial& at, const Step& step,
                             const std::vector<ControlledLoad>& loads) const;

  std::vector<Tangent> tangent_in(torch::ScalarType type,
                                  const std::vector<IncrementOutcome>& outcomes,
                                  const TangentRequest& request, TangentFields& fields);

  const LawField& laws_;
  DeformationSettings settings_;
  torch::Device device_;
  GreenOperator green_, correction_green_;
  std::vector<materials::MandelMatrix> elastic_compliance_;
  LawFieldAnswer answer_;
};

}  // namespace seco::surrogate
