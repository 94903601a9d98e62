#pragma once

#include "kernel_table.h"

namespace seco::surrogate::cpu {

/// Operators on fields in one pass over memory each; contracts in kernel_table.h.

torch::Tensor strain(const torch::Tensor& u, const Grid& grid);
torch::Tensor strain_of_planes(const torch::Tensor& u, const Grid& grid, std::int64_t first,
                               std::int64_t last);
torch::Tensor divergence(const torch::Tensor& s, const Grid& grid);

/// Phases in 32 bit.
torch::Tensor compact_phase(const torch::Tensor& phase);
/// Upper triangles row by row, coefficients first: `[B, P, m, m] -> [B, m (m + 1) / 2, P]`.
torch::Tensor compact_matrices(const torch::Tensor& matrices);
torch::Tensor multiply(const PhaseTables& tables, Moduli moduli, const torch::Tensor& x);
FieldForms forms(const KernelEntries& kernels, const PhaseTables& tables, Moduli moduli,
                 const torch::Tensor& x);

}  // namespace seco::surrogate::cpu
