#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "conditioning.h"
#include "grid.h"
#include "kernel_table.h"
#include "reference_medium.h"

namespace seco::surrogate {

/// Stiffness of a batch of RVEs on one grid, kept compactly: phase index per voxel and a table.
/// Stiffnesses are divided by `scale` (each RVE's largest entry), so that everything computed with
/// this object is dimensionless and independent of the unit. Of a matrix that is not exactly
/// symmetric, the symmetric part counts.
class StiffnessField {
 public:
  StiffnessField() = default;
  /// @param rves must share grid and dimension; phases are padded to the largest table.
  /// @throws std::invalid_argument if the grids differ.
  StiffnessField(std::span<const materials::Rve> rves, const torch::TensorOptions& options);

  const Grid& grid() const { return tables_.grid; }
  std::int64_t batch_size() const { return tables_.phase.size(0); }
  /// `[B]`, double, on the CPU: factor from dimensionless results to the unit of each RVE.
  const torch::Tensor& scale() const { return scale_; }
  /// Phase of every voxel, `[B, N]`, int64, on the device of the fields.
  const torch::Tensor& phase() const { return tables_.phase; }
  torch::TensorOptions options() const { return tables_.stiffness.options(); }
  /// What kernels() read.
  const PhaseTables& tables() const { return tables_; }
  /// The kernels for fields of this type and device.
  const KernelTable& kernels() const;
  /// True for every RVE (`[B]`, on the CPU) in which a voxel has exactly zero stiffness.
  const std::vector<bool>& has_void() const { return has_void_; }
  bool any_void() const {
    return std::find(has_void_.begin(), has_void_.end(), true) != has_void_.end();
  }
  bool all_have_voids() const {
    return std::find(has_void_.begin(), has_void_.end(), false) == has_void_.end();
  }
  /// One per RVE.
  const std::vector<Conditioning>& conditioning() const { return conditioning_; }

  /// C : x voxelwise. @param x `[B, L, m, n...]` @return the same shape. Differentiable in x.
  torch::Tensor apply(const torch::Tensor& x) const;
  /// C^-1 : x voxelwise, zero in voids (whose compliance is infinite). Differentiable in x.
  torch::Tensor apply_compliance(const torch::Tensor& x) const;
  /// `<x_i : C : x_j>` and `<C : x_i>`, or with C^-1 in the place of C: `[B, L, L]` and `[B, L,
  /// m]`, double, on the CPU. Keeps no graph. @param x `[B, L, m, n...]`
  FieldForms forms(const torch::Tensor& x) const;
  FieldForms compliance_forms(const torch::Tensor& x) const;
  /// `<x : Q : x>` for one symmetric matrix Q per phase. @param x `[B, L, m, n...]` @param table
  /// `[B, P, m, m]`, double @return `[B, L]`, double, on the CPU. Keeps no graph.
  torch::Tensor quadratic_form(const torch::Tensor& x, const torch::Tensor& table) const;
  /// `<s : C^-1 : s>` of isotropic stresses s = lambda tr(x) I + 2 mu x, for quadratic_form():
  /// `[B, P, m, m]`, double. @param lambda, mu `[B]`, double
  torch::Tensor compliance_between(const torch::Tensor& lambda, const torch::Tensor& mu) const;
  /// Mean over the voxels (Voigt), `[B, m, m]`, double; and mean compliance over non-void voxels.
  torch::Tensor mean_stiffness() const;
  torch::Tensor mean_compliance() const;
  /// What these are means of: stiffness of every phase, `[B, P, m, m]`, and its share of the
  /// voxels,
  /// `[B, P, 1, 1]`, double, on the CPU.
  const torch::Tensor& phase_stiffness() const { return stiffness_double_; }
  const torch::Tensor& fractions() const { return fractions_; }
  /// The independent coefficients as channels, `[B, m (m + 1) / 2, n...]`: upper triangle, row by
  /// row.
  torch::Tensor coefficients() const;
  /// Values per phase to channels per voxel. @param table `[B, P, c]` @return `[B, c, n...]` in the
  /// type of the fields.
  torch::Tensor expand(const torch::Tensor& table) const;
  /// Bunge Euler angles of every phase in radians, `[B, P, 3]`, double, on the CPU; undefined if an
  /// RVE does not tell.
  const torch::Tensor& orientations() const { return orientations_; }
  /// Largest over smallest eigenvalue of the stiffnesses of all phases but voids, `[B]`, double.
  torch::Tensor contrast() const;
  /// Lame constants of the isotropic part of the mean stiffness, each `[B]`, double.
  std::pair<torch::Tensor, torch::Tensor> mean_lame() const;

  /// These RVEs with fields of another type or device.
  StiffnessField to(const torch::TensorOptions& options) const;
  /// The sub-batch with the given indices, in their order.
  StiffnessField select(const std::vector<std::int64_t>& indices) const;

 private:
  /// Sets the tables to those of double precision in the type and on the device of `options`.
  void make_tables(const torch::Tensor& phase, const torch::TensorOptions& options);
  torch::Tensor multiplied(const torch::Tensor& x, Moduli moduli) const;

  PhaseTables tables_;
  torch::Tensor stiffness_double_, compliance_double_;  // [B, P, m, m], on the CPU
  torch::Tensor fractions_;  // of the phases, [B, P, 1, 1], double, on the CPU
  torch::Tensor orientations_;
  torch::Tensor scale_;
  std::vector<bool> has_void_;
  std::vector<Conditioning> conditioning_;
};

/// The isotropic part of the mean stiffness as reference medium.
ReferenceMedium mean_medium(const StiffnessField& stiffness);

}  // namespace seco::surrogate
