#pragma once

#include "green_operator.h"
#include "ritz.h"
#include "stiffness_field.h"

namespace seco::surrogate {

/// Two-sided bounds on the homogenized stiffness, dimensionless (see StiffnessField::scale),
/// `[B, m, m]`, double, on the CPU.
struct Bounds {
  torch::Tensor upper;
  torch::Tensor lower;
  /// Largest relative gap of the unit load cases, `[B]`.
  torch::Tensor gap() const;
  /// `lower + weight (upper - lower)`, `[B, m, m]`. @param weight `[B]`, from 0 to 1
  torch::Tensor estimate(const torch::Tensor& weight) const;
};

/// The hypercircle bounds (Prager and Synge 1947) from admissible fields, in the Loewner order.
///
/// Upper: `C_up = min_a <(E + sum a_j e_j) : C : (E + sum a_k e_k)>` over combinations of the
/// compatible fluctuations e_j. Lower: `C_lo = (min_b <(S + sum b_j t_j) : C^-1 : (S + ...)>)^-1`
/// over combinations of the self-equilibrated fluctuations t_j, both evaluated for the coefficients
/// actually found, so that they bound whatever the accuracy of the small linear solve. With the six
/// unit load cases this is a Ritz step on 12 fields per side; it makes the bounds at least as good
/// as Voigt's and Reuss's and exact for a homogeneous RVE. All sums are in double precision.
///
/// @param strain_fluctuation `[B, L, m, n...]`, compatible, zero mean (sym D u)
/// @param stress_fluctuation `[B, L, m, n...]`, `D^T t = 0`, zero mean
/// RVEs with voids of zero stiffness get the lower bound zero: their compliance is infinite.
Bounds certify(const StiffnessField& stiffness, const torch::Tensor& strain_fluctuation,
               const torch::Tensor& stress_fluctuation);

/// The same for the strains of displacements, `[B, L, d, n...]`, and the equilibrated part of their
/// stresses: what certify() says of `sym D u` and equilibrated_stress(), on the CPU in four passes
/// over memory without a field of strains or stresses, or in one if the residual is at hand.
/// @param preconditioned_residual `G0 r` of the residual `r = -D^T C (E + sym D u)`, or undefined
Bounds certify_displacement(const StiffnessField& stiffness, const torch::Tensor& displacement,
                            const GreenOperator& green, const ReferenceMedium& medium,
                            const torch::Tensor& preconditioned_residual = {});

/// The Ritz step of the upper bound: its energy and the combination of the fluctuations behind it.
Ritz upper_ritz(const StiffnessField& stiffness, const torch::Tensor& strain_fluctuation);

/// The equilibrated part of the stress `C : strain`, a fluctuation for certify(): by the projection
/// block in the mean medium. @param strain total strain of every load, `[B, L, m, n...]`
torch::Tensor equilibrated_stress(const StiffnessField& stiffness, const torch::Tensor& strain);

/// The lower bound from the complementary energies of unit mean stresses, `[B, m, m]`: their
/// inverse, or the zero matrix for RVEs with voids.
torch::Tensor lower_bound(const StiffnessField& stiffness, const torch::Tensor& compliance);

/// A matrix of order two, on any device, as the other libraries know it.
materials::MandelMatrix to_matrix(const torch::Tensor& values);

/// Upper bound alone.
torch::Tensor upper_bound(const StiffnessField& stiffness, const torch::Tensor& strain_fluctuation);

}  // namespace seco::surrogate
