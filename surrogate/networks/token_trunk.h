#pragma once

#include <torch/nn.h>

#include <vector>

namespace seco::surrogate {

struct TokenTrunkOptions {
  int dimension = 3;
  std::int64_t in_channels = 0, out_channels = 0;
  /// Channels of the tokens; one level coarser they are 5/3 times as wide.
  std::int64_t width = 96;
  /// Gating features of a voxel.
  std::int64_t n_features = 12;
  /// Voxels along the edge of a token; even.
  std::int64_t token = 4;
};

/// A periodic network that does its work on tokens of `token^d` voxels. Each voxel has a few gating
/// features from a convolution of its neighbourhood; tokens start from the averages of blocks of
/// half their size, and the trunk (ConvNeXt blocks on two levels: Liu
/// et al. 2022, arXiv 2201.03545) predicts for every token the coefficients by which the features
/// of its voxels are multiplied:
///
///     y_i(x) = sum_q c_iq(token of x) f_q(x).
///
/// So an output costs a product of small matrices per voxel, and nothing wide is ever stored per
/// voxel. It is fully convolutional and takes grids of any size: the last token of an axis that
/// `token` does not divide reaches over the periodic boundary.
class TokenTrunkImpl : public torch::nn::Module {
 public:
  explicit TokenTrunkImpl(const TokenTrunkOptions& options);
  /// @param x `[B, in_channels, n...]` @return `[B, out_channels, n...]`
  torch::Tensor forward(const torch::Tensor& x);

 private:
  /// Depthwise convolution, normalisation, two layers voxel by voxel; added to the input.
  torch::Tensor block(const torch::Tensor& x, const std::string& name);
  torch::Tensor convolved(const torch::Tensor& x, const std::string& name, std::int64_t groups,
                          std::int64_t stride) const;
  void add_layer(const std::string& name, std::int64_t in, std::int64_t out, std::int64_t width,
                 double gain, bool depthwise = false);
  void add_block(const std::string& name, std::int64_t channels);

  TokenTrunkOptions options_;
};
TORCH_MODULE(TokenTrunk);

}  // namespace seco::surrogate
