#pragma once

#include "differences.h"
#include "grid.h"

namespace seco::surrogate {

/// The one discretisation of the project: the rotated scheme (Willot 2015, Comptes Rendus Mecanique
/// 343, section 4), which equals 8-node bricks (4-node quadrilaterals in 2D) with one-point
/// integration. Displacements live on nodes, strains and stresses at voxel centres; voxel v has the
/// corners v and v + 1 along every axis. `D_j u` is the difference of the corner values across
/// direction j, averaged over the other directions, divided by h_j.
///
/// Both functions run on any device and in single or double precision and are differentiable; each
/// is the other's derivative, since they are linear and adjoint.

/// Strain of a periodic nodal displacement, sym(D u), Mandel.
/// @param displacement `[..., d, n1, n2 (, n3)]`
/// @return `[..., m, n1, n2 (, n3)]`
torch::Tensor strain_of(const torch::Tensor& displacement, const Grid& grid);

/// Exact adjoint: `sum(stress * strain_of(u)) = sum(divergence_of(stress) * u)`, that is
/// `D^T sigma` (minus the divergence). Zero means equilibrium at every node.
/// @param stress `[..., m, n1, n2 (, n3)]`
/// @return `[..., d, n1, n2 (, n3)]`
torch::Tensor divergence_of(const torch::Tensor& stress, const Grid& grid);

/// Relative divergence of a stress field, `||D^T sigma|| h / ||sigma||` over all its entries, h the
/// smallest spacing.
double relative_divergence(const torch::Tensor& stress, const Grid& grid);

/// Strain of all unit loads: `E + sym D u`, `[B, L, m, n...]`.
torch::Tensor total_strain(const torch::Tensor& displacement, const Grid& grid);

}  // namespace seco::surrogate
