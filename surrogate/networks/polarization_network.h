#pragma once

#include <torch/nn.h>

#include <memory>
#include <mutex>
#include <vector>

#include "field_network.h"
#include "polarization.h"
#include "polarization_inference.h"
#include "token_trunk.h"

namespace seco::surrogate {

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
///
/// In a stiff medium the stress above is far off in the soft phase, where an error of tau meets a
/// large compliance. With NetworkSettings::solver_steps the fields are those after as many steps of
/// conjugate gradients on the potential energy from v, and the equilibrated part of their stress:
/// a loss on their gap asks of v what is not left to the solver anyway.
///
/// Each phase is described by few channels, from two layers that read its moduli; the voxels see
/// them through the convolution of their neighbourhood.
class PolarizationNetwork : public FieldNetwork {
 public:
  /// @throws std::invalid_argument naming the setting, its value and what is allowed.
  explicit PolarizationNetwork(const NetworkSettings& settings);
  std::pair<std::int64_t, std::int64_t> channels() const override;
  /// What conjugate gradients start from: v, `[B, L, d, n...]`.
  torch::Tensor start(const StiffnessField& stiffness, const GreenOperator& green);

 private:
  PredictedFields forward(const StiffnessField& stiffness) override;
  /// tau of every unit load, `[B, L, m, n...]`; on a CPU without gradients by
  /// PolarizationInference.
  torch::Tensor polarization(const StiffnessField& stiffness, const Gating& gating);
  /// That of the present weights: prepared once for as long as they do not change.
  std::shared_ptr<const PolarizationInference> inference();
  /// What the trunk reads of every phase, `[B, P, c]`.
  torch::Tensor embedded_phases(const StiffnessField& stiffness, const Gating& gating);

  torch::nn::Linear moduli_{nullptr}, phases_{nullptr};
  TokenTrunkOptions options_;
  TokenTrunk trunk_{nullptr};
  std::mutex mutex_;
  std::shared_ptr<const PolarizationInference> prepared_;
  std::vector<std::pair<const void*, std::int64_t>> versions_;
};

}  // namespace seco::surrogate
