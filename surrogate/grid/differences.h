#pragma once

#include "grid.h"

namespace seco::surrogate {

/// First difference D_j of every leading component (difference_operator.h), and its adjoint D_j^T:
/// `[..., n...] -> [..., n...]`. Tensor operations only, so differentiable on any device.
torch::Tensor difference(const torch::Tensor& field, int direction, const Grid& grid);
torch::Tensor difference_adjoint(const torch::Tensor& field, int direction, const Grid& grid);

}  // namespace seco::surrogate
