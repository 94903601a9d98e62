#pragma once

#include <Eigen/Core>
#include <string>
#include <vector>

namespace seco::materials {

/// Generalised spherical harmonics of an orientation, symmetrised for a crystal class (Bunge 1982,
/// Texture Analysis in Materials Science), real and up to degree 4, which are the degrees that the
/// rotated stiffness of a crystal is made of (an affine function of them):
///
///  - `hexagonal`: the harmonics of degrees 2 and 4 of the c axis, `Y_lm(R e_3)`, 5 + 9 numbers;
///  - `cubic`: the nine of degree 4, `sum_a Y_4m(R e_a)` over the three cube axes, the expansion of
///    the rotated cubic harmonic x^4 + y^4 + z^4 - 3/5 up to a factor.
///
/// `Y_lm` are the real orthonormal spherical harmonics, m = -l ... l, and the numbers of each
/// degree are scaled so that their squares sum to one.

/// Number of harmonics of a crystal class.
/// @throws std::invalid_argument naming the allowed classes.
int n_harmonics(const std::string& symmetry);

/// The harmonics of an orientation R given by its Bunge Euler angles in radians.
/// @throws std::invalid_argument naming the allowed classes.
std::vector<double> crystal_harmonics(const std::string& symmetry,
                                      const Eigen::Vector3d& bunge_euler);

}  // namespace seco::materials
