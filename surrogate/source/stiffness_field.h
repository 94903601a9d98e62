#pragma once

#include <span>

#include "grid.h"

namespace seco::surrogate {

/// Phases `[B, N]` and upper triangles row by row, as the kernels read them. On the CPU phases in
/// 32 bit and coefficients first, `[B, m (m + 1) / 2, P]`; on a CUDA device, where ../cuda takes
/// the fields, phases in 16 bit and phases first, `[B, P, m (m + 1) / 2]`.
struct CompactTables {
  torch::Tensor phase, stiffness, compliance;
};
/// Upper triangles row by row, `[B, P, m, m] -> [B, P, m (m + 1) / 2]`, on the device of the table;
/// and in the layout of CompactTables on the CPU.
torch::Tensor upper_triangles(const torch::Tensor& table);
torch::Tensor compact_table(const torch::Tensor& table);

/// What the stiffnesses of an RVE allow round-off to do, over all phases that occur and are no
/// voids; dimensionless like the table. See rounding.h.
struct Conditioning {
  /// Smallest and largest eigenvalue of any phase.
  double smallest = 0, largest = 0;
  /// Largest 2-norm of |C|, the matrix of the moduli of the entries.
  double absolute = 0;
  /// Largest `|| |C| || / lambda_min` of one phase: `|x|.|C||x| <= condition x.C x`.
  double condition = 1;
  /// eta of all phases: `C^-1 <= S / (1 - eta)` in the Loewner order for the rounded compliance S,
  /// and for every C whose entries differ by no more than `entry_round_off` from those in the
  /// table.
  double inverse_defect = 0;
  /// Phases whose values are added for a mean.
  double n_phases = 0;
};

/// Entries of a stiffness are known to so many units of round-off: they come from constants,
/// rotations and a division by the scale, each of which rounds.
constexpr double entry_round_off = 8. * 0x1p-53;

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

  const Grid& grid() const { return grid_; }
  std::int64_t batch_size() const { return phase_.size(0); }
  /// `[B]`, double, on the CPU: factor from dimensionless results to the unit of each RVE.
  const torch::Tensor& scale() const { return scale_; }
  /// Phase of every voxel, `[B, N]`, int64, on the device of the fields.
  const torch::Tensor& phase() const { return phase_; }
  torch::TensorOptions options() const { return table_.options(); }
  /// Undefined on devices without kernels.
  const CompactTables& compact_tables() const { return compact_; }
  /// True for every RVE (`[B]`, on the CPU) in which a voxel has exactly zero stiffness.
  const std::vector<bool>& has_void() const { return has_void_; }
  /// One per RVE.
  const std::vector<Conditioning>& conditioning() const { return conditioning_; }

  /// C : x voxelwise. @param x `[B, L, m, n...]` @return the same shape. Differentiable in x.
  torch::Tensor apply(const torch::Tensor& x) const;
  /// C^-1 : x voxelwise, zero in voids (whose compliance is infinite).
  torch::Tensor apply_compliance(const torch::Tensor& x) const;
  /// `<x_i : C : x_j>` and `<C : x_i>`: `[B, L, L]` and `[B, L, m]`, double, on the CPU; and the
  /// same with C^-1. @param x `[B, L, m, n...]`
  std::pair<torch::Tensor, torch::Tensor> forms(const torch::Tensor& x) const;
  std::pair<torch::Tensor, torch::Tensor> compliance_forms(const torch::Tensor& x) const;
  /// `<x : Q : x>` for one symmetric matrix Q per phase. @param x `[B, L, m, n...]` @param table
  /// `[B, P, m, m]`, double @return `[B, L]`, double, on the CPU
  torch::Tensor quadratic_form(const torch::Tensor& x, const torch::Tensor& table) const;
  /// `<s : C^-1 : s>` of isotropic stresses s = lambda tr(x) I + 2 mu x, for quadratic_form():
  /// `[B, P, m, m]`, double. @param lambda, mu `[B]`, double
  torch::Tensor compliance_between(const torch::Tensor& lambda, const torch::Tensor& mu) const;
  /// Mean over the voxels (Voigt), `[B, m, m]`, double; and mean compliance over non-void voxels.
  torch::Tensor mean_stiffness() const;
  torch::Tensor mean_compliance() const;
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

  /// The same RVEs with fields of another type or device.
  StiffnessField to(const torch::TensorOptions& options) const;
  /// The sub-batch with the given indices.
  StiffnessField select(const std::vector<std::int64_t>& indices) const;

 private:
  void make_compact_tables();
  /// apply() and forms() for one of the two tables.
  torch::Tensor apply_either(const torch::Tensor& x, const torch::Tensor& table,
                             const torch::Tensor& compact) const;
  std::pair<torch::Tensor, torch::Tensor> forms_of_either(const torch::Tensor& x,
                                                          const torch::Tensor& table,
                                                          const torch::Tensor& compact) const;

  Grid grid_;
  torch::Tensor phase_;       // [B, N], int64
  torch::Tensor table_;       // [B, P, m, m]
  torch::Tensor compliance_;  // [B, P, m, m]
  torch::Tensor table_double_, compliance_double_;
  CompactTables compact_;
  torch::Tensor fractions_;  // of the phases, [B, P, 1, 1], double, on the CPU
  torch::Tensor orientations_;
  torch::Tensor scale_;
  std::vector<bool> has_void_;
  std::vector<Conditioning> conditioning_;
};

}  // namespace seco::surrogate
