#pragma once

#include <c10/util/Exception.h>
#include <torch/ordered_dict.h>
#include <torch/types.h>

#include <array>
#include <vector>

#include "polarization.h"
#include "token_trunk.h"

namespace seco::surrogate {

/// The polarization that PolarizationNetwork predicts, without gradients and on a CPU, in the order
/// that is fastest there:
/// - the microstructure is a phase per voxel, so the convolution of its neighbourhood is a sum of
///   one table entry per neighbour, and one entry in all where all neighbours are of one phase;
/// - gating features and polarization are computed only where the gate of the phase is not zero;
/// - nothing is stored per voxel but the features of these voxels and tau.
class PolarizationInference {
 public:
  /// @param parameters of TokenTrunkImpl, single precision, on the CPU; copied
  PolarizationInference(const TokenTrunkOptions& options,
                        const torch::OrderedDict<std::string, torch::Tensor>& parameters);

  /// tau of every unit load, `[B, L, m, n...]`, single precision.
  /// @param channels of every phase, `[B, P, c]`, single precision
  torch::Tensor operator()(const StiffnessField& stiffness, const Gating& gating,
                           const torch::Tensor& channels) const;

 private:
  struct Block {
    /// `[taps, C]`, `[C]`, `[C, 3 C]`, `[3 C, C]`, with biases.
    torch::Tensor space, space_bias, scale, wide, wide_bias, narrow, narrow_bias;
  };
  struct Layer {
    /// `[in, out]` and `[out]`.
    torch::Tensor weight, bias;
  };
  using Shape = std::array<std::int64_t, 3>;

  Block block(const torch::OrderedDict<std::string, torch::Tensor>& parameters,
              const std::string& name) const;
  /// x + the block of it. @param x `[B * tokens, C]` @param shape of the tokens of one RVE
  torch::Tensor applied(const Block& block, const torch::Tensor& x, std::int64_t batch,
                        const Shape& shape) const;
  /// Coefficients of the features, `[B * tokens, features, outputs]`, from averages over blocks.
  torch::Tensor coefficients(const torch::Tensor& averages, std::int64_t batch,
                             const Shape& tokens) const;

  TokenTrunkOptions options_;
  /// `[channels, taps, local]`, `[local]`, `[local, features]`, `[features]`, padded to vectors.
  torch::Tensor local_, local_bias_, features_, features_bias_;
  Layer tokens_, down_, up_, head_;
  std::vector<Block> first_, coarse_, last_;
};

}  // namespace seco::surrogate
