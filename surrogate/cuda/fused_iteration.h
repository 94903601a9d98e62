#pragma once

#include "green_operator.h"
#include "stiffness_field.h"

namespace seco::surrogate::cuda {

/// Conjugate gradients on a CUDA device in as few passes over memory as there are points where all
/// voxels must meet; all numbers of the iteration stay on the device, so that no step waits for
/// the host. Fields are read and written 16 times per step, two of them complex.

/// Whether the kernels take these RVEs, see takes().
bool has_fused_path(const StiffnessField& stiffness);

/// Vectors and numbers of the iteration: displacement u, residual r, preconditioned residual z and
/// *previous* direction p, `[B, L, d, n...]`; the direction of the next step is `z + beta p`.
/// `rz = r . z` and `beta` are `[B, L]`, double.
struct IterationState {
  torch::Tensor &displacement, &residual, &preconditioned, &direction, &rz, &beta;
};

/// `r = -D^T C (E + sym D u)`, `z = G0 r`, `rz`, and beta zero: the next step goes along z. The
/// direction is left alone.
void start_iteration(const StiffnessField& stiffness, const ReferenceMedium& medium,
                     const IterationState& state);

/// One step. @param floor load cases with a smaller rz rest, `[B, L]`, double
/// @return decrease of the energies, `[B, L]`, double
torch::Tensor kinematic_step(const StiffnessField& stiffness, const ReferenceMedium& medium,
                             const torch::Tensor& floor, const IterationState& state);

}  // namespace seco::surrogate::cuda
