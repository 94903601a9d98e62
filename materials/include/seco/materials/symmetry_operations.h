#pragma once

#include <vector>

#include "seco/materials/rve.h"

namespace seco::materials {

/// A symmetry of the square (8) or cube (48): a signed permutation R of the axes, improper ones
/// included, since elasticity does not see the inversion.
struct CubeSymmetry {
  /// Axis i of the transformed grid is axis `axis[i]` of the old one, reversed where `sign[i]` is
  /// negative: `R_ij = sign[i]` for j = axis[i], else 0. Voxel centres map to voxel centres.
  std::vector<int> axis;
  std::vector<int> sign;

  /// The orthogonal m x m matrix Q with `Mandel(R a R^T) = Q Mandel(a)`.
  MandelMatrix mandel() const;
  /// +1 or -1.
  int determinant() const;
};

/// All of them, the identity first.
/// @throws std::invalid_argument if the dimension is not 2 or 3.
const std::vector<CubeSymmetry>& cube_symmetries(int dimension);

/// A periodic microstructure, moved by `offset[i]` voxels along axis i.
/// @throws std::invalid_argument if the number of offsets is not the dimension.
Rve shifted(const Rve& rve, const std::vector<int>& offset);

/// The microstructure turned or mirrored: grid and lengths are permuted and reversed, every
/// stiffness becomes `Q C Q^T`, and orientations turn along (in 2D about the third axis; an
/// improper operation is followed by the inversion, so that an orientation stays a rotation). The
/// homogenized stiffness of the result is `Q C_hom Q^T`.
/// @throws std::invalid_argument if the dimensions differ.
Rve transformed(const Rve& rve, const CubeSymmetry& symmetry);

/// The RVE as somebody would see it whose shear moduli are wrong: every stiffness becomes `A C A`
/// with `A = P_vol + sqrt(1 + error) P_dev`, which scales its deviatoric part by 1 + error, keeps
/// the bulk part `K = C_iijj / d^2` and stays positive definite. In 2D the parts are those of the
/// plane strain matrix, which alone is known.
/// @throws std::invalid_argument if the error is not above -1.
Rve with_shear_error(const Rve& rve, double error);

}  // namespace seco::materials
