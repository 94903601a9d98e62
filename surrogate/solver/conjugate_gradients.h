#pragma once

#include "green_operator.h"
#include "stiffness_field.h"

namespace seco::surrogate {

/// Conjugate gradients on the potential energy `F(u) = <(E + sym D u) : C : (E + sym D u)>` of
/// every unit mean strain E, preconditioned with the discrete Green operator of the mean medium
/// (Zeman et al. 2010, J. Comput. Phys. 229).
/// Singular stiffness (voids) is allowed.
class KinematicIteration {
 public:
  /// @param initial displacement to start from, `[B, L, d, n...]`, or undefined for zero.
  explicit KinematicIteration(const StiffnessField& stiffness, const torch::Tensor& initial = {});
  /// @param green the Green operator for the fields of the stiffness, where it is at hand
  KinematicIteration(const StiffnessField& stiffness, const GreenOperator& green,
                     const torch::Tensor& initial = {});

  void step();

  /// Displacement fluctuation, `[B, L, d, n...]`.
  const torch::Tensor& displacement() const { return u_; }
  /// `sqrt(r.G0 r)` of the residual r, relative to its value at u = 0, `[B, L]`, double.
  torch::Tensor residual() const;
  /// By how much the energies F fell in the last step, `[B, L]`, double (rounding aside, exactly).
  const torch::Tensor& decrease() const { return decrease_; }
  /// Gap of the hypercircle between the strain and the equilibrated part of its stress, `[B, L]`,
  /// double, CPU: `<(s - C : e) : C^-1 : (s - C : e)>` with `s - C : e = C0 : sym(D z)`, z the
  /// preconditioned residual that the iteration has at hand. An estimate where the residual of the
  /// recurrence has drifted in round-off; certify() finds at least as small a gap.
  torch::Tensor gap() const;
  /// Goes on with these members of the batch only.
  void keep(const std::vector<std::int64_t>& members);
  /// This member takes no further steps. Its residual counts as zero from now on.
  void rest(std::int64_t member);

  const StiffnessField& stiffness() const { return stiffness_; }
  const GreenOperator& green() const { return green_; }
  const ReferenceMedium& medium() const { return medium_; }

 private:
  void evaluate_residual();

  StiffnessField stiffness_;
  GreenOperator green_;
  ReferenceMedium medium_;
  torch::Tensor u_, r_, z_, p_, rz_, beta_;  // KinematicState
  torch::Tensor rz_zero_, floor_, decrease_;
};

/// Conjugate gradients on the complementary energy `G(t) = <(S + t) : C^-1 : (S + t)>` of every
/// unit mean stress S over self-equilibrated fluctuations t. The preconditioner takes a strain g to
/// the equilibrated part of C0 : g, without its mean; in the reference medium it is the exact
/// inverse. Mean stresses are left to certify(), which finds the best for given fluctuations: as
/// unknowns of the iteration they slow it down where the compliance has high contrast. Voids have
/// no compliance here (StiffnessField::apply_compliance).
class DualIteration {
 public:
  /// @param initial self-equilibrated fluctuation of every unit mean stress, `[B, L, m, n...]`
  DualIteration(const StiffnessField& stiffness, const GreenOperator& green,
                const torch::Tensor& initial);

  void step();

  /// In equilibrium up to the round-off of all steps, `[B, L, m, n...]`.
  const torch::Tensor& fluctuation() const { return t_; }
  /// By how much the energies G fell in the last step, `[B, L]`, double.
  const torch::Tensor& decrease() const { return decrease_; }
  /// Goes on with these members of the batch only.
  void keep(const std::vector<std::int64_t>& members);

 private:
  /// Sets z and the part of g that it leaves. @return g . z
  torch::Tensor precondition();

  StiffnessField stiffness_;
  GreenOperator green_;
  ReferenceMedium medium_;
  torch::Tensor t_, g_, z_, p_, gz_, beta_, floor_, decrease_;
};

}  // namespace seco::surrogate
