#pragma once

#include "green_operator.h"
#include "stiffness_field.h"

namespace seco::surrogate::cpu {

/// The work of KinematicIteration and of the certificate on the CPU in as few passes over memory as
/// there are points where all voxels must meet, for all load cases of one RVE after the other;
/// RVEs are shared among threads where there are enough of them, else the planes of one. Sums do
/// not depend on the number of threads.
///
/// One iteration reads and writes every field about 14 times altogether (u, r, p, their images and
/// spectra), against some 60 of the same operations one by one.

/// Whether these fields take this path.
bool has_fused_path(const StiffnessField& stiffness);

/// `f = sign D^T C (E + sym D u)`. @param with_unit_loads whether E are the unit strains, or zero
/// @return `e : C : e` of the strains, summed over the voxels, `[B, L]`, double
torch::Tensor stiffness_action(const StiffnessField& stiffness, const torch::Tensor& displacement,
                               bool with_unit_loads, double sign, torch::Tensor& force);

/// `<e : Q : e>` of the strains sym D u for one symmetric matrix Q per phase, `[B, L]`, double.
/// @param table `[B, P, m, m]`
torch::Tensor strain_forms(const StiffnessField& stiffness, const torch::Tensor& displacement,
                           const torch::Tensor& table);

/// `u = G0 f`. @return `f . u` summed over the nodes, `[B, L]`, double
torch::Tensor green(const GreenOperator& operators, const torch::Tensor& force,
                    const ReferenceMedium& medium, torch::Tensor& displacement);

/// The residual `r = -D^T C (E + sym D u)` of the unit strains E and `z = G0 r`.
struct Residual {
  torch::Tensor residual, preconditioned;
  /// `r . z` summed over the nodes, `[B, L]`, double.
  torch::Tensor product;
};
Residual residual_of(const StiffnessField& stiffness, const GreenOperator& operators,
                     const ReferenceMedium& medium, const torch::Tensor& displacement);

/// Fields of conjugate gradients, see KinematicIteration.
struct IterationFields {
  torch::Tensor &displacement, &residual, &preconditioned, &direction;
};

/// One step. @param rz `r . z`, `[B, L]`, replaced by its new value @param floor load cases with a
/// smaller rz rest @return decrease of the energies, `[B, L]`
torch::Tensor kinematic_step(const StiffnessField& stiffness, const GreenOperator& operators,
                             const ReferenceMedium& medium, const IterationFields& fields,
                             torch::Tensor& rz, const torch::Tensor& floor);

/// Sums over the voxels that both bounds need, divided by the number of voxels; double.
struct Energies {
  /// `<e_i : C : e_j>` and `<C : e_i>` of the total strains `e_i = E_i + sym D u_i`: `[B, L, L]`,
  /// `[B, L, m]`.
  torch::Tensor strain_gram, stress_mean;
  /// Of the equilibrated stresses `s_i = C : e_i + C0 : sym D z_i`: `<s_i : C^-1 : s_j>`,
  /// `<C^-1 : s_i>` and `<s_i>`.
  torch::Tensor stress_gram, compliance_mean, total_mean;
};
/// @param preconditioned `z = G0 r` of the residual `r = -D^T C (E + sym D u)`
Energies energies(const StiffnessField& stiffness, const ReferenceMedium& medium,
                  const torch::Tensor& displacement, const torch::Tensor& preconditioned);

}  // namespace seco::surrogate::cpu
