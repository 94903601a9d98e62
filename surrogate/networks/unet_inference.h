#pragma once

// Missing from ordered_dict.h of LibTorch 2.
#include <c10/util/Exception.h>
#include <torch/ordered_dict.h>
#include <torch/types.h>

#include "feature_images.h"
#include "input_channels.h"
#include "unet_options.h"

namespace seco::surrogate {

/// A UNet as UNetImpl computes it, without gradients and on a CPU, in the order and layout that are
/// fastest there:
/// - convolutions of width 3 act on images with halo (feature_images.h), and what follows them
///   (bias, activation, addition, halo, the place beside the skip connection) is one pass;
/// - what the last layer needs of the features is computed on their coarse grid;
/// - the last layer reads the input fields a few rows at a time, so that all its products find
///   their factors in the cache, and no field of the fine grid is stored but the result.
class UNetInference {
 public:
  /// @param parameters of UNetImpl, single precision, on the CPU; copied
  /// @param type of the arithmetic: single precision or bfloat16 with single-precision sums
  UNetInference(const UNetOptions& options,
                const torch::OrderedDict<std::string, torch::Tensor>& parameters,
                torch::Dtype type);

  /// @param input single precision, on the CPU
  /// @param output_factor `[B, out_channels]`, of every output channel; undefined: 1
  /// @return `[B, out_channels, n...]`, single precision
  torch::Tensor operator()(const std::vector<InputChannels>& input,
                           const torch::Tensor& output_factor) const;

 private:
  struct Convolution {
    std::string name;
    torch::Tensor weight, bias;
  };
  /// Features of some RVEs on the coarse grid.
  FeatureImages features(const std::vector<InputChannels>& input, std::int64_t first_rve,
                         std::int64_t n_rves) const;
  FeatureImages lifted(const std::vector<InputChannels>& input, std::int64_t first_rve,
                       std::int64_t n_rves) const;
  /// `[a, b]` of a level: the second adds its input. Writes to `destination`.
  void convolve_twice(const FeatureImages& x, const Convolution& a, const Convolution& b,
                      const FeatureChannels& destination) const;
  void last_layer(const std::vector<InputChannels>& input, std::int64_t rve,
                  const torch::Tensor& features, const std::array<std::int64_t, 3>& coarse,
                  const torch::Tensor& output_factor, const torch::Tensor& output) const;

  UNetOptions options_;
  torch::Dtype type_;
  /// `[out, in]` of the layer before the convolutions, if there is one.
  torch::Tensor lift_, lift_bias_;
  std::vector<Convolution> down_, up_;
  /// Of the last layer, single precision: `[gates, width]`, `[gates, in + 1]` and `[out, in + 1]`,
  /// with the bias in the last column, and `[out, width + gates]`.
  torch::Tensor gate_, gate_bias_, value_, linear_, local_;
};

}  // namespace seco::surrogate
