#pragma once

#include <torch/types.h>

#include <string>

#include "seco/surrogate/dlpack.h"

namespace seco::surrogate {

/// The same memory, without a history of derivatives.
DlpackTensor to_dlpack(const torch::Tensor& tensor);

/// The same memory, which the tensor keeps alive.
/// @param name for messages
/// @throws std::invalid_argument for an empty pointer, a device that this LibTorch does not have,
///   and what is not of real floating numbers
torch::Tensor from_dlpack(DlpackTensor tensor, const std::string& name);

}  // namespace seco::surrogate
