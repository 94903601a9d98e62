#pragma once

#include <torch/nn.h>

#include <memory>
#include <string>

namespace seco::surrogate {

/// A TorchScript module, made elsewhere, between channel tensors: `forward(x)` of one tensor
/// `[B, in_channels, n...]` in single precision gives one `[B, out_channels, n...]`.
///
/// TorchScript is a program: whoever loads one executes it (model_folder.h asks for consent).
class ScriptBackboneImpl : public torch::nn::Module {
 public:
  /// Loads the module for the CPU. What it makes of its input is checked at every call.
  /// @throws std::invalid_argument naming the file if it is no TorchScript module, or has weights
  ///   other than single precision
  ScriptBackboneImpl(const std::string& path, std::int64_t out_channels);

  /// @param x `[B, in_channels, n...]`, single or double precision
  /// @return `[B, out_channels, n...]`, in the precision of the input
  /// @throws std::invalid_argument naming the file, the input, what it returns and what is expected
  torch::Tensor forward(const torch::Tensor& x);

 private:
  // Hides the header of TorchScript, which is a large one.
  struct Script;

  std::string path_;
  std::int64_t out_channels_;
  std::shared_ptr<Script> script_;
};
TORCH_MODULE(ScriptBackbone);

}  // namespace seco::surrogate
