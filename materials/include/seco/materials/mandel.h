#pragma once

#include <Eigen/Core>
#include <utility>

namespace seco::materials {

/// Symmetric second-order tensors and fourth-order tensors with minor symmetries in Mandel (Kelvin)
/// notation, component order 11 22 33 23 13 12 in 3D and 11 22 12 in 2D (plane strain); shear
/// components of a tensor of order 2 carry a factor sqrt(2), so that the double contraction is the
/// Euclidean product. A `MandelMatrix` is 6 x 6 or 3 x 3 (no heap allocation).
using MandelMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor, 6, 6>;
using MandelVector = Eigen::Matrix<double, Eigen::Dynamic, 1, Eigen::ColMajor, 6, 1>;
using Rotation = Eigen::Matrix3d;

/// Number of Mandel components of a symmetric second-order tensor: 6 in 3D, 3 in 2D.
constexpr int n_mandel_components(int dimension) {
  return dimension * (dimension + 1) / 2;
}

/// Dimension (2 or 3) of a 3 x 3 or 6 x 6 Mandel matrix.
inline int dimension_of(const MandelMatrix& matrix) {
  return matrix.rows() == 3 ? 2 : 3;
}

/// The orthogonal 6 x 6 matrix Q with `Mandel(R a R^T) = Q Mandel(a)`.
MandelMatrix mandel_rotation(const Rotation& rotation);

/// Stiffness of a material turned by R: `Q C Q^T`; 3D only. With R the map from crystal to sample
/// axes this takes crystal constants to the sample frame.
MandelMatrix rotate(const MandelMatrix& stiffness, const Rotation& rotation);

/// Plane strain part of a 3D stiffness: rows and columns 11 22 12.
MandelMatrix plane_strain(const MandelMatrix& stiffness);

/// Bulk and shear modulus of the isotropic part, `K = C_iijj / d^2` and
/// `mu = (tr C - d K) / (2 (m - 1))`.
std::pair<double, double> isotropic_part(const MandelMatrix& stiffness);

/// Largest |C_ij - C_ji| relative to the largest entry; 0 for the zero matrix.
double asymmetry(const MandelMatrix& matrix);

/// Smallest eigenvalue of the symmetric part, relative to the largest absolute one.
double relative_smallest_eigenvalue(const MandelMatrix& matrix);

}  // namespace seco::materials
