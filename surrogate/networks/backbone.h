#pragma once

#include <torch/nn.h>

#include "script_backbone.h"
#include "seco/surrogate/network_settings.h"
#include "tfno.h"
#include "unet.h"

namespace seco::surrogate {

/// The learnable part of every field network: a UNet, a TFNO or a TorchScript module made elsewhere
/// between channel tensors, in the arithmetic that the settings ask for. Input and output are
/// single (or double) precision whatever is used inside.
class BackboneImpl : public torch::nn::Module {
 public:
  /// @param backbone `UNet`, `TFNO` or `TorchScript`
  /// @param head_gain size of the last layer at the start: small where training should start from
  ///   the fields that precede the network.
  /// @throws std::invalid_argument naming the setting, its value and what is allowed.
  BackboneImpl(const NetworkSettings& settings, const std::string& backbone,
               std::int64_t in_channels, std::int64_t out_channels, double head_gain);

  /// @param x `[B, in_channels, n...]` @return `[B, out_channels, n...]`
  torch::Tensor forward(const torch::Tensor& x);

  std::int64_t in_channels() const { return in_channels_; }
  std::int64_t out_channels() const { return out_channels_; }

  /// Evaluates the backbone for input channels in several tensors, and multiplies each output
  /// channel by a factor per RVE. On a CPU and without gradients a UNet reads the tensors in place
  /// (UNetInference). On a GPU single precision may mean TF32 (10 bits of mantissa) here and
  /// nowhere else: what follows the backbone makes its fields admissible in full single precision,
  /// and bounds them as they are.
  /// @param input channels `[B, c, n...]`, in_channels() together
  /// @param output_factor `[B, out_channels]`; undefined: 1
  /// @return `[B, out_channels, n...]`
  torch::Tensor forward(const std::vector<InputChannels>& input,
                        const torch::Tensor& output_factor = {});

 private:
  UNet unet_{nullptr};
  TFNO tfno_{nullptr};
  ScriptBackbone script_{nullptr};
  torch::Dtype precision_;
  std::int64_t in_channels_, out_channels_;
};
TORCH_MODULE(Backbone);

}  // namespace seco::surrogate
