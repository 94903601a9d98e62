#pragma once

#include "kernel_table.h"

namespace seco::surrogate::cpu {

/// Equilibrated stresses in as few passes over memory as there are points where all voxels must
/// meet; contracts in kernel_table.h.

torch::Tensor isotropic_stress(const ReferenceMedium& law, const torch::Tensor& e,
                               const Grid& grid);
/// One pass over s, and one that writes the results.
StressAndStrain equilibrated_part(const KernelEntries& kernels, const ReferenceMedium* law,
                                  const torch::Tensor& s, const GreenPlan& plan,
                                  const ReferenceMedium& medium, const PhaseTables* tables);
/// In one pass.
StressAndStrain equilibrated_stress(const KernelEntries& kernels, const PhaseTables& tables,
                                    const ReferenceMedium& medium, const torch::Tensor& u,
                                    const torch::Tensor& z, const torch::Tensor& mean);

}  // namespace seco::surrogate::cpu
