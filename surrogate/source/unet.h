#pragma once

#include <torch/nn.h>

namespace seco::surrogate {

/// A periodic UNet in 2D or 3D: convolutions of width 3 with circular padding, two per level,
/// halving by averages and doubling by nearest neighbours with skip connections. It is fully
/// convolutional and takes grids of any size, odd ones included, since the upsampling aims at the
/// size of the skip connection.
///
/// The last layer sees the features and the input at every voxel, so that what is linear in the
/// input need not pass through the nonlinear layers; a second path multiplies channels of the input
/// by channels of the features, which gives the output the form `K(features) : input`: a local
/// linear map of the input fields that the microstructure around the voxel decides.
struct UNetOptions {
  int dimension = 3;
  std::int64_t in_channels = 21;
  std::int64_t out_channels = 54;
  /// Channels of the finest level; each coarser level has twice as many. Multiples of 16 run
  /// fastest.
  std::int64_t width = 16;
  /// Number of resolutions.
  int levels = 3;
  /// All but the last layer work on block averages of so many voxels along every axis.
  int coarsening = 1;
  /// Size of the last layer at the start, relative to one that keeps the variance.
  double head_gain = 1e-2;
};

class UNetImpl : public torch::nn::Module {
 public:
  explicit UNetImpl(const UNetOptions& options);
  /// @param x `[B, in_channels, n...]`, any floating type, which the layers compute in
  /// @return `[B, out_channels, n...]`
  torch::Tensor forward(const torch::Tensor& x);

 private:
  torch::Tensor convolve(const torch::Tensor& x, const torch::Tensor& weight,
                         const torch::Tensor& bias) const;
  void add_convolution(const std::string& name, std::int64_t in, std::int64_t out, int width,
                       double gain);

  torch::Tensor pooled(const torch::Tensor& x, int factor) const;

  UNetOptions options_;
  /// The first layer mixes many channels voxel by voxel before the wide convolutions.
  bool lifted_ = false;
};
TORCH_MODULE(UNet);

}  // namespace seco::surrogate
