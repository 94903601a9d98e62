#pragma once

#include <array>

#include <torch/types.h>

#include <vector>

namespace seco::surrogate {

/// Fields that a backbone reads as channels, `[B, c, n...]`, times one factor per RVE. A backbone
/// takes several of them, one after another, so that nobody need concatenate or scale them before.
struct InputChannels {
  torch::Tensor values;
  /// `[B]`; undefined: 1.
  torch::Tensor factor;
};

std::int64_t n_channels(const std::vector<InputChannels>& parts);

/// The parts as one tensor `[B, C, n...]`, differentiable.
torch::Tensor concatenated(const std::vector<InputChannels>& parts);

/// `[B, C]` to a tensor that broadcasts against `[B, C, n...]`, in its type.
torch::Tensor per_channel(const torch::Tensor& factor, const torch::Tensor& field);

/// Averages over blocks of `factor` voxels along every axis (cut at the end of an axis that the
/// factor does not divide), as avg_pool with ceil_mode, of all channels of one RVE.
/// @param parts on the CPU, single precision
/// @return `[C, N]`, N: blocks, single precision or bfloat16
torch::Tensor block_means(const std::vector<InputChannels>& parts, std::int64_t rve,
                          std::int64_t factor, torch::Dtype type);

/// Copies voxels `first, first + 1, ...` of all channels of one RVE, times their factors, to
/// `[C, count]`. @param parts on the CPU, single precision @param destination contiguous, single
/// precision or bfloat16
void gather_voxels(const std::vector<InputChannels>& parts, std::int64_t rve, std::int64_t first,
                   const torch::Tensor& destination);

/// Images, rows and pixels per row of a field `[B, c, n...]`; a plane is one image.
inline std::array<std::int64_t, 3> image_shape_of(c10::IntArrayRef sizes) {
  const auto n = sizes.slice(2);
  if (n.size() == 2) return {1, n[0], n[1]};
  return {n[0], n[1], n[2]};
}

}  // namespace seco::surrogate
