#pragma once

#include <torch/torch.h>

#include "kernel_table.h"

namespace seco::surrogate {

/// One step of preconditioned conjugate gradients, for every load case on its own, in place.
/// @param floor load cases with a smaller rz rest, `[B, L]`
/// @param act `A p`
/// @param precondition sets the preconditioned residual z from the residual r and returns r . z
/// @return `alpha rz` of the step, which is the decrease of `x . A x - 2 b . x`, `[B, L]`
template <typename Act, typename Precondition>
torch::Tensor conjugate_step(const KernelEntries& kernels, const torch::Tensor& floor,
                             const KinematicState& s, const Act& act,
                             const Precondition& precondition) {
  const auto image = act(s.direction);
  const auto work = kernels.inner_product(s.direction, image);
  // Finished load cases stand still while others of the same RVE go on.
  const auto moving = (s.rz > floor) & (work > 0);
  const auto alpha = torch::where(moving, s.rz / work, torch::zeros_like(s.rz));
  const auto decrease = alpha * s.rz;
  kernels.advance(alpha, s.direction, image, s.displacement, s.residual);
  const auto rz = precondition();
  const auto beta = torch::where(moving, rz / s.rz, torch::zeros_like(rz));
  kernels.turn(beta, s.preconditioned, s.direction);
  if (s.sum.defined()) {
    kernels.turn(beta, s.displacement, s.sum);
    if (s.preconditioned_sum.defined()) kernels.turn(beta, s.preconditioned, s.preconditioned_sum);
    s.weight = beta * s.weight + 1.;
  }
  s.rz = rz;
  return decrease;
}

}  // namespace seco::surrogate
