#pragma once

#include "field_network.h"
#include "green_operator.h"
#include "token_trunk.h"

namespace seco::surrogate {

/// The homogeneous medium that a polarization refers to, one per RVE, and what gates it.
struct Gating {
  ReferenceMedium medium;
  /// Where the medium is softer than the mean one: the gate is then the dual one.
  std::vector<bool> soft_medium;
  /// Symmetric matrices M of every phase, `[B, P, m, m]`, in the type and on the device of the
  /// fields.
  torch::Tensor matrices;
};

/// The medium is the isotropic part of the phase that fills most of a two-phase RVE, else the mean
/// medium. With C_r its stiffness, the gate is `M = C - C_r` in a stiff medium and
/// `M = C_r - C_r : C^-1 : C_r` in a soft one: both vanish where the phase is the medium, and both
/// are what a strain of order one is multiplied by, whatever the contrast.
Gating gating_of(const StiffnessField& stiffness);

/// Both admissible fluctuations from a strain g of every unit load, as PolarizationNetwork has
/// them. Differentiable in g. @param g `[B, L, m, n...]`
AdmissibleFields polarized_fields(const StiffnessField& stiffness, const GreenOperator& green,
                                  const Gating& gating, const torch::Tensor& g);

/// The s-ECO form with a *gated polarization*: the network predicts a strain g of every unit load,
/// the polarization is `tau = M : (E + g)` and vanishes where the phase is the reference medium,
/// and one application of the medium's Green operator makes both fields admissible:
///
///     v = -G_r D^T tau,   sigma = C_r : (E + sym D v) + tau.
///
/// The stress is in equilibrium for every tau. Where the medium is stiff (soft inclusions, pores),
/// v is the displacement; where it is soft, v costs too much energy in the stiff phase, and the
/// displacement is that of the compatible part of C^-1 : sigma, by one application more. For the
/// exact strain (or in a soft medium for `g` of the exact stress, `C_r : (E + g) = sigma`) both are
/// the solution. g = 0 is the start from a uniform polarization per phase. tau is linear in the
/// load, and a token of 4^d voxels predicts the coefficients of a few gating features of its voxels
/// (TokenTrunk), so that fine detail costs little.
class PolarizationNetwork : public FieldNetwork {
 public:
  /// @throws std::invalid_argument naming the setting, its value and what is allowed.
  explicit PolarizationNetwork(const NetworkSettings& settings);
  std::pair<std::int64_t, std::int64_t> channels() const override;

 private:
  PredictedFields forward(const StiffnessField& stiffness) override;
  /// What the trunk reads, `[B, c, n...]`.
  torch::Tensor input(const StiffnessField& stiffness, const Gating& gating) const;

  TokenTrunk trunk_{nullptr};
};

}  // namespace seco::surrogate
