#pragma once

#include <vector>

#include "eco_blocks.h"
#include "ritz.h"

namespace seco::surrogate {

/// One of the two minimum problems of the hypercircle, for all unit loads X_i at once:
///
///     potential energy:      min over displacements u of             <(E + e) : C : (E + e)>
///     complementary energy:  min over equilibrated fluctuations t of <(S + t) : C^-1 : (S + t)>
///
/// with e = sym D u, unit mean strains E, or unit mean stresses S (in units of
/// StiffnessField::scale). Their minima are the homogenized stiffness and compliance.
///
/// Both are quadratic, `<X_i : A : X_k> + (2 x . g_0 + x . A x) / N` for N voxels; the fields x are
/// nodal displacements `[B, L, d, n...]` with images `A u = D^T C : sym D u`, which are forces; or
/// stresses `[B, L, m, n...]` with images `C^-1 : t`, which are strains. Nothing here keeps a
/// graph.
class EnergyProblem {
 public:
  /// Admissible fields and their images, which may be left undefined.
  struct Direction {
    torch::Tensor field, image;
  };

  static EnergyProblem potential(const StiffnessField& stiffness, const GreenOperator& green);
  static EnergyProblem complementary(const StiffnessField& stiffness, const GreenOperator& green);

  /// A x.
  torch::Tensor image(const torch::Tensor& field) const;
  /// What descends steepest in the metric of the reference medium, from the gradient: `-G0 g`, the
  /// displacement of the force `g = D^T C : (E + e)`; or from `g = C^-1 : (S + t)` minus the
  /// projection of C0 : g onto equilibrated fields.
  Direction descent(const torch::Tensor& gradient) const;
  /// Gradient at x = 0 of the unit loads: D^T C : E, or C^-1 : S.
  torch::Tensor first_gradient() const;
  /// Mean stiffness (Voigt) or compliance (Reuss), `[B, m, m]`, double, CPU: energy of the loads
  /// without fluctuation.
  const torch::Tensor& mean() const { return mean_; }
  const StiffnessField& stiffness() const { return stiffness_; }
  const GreenOperator& green() const { return green_; }
  const ReferenceMedium& medium() const { return medium_; }

 private:
  EnergyProblem(const StiffnessField& stiffness, const GreenOperator& green, bool potential);

  StiffnessField stiffness_;
  GreenOperator green_;
  ReferenceMedium medium_;
  bool potential_;
  torch::Tensor mean_;
};

/// An iterate of block conjugate gradients on an EnergyProblem: every step minimizes the energy of
/// each load case over the fields so far, the steepest descent fields of *all* load cases, the
/// directions of the last step and any further admissible fields that are given (a locally optimal
/// block method; compare O'Leary 1980, Linear Algebra Appl. 29, and Knyazev 2001, SIAM J. Sci.
/// Comput. 23). Without further fields it converges at least as fast as conjugate gradients load by
/// load.
class EnergyDescent {
 public:
  using Direction = EnergyProblem::Direction;

  /// Starts from zero fluctuation.
  explicit EnergyDescent(EnergyProblem problem);

  /// One step; RVEs whose energies would fall by less than the round-off stay as they are.
  /// @param further admissible fields, each `[B, F, c, n...]`, with or without their images
  void step(const std::vector<Direction>& further = {});

  /// Displacement or stress fluctuation of every unit load, `[B, L, c, n...]`.
  const torch::Tensor& field() const { return field_; }
  /// `D^T C : (E + e)`, or `C^-1 : (S + t)`.
  const torch::Tensor& gradient() const { return gradient_; }
  /// The descent fields of the present iterate, computed once.
  const Direction& descent();
  /// Energies of the load cases, `[B, L, L]`, double, CPU: an upper bound of the homogenized
  /// stiffness or compliance.
  const torch::Tensor& energy() const { return energy_; }
  /// The energies before the last step.
  const torch::Tensor& previous_energy() const { return previous_energy_; }
  const EnergyProblem& problem() const { return problem_; }

 private:
  EnergyProblem problem_;
  torch::Tensor field_, gradient_;
  Direction descent_, direction_;
  torch::Tensor energy_, previous_energy_;
};

/// The equilibrated part of the stresses of an iterate on the potential energy, by what its descent
/// fields z have already cost: `C : (E + e) + C0 : sym D z` without its mean. Admissible for the
/// complementary energy.
EnergyProblem::Direction equilibrated_stress(EnergyDescent& kinematic);

}  // namespace seco::surrogate
