#pragma once

#include "eco_blocks.h"
#include "seco/surrogate/network_settings.h"
#include "unet.h"

namespace seco::surrogate {

/// Admissible fluctuations of all unit load cases, each `[B, L, m, n...]`, dimensionless.
struct AdmissibleFields {
  torch::Tensor strain;
  torch::Tensor stress;
};

/// The s-ECO arrangement of arXiv 2504.13422: a UNet reads the voxelwise stiffness and predicts,
/// for all unit load cases at once, what the compatibility and equilibrium blocks turn into a
/// compatible strain and an equilibrated stress; the constitutive law is left to the loss. The
/// input is scaled by the mean shear modulus of the RVE, so the result does not depend on the unit.
class SEcoNetworkImpl : public torch::nn::Module {
 public:
  /// @throws std::invalid_argument naming the setting, its value and what is allowed.
  explicit SEcoNetworkImpl(const NetworkSettings& settings);

  /// @throws std::invalid_argument if the dimension of the RVEs is not the network's.
  AdmissibleFields forward(const StiffnessField& stiffness);

  const NetworkSettings& settings() const { return settings_; }
  std::int64_t n_parameters() const;

 private:
  NetworkSettings settings_;
  EquilibriumForm equilibrium_;
  UNet unet_{nullptr};
};
TORCH_MODULE(SEcoNetwork);

}  // namespace seco::surrogate
