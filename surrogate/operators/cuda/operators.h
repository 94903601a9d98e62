#pragma once

#include "kernel_table.h"

namespace seco::surrogate::cuda {

/// Entries of KernelEntries on tensors of a CUDA device, by the kernels of this folder; contracts
/// in kernel_table.h. They return before the device has finished and wait for nothing, unless a
/// result is on the CPU.

torch::Tensor strain(const torch::Tensor& u, const Grid& grid);
torch::Tensor divergence(const torch::Tensor& s, const Grid& grid);

/// Phases in 16 bit.
torch::Tensor compact_phase(const torch::Tensor& phase);
torch::Tensor multiply(const PhaseTables& tables, Moduli moduli, const torch::Tensor& x);
torch::Tensor expand(const PhaseTables& tables, const torch::Tensor& values);
torch::Tensor quadratic_form(const KernelEntries& kernels, const PhaseTables& tables,
                             const torch::Tensor& matrices, const torch::Tensor& x);

/// Transforms and the operator need no more than the grid.
std::shared_ptr<const GreenPlan> make_green(const Grid& grid, const torch::TensorOptions& options);
torch::Tensor green(const GreenPlan& plan, const ReferenceMedium& medium,
                    const torch::Tensor& force);

torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b);
void advance(const torch::Tensor& alpha, const torch::Tensor& p, const torch::Tensor& q,
             torch::Tensor& u, torch::Tensor& r);
void turn(const torch::Tensor& beta, const torch::Tensor& z, torch::Tensor& p);
torch::Tensor gram(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                   bool symmetric);

}  // namespace seco::surrogate::cuda
