#pragma once

#include <vector>

#include "green_operator.h"
#include "pair_energies.h"
#include "stiffness_field.h"

namespace seco::surrogate {

/// The homogeneous medium that a polarization refers to, one per RVE, and what gates it.
struct Gating {
  ReferenceMedium medium;
  /// Where the medium is softer than the mean one: the gate is then the dual one.
  std::vector<bool> soft_medium;
  /// Where the medium is one of two phases.
  std::vector<bool> two_phases;
  /// Symmetric matrices M of every phase, `[B, P, m, m]`, in the type and on the device of the
  /// fields.
  torch::Tensor matrices;
};

/// The medium is the isotropic part of the phase that fills most of a two-phase RVE, else the mean
/// medium. With C_r its stiffness, the gate is `M = C - C_r` in a stiff medium and
/// `M = C_r - C_r : C^-1 : C_r` in a soft one: both vanish where the phase is the medium, and both
/// are what a strain of order one is multiplied by, whatever the contrast.
Gating gating_of(const StiffnessField& stiffness);

/// tau = M : (E + g), `[B, L, m, n...]`. Differentiable in g. @param g `[B, L, m, n...]`
torch::Tensor polarization_of(const StiffnessField& stiffness, const Gating& gating,
                              const torch::Tensor& g);

/// v = -G_r D^T tau, `[B, L, d, n...]`, what conjugate gradients start from. Differentiable.
torch::Tensor polarized_displacement(const GreenOperator& green, const Gating& gating,
                                     const torch::Tensor& tau);

/// v of the uniform polarization of every phase, g = 0: what a start is worth without a network.
torch::Tensor uniform_start(const StiffnessField& stiffness, const GreenOperator& green);

/// Both admissible fluctuations of a polarization, as PolarizationNetwork has them. Differentiable.
/// @param tau `[B, L, m, n...]`, zero where the gate is
/// @param n_steps of conjugate gradients from v, in a stiff medium
AdmissibleFields polarized_fields(const StiffnessField& stiffness, const GreenOperator& green,
                                  const Gating& gating, const torch::Tensor& tau, int n_steps = 0);

}  // namespace seco::surrogate
