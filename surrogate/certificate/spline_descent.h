#pragma once

#include <functional>
#include <vector>

#include "ritz.h"
#include "spline_space.h"

namespace seco::surrogate {

/// Minimizes `<(X_i + f_i) : A : (X_i + f_i)>` over the fields f_i of a SplineSpace for all unit
/// loads X_i of one RVE, A constant on every voxel (stiffness with displacements, compliance with
/// stress functions), integrated exactly. The method is that of EnergyDescent, block conjugate
/// gradients over all load cases, preconditioned by the same form of a homogeneous medium; it works
/// on the coefficients, so that fields are admissible to the last digit and the modes of the field
/// need not be stored.
class SplineDescent {
 public:
  using Law = std::function<torch::Tensor(const torch::Tensor&)>;

  /// Starts from zero.
  /// @param law A : x voxelwise, `[1, L, m, n...]` to the same
  /// @param medium matrix of the homogeneous medium, `[m, m]`, double
  /// @param mean `<X_i : A : X_j>`, `[1, m, m]`, double, CPU
  SplineDescent(SplineSpace space, Law law, const torch::Tensor& medium, const torch::Tensor& mean,
                const torch::TensorOptions& options);

  /// Minimizes over the coefficients so far and the given ones, `[1, F, c, n...]`.
  void include(const torch::Tensor& coefficients);
  /// One step of block conjugate gradients.
  void step();
  /// Computes gradient and energy anew from the coefficients, free of the round-off of the steps,
  /// and adds the round-off of this sum to the energy, so that it is an upper bound of its minimum.
  void refresh();

  /// Coefficients of the best field in the norm of the medium to a field given by modes: minimizes
  /// `<(f - s) : A0 : (f - s)>`.
  /// @param modes A0 : s of every mode, undefined for zero.
  torch::Tensor fit(const std::function<torch::Tensor(std::size_t)>& modes) const;

  const SplineSpace& space() const { return space_; }
  /// `[1, L, c, n...]`
  const torch::Tensor& coefficients() const { return coefficients_; }
  /// Energies of the load cases, `[1, L, L]`, double, CPU.
  const torch::Tensor& energy() const { return energy_; }

 private:
  torch::Tensor apply(const torch::Tensor& coefficients) const;
  void minimize(const std::vector<torch::Tensor>& fields, const std::vector<torch::Tensor>& images);

  SplineSpace space_;
  Law law_;
  torch::Tensor mean_, inverse_, load_;
  torch::Tensor coefficients_, gradient_, direction_, direction_image_, energy_;
};

}  // namespace seco::surrogate
