#pragma once

#include <torch/types.h>

#include <functional>

namespace seco::surrogate {

/// Derivatives of linear operators on fields, whatever table of kernels does the work: kernels keep
/// no graph, and the derivative of a linear operator is its adjoint.

using FieldMap = std::function<torch::Tensor(const torch::Tensor&)>;

/// Whether a result has to be put on the graph; where not, kernels are called as they are.
bool wants_gradient(const torch::Tensor& x);

/// `apply(x)` on the graph of x. @param adjoint the adjoint operator, itself differentiable; kept
/// with the graph together with what it holds
torch::Tensor on_graph(const torch::Tensor& x, const FieldMap& apply, const FieldMap& adjoint);

}  // namespace seco::surrogate
