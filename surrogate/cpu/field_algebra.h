#pragma once

#include <vector>

#include "grid.h"

namespace seco::surrogate::cpu {

/// Linear algebra of fields that come in groups `[B, L, c, n...]`, contiguous and in memory of the
/// CPU, in one pass over each. Results do not depend on the number of threads.

/// `a_i . b_j` of all numbers of the fields, `[B, La, Lb]`, products and sums in double precision.
/// @param symmetric whether the matrix of a and the fields that b begins with is symmetric: one
/// half of it is computed, and copied to the other
torch::Tensor gram(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                   bool symmetric);

/// `sum_j c_ij x_j`. @param coefficients `[B, L, F]`, of any type
torch::Tensor combine(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& x);

/// The same, and its sum with fields that are there.
struct Advanced {
  torch::Tensor step, total;
};
Advanced combine_and_add(const torch::Tensor& coefficients, const std::vector<torch::Tensor>& x,
                         const torch::Tensor& total);

/// `a . b` of every load, `[B, L]`, products and sums in double precision.
torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b);

/// `y = alpha x + beta y` in place. @param alpha, beta `[B, L]`, double
void update(const torch::Tensor& alpha, const torch::Tensor& x, const torch::Tensor& beta,
            torch::Tensor& y);

}  // namespace seco::surrogate::cpu
