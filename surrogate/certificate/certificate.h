#pragma once

#include "green_operator.h"
#include "matrices.h"
#include "ritz.h"
#include "stiffness_field.h"

namespace seco::surrogate {

/// Two-sided bounds on the homogenized stiffness, dimensionless (see StiffnessField::scale),
/// `[B, m, m]`, double, on the CPU.
struct Bounds {
  torch::Tensor upper;
  torch::Tensor lower;
  /// Largest relative gap of the unit load cases, `(upper_ii - lower_ii) / upper_ii`, `[B]`; 1
  /// where the upper bound is not positive.
  torch::Tensor gap() const;
  /// `lower + weight (upper - lower)`, `[B, m, m]`. @param weight `[B]`, from 0 to 1
  torch::Tensor estimate(const torch::Tensor& weight) const;
};

/// The hypercircle bounds (Prager and Synge 1947) from admissible fields, in the Loewner order.
///
/// Upper: `C_up = min_a <(E + sum a_j e_j) : C : (E + sum a_k e_k)>` over combinations of the
/// compatible fluctuations e_j. Lower: `C_lo = A M + (A M)^T - A H A^T` for coefficients A of the
/// stresses in equilibrium, H_ij = `<s_i : C^-1 : s_j>` and M their means; both are evaluated for
/// the coefficients actually found, so that they bound whatever the accuracy of the small linear
/// solve. Products are those of *total* strains and stresses, never of fluctuations beside a mean
/// that they nearly cancel. With the six unit load cases and the unit tensors these are 12 fields
/// per side; that makes the bounds at least as good as Voigt's and Reuss's and exact for a
/// homogeneous RVE. RVEs with voids of zero stiffness get the lower bound zero: their compliance is
/// infinite.
///
/// certify() takes fields as they are: they are admissible up to the round-off of their type, and
/// so good are the bounds. For training and comparisons. What leaves an engine comes from
/// enclose().
/// @param strain_fluctuation `[B, L, m, n...]`, compatible, zero mean (sym D u)
/// @param stress_fluctuation `[B, L, m, n...]`, `D^T t = 0`, zero mean
Bounds certify(const StiffnessField& stiffness, const torch::Tensor& strain_fluctuation,
               const torch::Tensor& stress_fluctuation);

/// The hypercircle bounds with all that round-off can do to them: enlarged by proven bounds of the
/// errors of strains, equilibrium, products and sums (rounding.h, docs/rounding.md), so that
/// `lower <= C <= upper` holds for the exact homogenized stiffness. All in double precision.
///
/// The stress is that of a displacement v, equilibrated by the Green operator: the same one, or
/// another that suits the stress better (KinematicIteration::smoothed_displacement()). Where the
/// table of kernels has its own `energies` (on the CPU) that takes one pass over memory: the stress
/// `C : (E + sym D v) + C0 : sym D z` is summed while it is made, and its divergence is measured on
/// the way, whatever z is. Where that costs more than 1 % of the gap and 1e-8, the displacements
/// are taken to double precision; where that does not help, and with other tables, the stress is
/// written to memory, equilibrated twice, and its divergence measured.
/// @param stiffness in double precision, as everything that is computed
/// @param displacement `[B, L, d, n...]`, of any type: any, for the unit strains
/// @param of_stress the displacement v behind the stress, of the same type
/// @param preconditioned z = G0 r of the residual r of v, as the iteration has it, of the same type
/// @param good_gap where the gap is as small, or more than round-off above it, nobody looks again
Bounds enclose(const StiffnessField& stiffness, const torch::Tensor& displacement,
               const torch::Tensor& of_stress, const torch::Tensor& preconditioned,
               const ReferenceMedium& medium, double good_gap = 0.);
/// With the z of a new residual. @param green in double precision, as the displacements
Bounds enclose(const StiffnessField& stiffness, const torch::Tensor& displacement,
               const torch::Tensor& of_stress, const GreenOperator& green,
               const ReferenceMedium& medium);
Bounds enclose(const StiffnessField& stiffness, const torch::Tensor& displacement,
               const GreenOperator& green, const ReferenceMedium& medium);

/// The upper bound alone, `[B, m, m]`.
torch::Tensor enclose_from_above(const StiffnessField& stiffness,
                                 const torch::Tensor& displacement);

/// The lower bound from total stresses of any loads, which are equilibrated here, `[B, m, m]`.
/// @param stress `[B, L, m, n...]`, double
torch::Tensor enclose_from_below(const StiffnessField& stiffness, const torch::Tensor& stress,
                                 const GreenOperator& green, const ReferenceMedium& medium);

/// Voigt's and Reuss's bounds, enlarged by round-off like those of enclose().
Bounds enclose_averages(const StiffnessField& stiffness);

/// The displacement, zero mean, of a compatible strain: `G0 D^T C0 : e = u` for `e = sym D u`; of
/// any other strain that of its compatible part. @param strain `[B, L, m, n...]`
torch::Tensor displacement_of(const torch::Tensor& strain, const GreenOperator& green,
                              const ReferenceMedium& medium);

/// The Ritz step of the upper bound: its energy and the combination of the fluctuations behind it.
Ritz upper_ritz(const StiffnessField& stiffness, const torch::Tensor& strain_fluctuation);

/// The equilibrated part of the stress `C : strain`, a fluctuation for certify(): by the projection
/// block in the mean medium. @param strain total strain of every load, `[B, L, m, n...]`
torch::Tensor equilibrated_stress(const StiffnessField& stiffness, const torch::Tensor& strain);

/// Upper bound alone.
torch::Tensor upper_bound(const StiffnessField& stiffness, const torch::Tensor& strain_fluctuation);

}  // namespace seco::surrogate
