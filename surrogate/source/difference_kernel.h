#pragma once

#include "grid.h"

namespace seco::surrogate {

/// CPU kernels of the operator pair (see difference_operator.h): one pass over memory, threads over
/// fields and slabs. Inputs may have any strides; they are made contiguous first.
torch::Tensor strain_kernel(const torch::Tensor& displacement, const Grid& grid);
torch::Tensor divergence_kernel(const torch::Tensor& stress, const Grid& grid);

}  // namespace seco::surrogate
