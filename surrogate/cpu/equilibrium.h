#pragma once

#include "green_operator.h"
#include "stiffness_field.h"

namespace seco::surrogate::cpu {

/// Equilibrated stresses on the CPU in as few passes over memory as there are points where all
/// voxels must meet; without gradients.

/// A stress fluctuation in equilibrium, `[B, L, m, n...]`, and its strain C^-1 : t if wanted.
struct StressAndStrain {
  torch::Tensor stress, strain;
};

/// The equilibrated part of the stresses `law : s`: `law : s - C0 : sym(D G0 D^T law : s)` without
/// its mean, in one pass over s and one that writes the results.
/// @param law isotropic, one per RVE: of the reference medium, its negative, or the identity
/// @param s `[B, L, m, n...]` @param stiffness null if no strain is wanted
StressAndStrain equilibrated_part(const ReferenceMedium& law, const torch::Tensor& s,
                                  const GreenOperator& green, const ReferenceMedium& medium,
                                  const StiffnessField* stiffness);

/// `law : s`. @param law isotropic, one per RVE @param s `[B, L, m, n...]`
torch::Tensor isotropic_stress(const ReferenceMedium& law, const torch::Tensor& s,
                               const Grid& grid);

/// The equilibrated part of the stress of displacements of the unit loads, with the residual at
/// hand: `C : (E + sym D u) + C0 : sym D z - mean`, and its strain, in one pass.
/// @param preconditioned_residual `z = G0 r`, `r = -D^T C (E + sym D u)`, `[B, L, d, n...]`
/// @param mean `<C : (E + sym D u)>`, `[B, L, m]`, double
StressAndStrain equilibrated_stress(const StiffnessField& stiffness, const ReferenceMedium& medium,
                                    const torch::Tensor& displacement,
                                    const torch::Tensor& preconditioned_residual,
                                    const torch::Tensor& mean);

}  // namespace seco::surrogate::cpu
