#pragma once

#include "backbone.h"
#include "eco_blocks.h"
#include "field_network.h"

namespace seco::surrogate {

/// The s-ECO arrangement of arXiv 2504.13422: the backbone reads the microstructure voxel by voxel
/// and predicts, for all unit load cases at once, what the compatibility and equilibrium blocks
/// turn into a compatible strain and an equilibrated stress; the constitutive law is left to the
/// loss. All stresses are in units of the mean shear modulus of the RVE, so the result does not
/// depend on the unit.
///
/// With `solver_steps` > 0, so many steps of block conjugate gradients on either energy (see
/// EnergyDescent) precede the backbone, which then also sees the strain so far, its steepest
/// descent field, and the constitutive residual `sigma - C : eps` of the pair. While training, its
/// fields are corrections that are added as they are: the loss then falls along the whole of what
/// is missing, whereas the best multiple of a field that is still random is near zero and its
/// gradient with it (measured: training through the Ritz step learns nothing in 2000 steps).
/// Afterwards they enter one more step as further directions, so the result is never worse than
/// that of the solver alone.
class SEcoNetwork : public FieldNetwork {
 public:
  /// @throws std::invalid_argument naming the setting, its value and what is allowed.
  explicit SEcoNetwork(const NetworkSettings& settings);
  std::pair<std::int64_t, std::int64_t> channels() const override {
    return {backbone_->in_channels(), backbone_->out_channels()};
  }

 private:
  PredictedFields forward(const StiffnessField& stiffness) override;
  PredictedFields without_solver(const StiffnessField& stiffness, const GreenOperator& green);
  PredictedFields with_solver(const StiffnessField& stiffness, const GreenOperator& green);
  /// Nodal displacement and potential from the backbone, each `[B, L, channels, n...]`.
  /// @param unit_stress `[B]`, what the backbone's stresses are multiples of
  std::pair<torch::Tensor, torch::Tensor> displacement_and_potential(
      const std::vector<InputChannels>& input, const torch::Tensor& unit_stress,
      const GreenOperator& green, const ReferenceMedium& medium);

  EquilibriumForm equilibrium_;
  Backbone backbone_{nullptr};
};

}  // namespace seco::surrogate
