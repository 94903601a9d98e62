#pragma once

#include <torch/nn.h>

#include <memory>
#include <mutex>
#include <vector>

#include "input_channels.h"
#include "unet_options.h"

namespace seco::surrogate {

class UNetInference;

/// A periodic UNet in 2D or 3D: convolutions of width 3 with circular padding, two per level,
/// halving by averages and doubling by nearest neighbours with skip connections. It is fully
/// convolutional and takes grids of any size, odd ones included, since the upsampling aims at the
/// size of the skip connection.
///
/// The last layer sees the features and the input at every voxel, so that what is linear in the
/// input need not pass through the nonlinear layers; a second path multiplies channels of the input
/// by channels of the features, which gives the output the form `K(features) : input`: a local
/// linear map of the input fields that the microstructure around the voxel decides.
class UNetImpl : public torch::nn::Module {
 public:
  explicit UNetImpl(const UNetOptions& options);
  /// @param x `[B, in_channels, n...]`, any floating type, which the layers compute in
  /// @return `[B, out_channels, n...]`
  torch::Tensor forward(const torch::Tensor& x);

  /// Evaluates the network for input channels in several tensors, in the arithmetic asked for, and
  /// multiplies each output channel by a factor per RVE. On a CPU and without gradients by
  /// UNetInference.
  /// @param input single (or double) precision @param type single, bfloat16 or float16
  /// @param output_factor `[B, out_channels]`; undefined: 1
  /// @return `[B, out_channels, n...]`, in the precision of the input
  torch::Tensor forward(const std::vector<InputChannels>& input, torch::Dtype type,
                        const torch::Tensor& output_factor);

 private:
  torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight,
                         const torch::Tensor& bias) const;
  void add_convolution(const std::string& name, std::int64_t in, std::int64_t out, int width,
                       double gain);

  torch::Tensor pooled(const torch::Tensor& x, int factor) const;

  /// The inference of the present weights: prepared once for as long as they do not change.
  std::shared_ptr<const UNetInference> inference(torch::Dtype type);

  UNetOptions options_;
  /// The first layer mixes many channels voxel by voxel before the wide convolutions.
  bool lifted_ = false;

  struct Prepared {
    torch::Dtype type;
    std::vector<std::pair<const void*, std::int64_t>> versions;
    std::shared_ptr<const UNetInference> inference;
  };
  std::mutex mutex_;
  std::vector<Prepared> prepared_;
};
TORCH_MODULE(UNet);

}  // namespace seco::surrogate
