#pragma once

#include "backbone.h"
#include "field_network.h"

namespace seco::surrogate {

/// The models `UNet` and `TFNO`, which learn from data alone: strain and stress of all unit load
/// cases straight from the backbone of that name, neither compatible nor in equilibrium; `direct`:
/// the same from a TorchScript module. The mean strain is exact.
class DirectNetwork : public FieldNetwork {
 public:
  /// @throws std::invalid_argument naming the setting, its value and what is allowed.
  explicit DirectNetwork(const NetworkSettings& settings);
  std::pair<std::int64_t, std::int64_t> channels() const override {
    return {backbone_->in_channels(), backbone_->out_channels()};
  }

 private:
  PredictedFields forward(const StiffnessField& stiffness) override;
  Backbone backbone_{nullptr};
};

}  // namespace seco::surrogate
