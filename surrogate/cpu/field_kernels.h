#pragma once

#include "grid.h"

namespace seco::surrogate::cpu {

/// Operators on fields in memory of the CPU in one pass over it. Inputs may have any strides; they
/// are made contiguous first.

/// Whether the kernels of this folder take a field in functions without derivatives: in memory of
/// the CPU, single or double precision, no gradient wanted.
bool takes(const torch::Tensor& field);

/// `sym D u`. @param displacement `[..., d, n...]` @return `[..., m, n...]`
torch::Tensor strain(const torch::Tensor& displacement, const Grid& grid);

/// `D^T s`. @param stress `[..., m, n...]` @return `[..., d, n...]`
torch::Tensor divergence(const torch::Tensor& stress, const Grid& grid);

/// `Q : x` voxelwise. @param phase, table see CompactTables @param field `[B, L, m, n...]`
torch::Tensor multiply(const torch::Tensor& phase, const torch::Tensor& table,
                       const torch::Tensor& field);

/// `<x_i : Q : x_j>` and `<Q : x_i>` of fields `[B, L, m, n...]`: `[B, L, L]` and `[B, L, m]`,
/// double.
std::pair<torch::Tensor, torch::Tensor> forms(const torch::Tensor& phase,
                                              const torch::Tensor& table,
                                              const torch::Tensor& field);

}  // namespace seco::surrogate::cpu
