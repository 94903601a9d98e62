#pragma once

#include "kernel_table.h"

namespace seco::surrogate::cuda {

/// Conjugate gradients on a CUDA device in as few passes over memory as there are points where all
/// voxels must meet; all numbers of the iteration stay on the device, so that no step waits for
/// the host. Fields are read and written 16 times per step, two of them complex. Contracts in
/// kernel_table.h.

Residual residual_of(const KernelEntries& kernels, const PhaseTables& tables, const GreenPlan& plan,
                     const ReferenceMedium& medium, const torch::Tensor& u);

TangentAction tangent_action(const KernelEntries& kernels, const Grid& grid,
                             const torch::Tensor& coefficients, const torch::Tensor& u,
                             const torch::Tensor& mean);

/// The state's direction is the *previous* one: the step goes along `z + beta p`.
torch::Tensor kinematic_step(const KernelEntries& kernels, const PhaseTables& tables,
                             const GreenPlan& plan, const ReferenceMedium& medium,
                             const torch::Tensor& floor, const KinematicState& state);

}  // namespace seco::surrogate::cuda
