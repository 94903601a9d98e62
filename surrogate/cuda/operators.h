#pragma once

#include <string>

#include "green_operator.h"
#include "grid.h"

namespace seco::surrogate::cuda {

/// The operators on tensors of a CUDA device, by the kernels of this folder. They return before the
/// device has finished and wait for nothing. Where seco is built without a CUDA compiler, takes()
/// is false for every tensor and the portable forms on tensors do the work.

/// Whether the kernels take a field: on a CUDA device, in single or double precision.
bool takes(const torch::Tensor& field);

/// Free memory of a CUDA device in bytes, including what LibTorch holds and does not use; 0 if it
/// cannot be told.
double free_memory(const torch::Device& device);

/// The versions of CUDA that the driver takes, and that the kernels and cuFFT are of; "none" where
/// seco is built without a CUDA compiler.
std::string versions();
/// The name of a CUDA device, empty if it cannot be told.
std::string device_name(int device);

/// What kernels read of a batch of stiffnesses, see CompactTables of stiffness_field.h: phases
/// `[B, N]` in 16 bit; and upper_triangles() of the tables.
torch::Tensor compact_phase(const torch::Tensor& phase);

/// See difference_operator.h; not differentiable.
torch::Tensor strain(const torch::Tensor& displacement, const Grid& grid);
torch::Tensor divergence(const torch::Tensor& stress, const Grid& grid);

/// A : x voxelwise, not differentiable. @param phase, upper as above
torch::Tensor apply(const torch::Tensor& phase, const torch::Tensor& upper, const torch::Tensor& x);
/// x : A : x summed over the voxels, `[B, L]`, double, on the device.
torch::Tensor quadratic_forms(const torch::Tensor& phase, const torch::Tensor& upper,
                              const torch::Tensor& x);
/// Values per phase to channels per voxel, `[B, P, c] -> [B, c, n...]`.
torch::Tensor expand(const torch::Tensor& phase, const torch::Tensor& values, const Grid& grid);

/// GreenOperator::apply(); differentiable.
torch::Tensor green(const torch::Tensor& force, const ReferenceMedium& medium, const Grid& grid);

/// Sum over components and grid, `[B, L, c, n...] -> [B, L]`, double, on the device.
torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b);
/// `u += alpha p`, `r -= alpha q` and `p = z + beta p` in place, of contiguous fields. @param
/// alpha, beta `[B, L]`, double
void advance(const torch::Tensor& alpha, const torch::Tensor& p, const torch::Tensor& q,
             torch::Tensor& u, torch::Tensor& r);
void turn(const torch::Tensor& beta, const torch::Tensor& z, torch::Tensor& p);
/// `a_i . b_j`, `[B, La, ...], [B, Lb, ...] -> [B, La, Lb]`, double, on the device.
torch::Tensor gram(const torch::Tensor& a, const torch::Tensor& b);

}  // namespace seco::surrogate::cuda
