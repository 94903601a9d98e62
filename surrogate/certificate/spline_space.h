#pragma once

#include <functional>
#include <vector>

#include "grid.h"

namespace seco::surrogate {

/// Piecewise polynomial fields on a voxel grid that are derivatives of periodic tensor-product
/// B-splines, with one coefficient per voxel and coefficient field: trilinear displacements with
/// their strain, and stress functions with their stress.
///
/// Along each axis the field on a voxel is expanded in Legendre polynomials that are orthonormal on
/// the voxel, so the field is a sum of *modes*, one value per voxel and component each, and a
/// quadratic form whose matrix A is constant on every voxel is integrated exactly by
/// `<f : A : f> = sum over modes <f_mode : A : f_mode>`. The map from coefficients to modes is
/// invariant under shifts by voxels and is applied in Fourier space; with the shift
/// `z = exp(-i theta)` the derivative of order r of a B-spline of degree p has the symbol
/// `((1 - z) / h)^r b_{p-r}`, where b holds the moments of the B-spline on its voxels.
///
/// Modes of a field have the shape `[B, L, m, n...]`, Mandel; coefficients `[B, L, c, n...]`.
class SplineSpace {
 public:
  /// Displacements that are linear along every axis, given at the nodes (node v is the lower corner
  /// of voxel v): the field is sym(grad u), c = d. The mode of degree zero is strain_of(u).
  static SplineSpace displacements(const Grid& grid, const torch::TensorOptions& options);
  /// Stress functions: `sigma_ij = e_ikl e_jmn d_k d_m Phi_ln` with all six components of Phi in 3D
  /// (Beltrami), ordered as in Mandel notation but without its factors; Airy's function in 2D.
  ///
  /// Phi_ij has degree two, less one for each of i and j that equals the axis: (0, 2, 2) for
  /// Phi_11, (1, 1, 2) for Phi_12, (2, 2) for Airy's function. So `sigma_11` has degrees (2, 0, 0)
  /// and sigma_12 (1, 1, 0): tractions are continuous, what may jump across a face does, the
  /// divergence vanishes at every point, and the change of gauge `Phi + sym(grad v)` stays in the
  /// space (an elasticity complex of splines).
  static SplineSpace stress_functions(const Grid& grid, const torch::TensorOptions& options);

  const Grid& grid() const { return grid_; }
  std::int64_t n_coefficients() const { return static_cast<std::int64_t>(degrees_.size()); }
  std::size_t n_modes() const { return modes_.size(); }
  /// Degree of the Legendre polynomial along each axis. Mode 0 is the mean over the voxel.
  const std::vector<int>& degree(std::size_t mode) const { return modes_[mode].degree; }

  /// Fourier transform of coefficients, to be used for all modes.
  torch::Tensor transform(const torch::Tensor& coefficients) const;
  /// One mode of the field. @param transformed from transform() @return `[B, L, m, n...]`
  torch::Tensor mode(std::size_t index, const torch::Tensor& transformed) const;
  /// The adjoint of the map from coefficients to modes, summed over the modes that `field` returns;
  /// undefined stands for zero. Modes are asked for one after another, so only one is held.
  torch::Tensor adjoint(const std::function<torch::Tensor(std::size_t)>& field) const;

  /// Pseudo-inverse of the quadratic form of a homogeneous medium with the matrix A, which is
  /// block diagonal in Fourier space. @param medium `[m, m]`, double @return `[c, c, f...]`
  torch::Tensor homogeneous_inverse(const torch::Tensor& medium) const;
  /// Applies what homogeneous_inverse() returned. @param coefficients `[B, L, c, n...]`
  torch::Tensor apply_inverse(const torch::Tensor& inverse,
                              const torch::Tensor& coefficients) const;

 private:
  /// A derivative of a coefficient field, as it enters one component of the field.
  struct Term {
    int component, coefficient;
    std::vector<int> derivative;
    double factor;
  };
  struct Mode {
    std::vector<int> degree;
    std::vector<std::int64_t> components;
    std::vector<Term> terms;
  };

  SplineSpace(const Grid& grid, std::vector<std::vector<int>> degrees,
              const std::vector<Term>& terms, bool coefficients_at_lower_corner,
              const torch::TensorOptions& options);
  torch::Tensor symbol(const Term& term, const std::vector<int>& degree) const;
  torch::Tensor backward(const torch::Tensor& transformed) const;

  Grid grid_;
  torch::TensorOptions options_;
  std::vector<std::vector<int>> degrees_;  // of every coefficient field, along each axis
  std::vector<Mode> modes_;
  // One-dimensional symbols by axis, degree, derivative and mode.
  std::vector<std::vector<std::vector<std::vector<torch::Tensor>>>> symbols_;
};

}  // namespace seco::surrogate
