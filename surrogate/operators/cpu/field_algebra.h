#pragma once

#include "kernel_table.h"

namespace seco::surrogate::cpu {

/// Linear algebra of whole fields in one pass over each; contracts in kernel_table.h.

torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b);
void advance(const torch::Tensor& alpha, const torch::Tensor& p, const torch::Tensor& q,
             torch::Tensor& u, torch::Tensor& r);
void turn(const torch::Tensor& beta, const torch::Tensor& z, torch::Tensor& p);
torch::Tensor gram(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                   bool symmetric);
torch::Tensor combine(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& x);
StepAndSum combine_and_add(const KernelEntries& kernels, const torch::Tensor& coefficients,
                           const std::vector<torch::Tensor>& x, const torch::Tensor& total);

}  // namespace seco::surrogate::cpu
