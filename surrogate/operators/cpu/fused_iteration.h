#pragma once

#include "kernel_table.h"

namespace seco::surrogate::cpu {

/// The work of KinematicIteration and of the certificate in as few passes over memory as there are
/// points where all voxels must meet, for all load cases of one RVE after the other; RVEs are
/// shared among threads where there are enough of them, else the planes of one. Contracts in
/// kernel_table.h.
///
/// One iteration reads and writes every field about 14 times altogether (u, r, p, their images and
/// spectra), against some 60 of the same operations one by one.

torch::Tensor stiffness_action(const KernelEntries& kernels, const PhaseTables& tables,
                               const torch::Tensor& u, bool unit_loads, double sign);
TangentAction tangent_action(const KernelEntries& kernels, const Grid& grid,
                             const torch::Tensor& coefficients, const torch::Tensor& u,
                             const torch::Tensor& mean);
torch::Tensor strain_forms(const KernelEntries& kernels, const PhaseTables& tables,
                           const torch::Tensor& matrices, const torch::Tensor& u);
Residual residual_of(const KernelEntries& kernels, const PhaseTables& tables, const GreenPlan& plan,
                     const ReferenceMedium& medium, const torch::Tensor& u);
/// The state's direction is the next one, beta is not used.
torch::Tensor kinematic_step(const KernelEntries& kernels, const PhaseTables& tables,
                             const GreenPlan& plan, const ReferenceMedium& medium,
                             const torch::Tensor& floor, const KinematicState& state);
Energies energies(const KernelEntries& kernels, const PhaseTables& tables,
                  const ReferenceMedium& medium, const torch::Tensor& u, const torch::Tensor& v,
                  const torch::Tensor& z);

}  // namespace seco::surrogate::cpu
