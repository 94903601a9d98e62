#pragma once

#include <torch/types.h>

#include <array>

namespace seco::surrogate {

/// Features on a periodic grid in the layout in which convolutions of width 3 are fastest on a CPU:
/// channels last, and a 3D grid as a stack of images. A 3D convolution is then one of images with
/// three times as many output channels, whose thirds are added with a shift,
///
///     y_k = W_-1 * x_(k-1) + W_0 * x_k + W_1 * x_(k+1),    W_j * : two-dimensional,
///
/// which keeps oneDNN busy for a single small grid, where its 3D convolutions are not. Images carry
/// a halo of their periodic continuation, written together with the image, so that no convolution
/// copies its input. Forward only; UNetImpl::forward is the differentiable form.
struct FeatureImages {
  /// `[B, n1, n2 + 2 halo, n3 + 2 halo, channels]`, in 2D `[B, 1, n1 + 2 halo, n2 + 2 halo,
  /// channels]`; contiguous, single precision or bfloat16.
  torch::Tensor values;
  std::int64_t halo = 0;

  std::int64_t batch() const { return values.size(0); }
  /// Images per grid, rows, pixels per row, without halo.
  std::array<std::int64_t, 3> shape() const {
    return {values.size(1), values.size(2) - 2 * halo, values.size(3) - 2 * halo};
  }
  std::int64_t channels() const { return values.size(4); }
};

/// So many channels of images, from `first` on.
struct FeatureChannels {
  FeatureImages images;
  std::int64_t first = 0;
};

/// Uninitialized images. @param shape images per grid, rows, pixels per row
FeatureImages make_images(std::int64_t batch, const std::array<std::int64_t, 3>& shape,
                          std::int64_t channels, std::int64_t halo, torch::Dtype type);

/// Weights for convolution_terms(). @param weight `[out, in, 3, 3]` or `[out, in, 3, 3, 3]`
/// @return `[out, in, 3, 3]` or `[3 out, in, 3, 3]`, channels last, of the given type
torch::Tensor image_weight(const torch::Tensor& weight, torch::Dtype type);

/// The terms of a convolution of width 3, without bias: `[B, n1, n2, n3, 3 out]` (2D: `[B, 1, n1,
/// n2, out]`), of which finish_convolution() makes the result. @param x with a halo of 1
torch::Tensor convolution_terms(const FeatureImages& x, const torch::Tensor& image_weight);

/// What follows the products of a convolution.
struct Finish {
  /// `[out]`, single precision.
  torch::Tensor bias;
  /// Apply x / (1 + exp(-x)).
  bool activate = true;
  /// Added at the end, if set.
  const FeatureImages* residual = nullptr;
};

/// Adds the terms of a convolution in single precision, finishes, and writes the result with its
/// periodic continuation. @param terms `[B, n1, n2, n3, out or 3 out]`
void finish_convolution(const torch::Tensor& terms, const Finish& finish,
                        const FeatureChannels& destination);

/// Averages over blocks of two voxels along every axis with more than one image (blocks at the end
/// of an odd axis have one), as avg_pool with ceil_mode. @param channels how many of `source`
/// @param grid_dimension 2 or 3: images of a 2D grid are not averaged with each other
void halve(const FeatureChannels& source, std::int64_t channels, int grid_dimension,
           const FeatureImages& destination);

/// Nearest neighbours, as torch::nn::functional::interpolate.
void enlarge(const FeatureImages& source, const FeatureChannels& destination);

/// Source of every destination index in a nearest-neighbour interpolation.
std::vector<std::int64_t> nearest_indices(std::int64_t source, std::int64_t destination);

}  // namespace seco::surrogate
