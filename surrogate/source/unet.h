#pragma once

#include <torch/nn.h>

namespace seco::surrogate {

/// A periodic UNet in 2D or 3D: convolutions of width 3 with circular padding, two per level,
/// halving by averages and doubling by nearest neighbours with skip connections. It is fully
/// convolutional and takes grids of any size, odd ones included, since the upsampling aims at the
/// size of the skip connection. The last layer also sees the input, voxel by voxel, so that what is
/// linear in the input need not pass through the nonlinear layers.
struct UNetOptions {
  int dimension = 3;
  std::int64_t in_channels = 21;
  std::int64_t out_channels = 54;
  /// Channels of the finest level; each coarser level has twice as many. Multiples of 16 run
  /// fastest.
  std::int64_t width = 16;
  /// Number of resolutions.
  int levels = 3;
};

class UNetImpl : public torch::nn::Module {
 public:
  explicit UNetImpl(const UNetOptions& options);
  /// @param x `[B, in_channels, n...]` @return `[B, out_channels, n...]`
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight,
                         const torch::Tensor& bias) const;
  void add_convolution(const std::string& name, std::int64_t in, std::int64_t out, int width,
                       double gain);

  UNetOptions options_;
};
TORCH_MODULE(UNet);

}  // namespace seco::surrogate
