#pragma once

#include "backbone.h"
#include "field_network.h"

namespace seco::surrogate {

/// Weak ECO (arXiv 2504.13422): the backbone predicts displacements; compatibility and the
/// constitutive law `sigma = C : eps` are exact, and equilibrium is left to the loss.
class WEcoNetwork : public FieldNetwork {
 public:
  /// @throws std::invalid_argument naming the setting, its value and what is allowed.
  explicit WEcoNetwork(const NetworkSettings& settings);
  std::pair<std::int64_t, std::int64_t> channels() const override {
    return {backbone_->in_channels(), backbone_->out_channels()};
  }

 private:
  PredictedFields forward(const StiffnessField& stiffness) override;
  Backbone backbone_{nullptr};
};

}  // namespace seco::surrogate
