#pragma once

#include <string>
#include <vector>

#include "seco/materials/rve.h"

/// RVEs of the solver benchmark and what an iteration on them costs at least.
namespace seco::benchmarks {

/// `copper`: polycrystal of 64 grains, uniformly random orientations. `pores`: eight spheres, 16 %
/// of the volume, of 1e-3 times the stiffness of their isotropic matrix. `sphere`: one in the
/// middle of the cube, radius 1/4 of its edge, Young's modulus 10 in 1, both with Poisson's ratio
/// 0.3; all members of this family are equal.
std::vector<std::string> solver_case_names();

/// One of them on grid^3 voxels, the same on every machine.
/// @param number of a member of the family, from 0
/// @throws std::invalid_argument for an unknown name
materials::Rve solver_case(const std::string& name, int grid, int number = 0);

/// The least that one iteration of preconditioned conjugate gradients on all six load cases of one
/// RVE of grid^3 voxels must move and compute, beside its Fourier transforms.
struct IterationCost {
  /// Two fused passes over fields of 3 components and 6 load cases: one reads u, p, z and writes u,
  /// p and q = D^T C D p (with the step of u, the new search direction and p.q), one reads r, q and
  /// writes r (before its transform). Phase indices of 16 bits are read once. Green operator and
  /// r.z are applied to the spectra while they are transformed.
  double bytes = 0;
  /// Per voxel and load case: 24 for D (8 per component with shared sums), 6 for the symmetric
  /// part, 66 for C, 6 and 24 for the adjoint, 12 for two inner products, 18 for three vector
  /// updates, 28 for the Green operator.
  double flops = 0;
  /// 18 real transforms forward and back, 2.5 N log2 N each.
  double fft_flops = 0;
};
IterationCost iteration_cost(int grid, bool single_precision);

}  // namespace seco::benchmarks
