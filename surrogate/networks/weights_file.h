#pragma once

#include <torch/nn.h>

#include <map>
#include <string>

namespace seco::surrogate {

/// Named tensors and texts in one file.
struct WeightsFile {
  std::map<std::string, torch::Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

/// Writes a file in the format safetensors (github.com/huggingface/safetensors): the length of a
/// JSON header, the header with type, shape and place of every tensor, and their numbers, little
/// endian. The file is written beside its name and moved into place.
/// @param content tensors of any strides and device; double, float, bfloat16, half or int64
/// @throws std::invalid_argument for another type of number
/// @throws std::runtime_error if the file cannot be written; what was there before is unchanged
void write_weights(const std::string& path, const WeightsFile& content);

/// Reads such a file, for the CPU. Nothing in it is executed, and nothing is allocated that the
/// file does not hold: header and places of tensors are checked against the size of the file first.
/// @throws std::invalid_argument naming file, tensor, what was found and what is expected
WeightsFile read_weights(const std::string& path);

/// Parameters and buffers of a module by name, not copied.
std::map<std::string, torch::Tensor> weights_of(const torch::nn::Module& module);

/// Copies tensors of the same names and shapes into a module.
/// @throws std::invalid_argument naming origin and tensor where one is missing or superfluous, has
///   another shape or type, or is not finite; the module is then unchanged
void assign_weights(torch::nn::Module& module, const std::map<std::string, torch::Tensor>& weights,
                    const std::string& origin);

}  // namespace seco::surrogate
