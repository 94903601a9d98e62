#pragma once

#include <vector>

#include "green_operator.h"
#include "stiffness_field.h"

namespace seco::surrogate {

/// When the stress of the mean of the displacements (KinematicIteration::start_smoothing()) is
/// worth the memory traffic that each of its steps takes. At low contrast it brings nothing; at
/// high contrast the means of all steps count; between, those of the steps shortly before the end.
enum class Smoothing { none, near_end, always };
/// What suits the RVE of a batch that gains most.
Smoothing useful_smoothing(const StiffnessField& stiffness);

/// Conjugate gradients on the potential energy `F(u) = <(E + sym D u) : C : (E + sym D u)>` of
/// every unit mean strain E, preconditioned with the discrete Green operator of the mean medium
/// (Zeman et al. 2010, J. Comput. Phys. 229).
/// Singular stiffness (voids) is allowed.
class KinematicIteration {
 public:
  /// @param initial displacement to start from, `[B, L, d, n...]`, or undefined for zero: v of a
  ///   polarization of a two-phase RVE may have a far larger energy than zero and still be nearer,
  ///   because its error lies where the first steps reach it
  explicit KinematicIteration(const StiffnessField& stiffness, const torch::Tensor& initial = {});
  /// @param green the Green operator for the fields of the stiffness, where it is at hand
  KinematicIteration(const StiffnessField& stiffness, const GreenOperator& green,
                     const torch::Tensor& initial = {});

  void step();

  /// Displacement fluctuation, `[B, L, d, n...]`.
  const torch::Tensor& displacement() const { return u_; }
  /// The energies F where the iteration started, `[B, L]`, double.
  const torch::Tensor& first_energy() const { return first_energy_; }
  /// `sqrt(r.G0 r)` of the residual r, relative to its value where the iteration started, `[B, L]`,
  /// double.
  torch::Tensor residual() const;
  /// G0 r of the residual of the recurrence, `[B, L, d, n...]`.
  const torch::Tensor& preconditioned() const { return z_; }
  /// `r . G0 r` summed over the nodes, `[B, L]`, double.
  const torch::Tensor& residual_energy() const { return rz_; }
  /// By how much the energies F fell in the last step, `[B, L]`, double (rounding aside, exactly).
  const torch::Tensor& decrease() const { return decrease_; }
  /// From now on the means of the displacements with the weights 1 / (r . z) are kept, beginning
  /// with the present one. The stress of the mean is in equilibrium once its own residual is
  /// balanced, as that of each displacement is; the norm `sqrt(r . G0 r)` of its residual is the
  /// smallest of all means (minimal-residual smoothing: Zhou and Walker 1994, SIAM J. Sci. Comput.
  /// 15), while the displacement of conjugate gradients itself has the smallest energy.
  /// @param with_residual whether smoothed_preconditioned() is wanted too
  void start_smoothing(bool with_residual = false);
  bool smoothing() const { return sum_.defined(); }
  /// The mean, of the type double if `precise`; the present displacement where none is kept.
  torch::Tensor smoothed_displacement(bool precise = false) const;
  /// G0 r of the mean, which is the mean of those of the displacements: affine, as its stress is.
  torch::Tensor smoothed_preconditioned() const;
  /// By what `r . G0 r` of the mean is smaller than that of the present displacement, `[B, L]`,
  /// double: at most 1.
  torch::Tensor smoothing_factor() const;
  /// Gap of the hypercircle between the strain and the equilibrated part of its stress, `[B, L]`,
  /// double, CPU: `<(s - C : e) : C^-1 : (s - C : e)>` with `s - C : e = C0 : sym(D z)`, z the
  /// preconditioned residual that the iteration has at hand. An estimate where the residual of the
  /// recurrence has drifted in round-off; certify() finds at least as small a gap.
  torch::Tensor gap() const;
  /// Goes on with these members of the batch only.
  void keep(const std::vector<std::int64_t>& members);
  /// The smallest Ritz value of `G0 K` of the loads of every member, K = D^T C D, from the
  /// coefficients of the steps (Lanczos), `[B]`; kept for batches with voids, else empty. The
  /// smallest eigenvalue that the loads excite lies below it, and comes near as they converge.
  std::vector<double> smallest_ritz_values() const;
  /// This member takes no further steps. Its residual counts as zero from now on.
  void rest(std::int64_t member);

  const StiffnessField& stiffness() const { return stiffness_; }
  const GreenOperator& green() const { return green_; }
  const ReferenceMedium& medium() const { return medium_; }

 private:
  StiffnessField stiffness_;
  GreenOperator green_;
  ReferenceMedium medium_;
  torch::Tensor u_, r_, z_, p_, rz_, beta_, sum_, z_sum_, weight_;  // KinematicState
  torch::Tensor first_rz_, first_energy_, floor_, decrease_;
  /// Of a batch with voids: `r . z` before every step, and the fall of the energy in it, `[B, L]`.
  std::vector<torch::Tensor> before_, fall_;
  bool with_voids_ = false;
};

}  // namespace seco::surrogate
