#pragma once

#include <functional>
#include <vector>

#include "eco_blocks.h"
#include "ritz.h"

namespace seco::surrogate {

/// One of the two minimum problems of the hypercircle, for all unit loads X_i at once:
///
///     potential energy:      min over compatible fluctuations e of   <(E + e) : C : (E + e)>
///     complementary energy:  min over equilibrated fluctuations t of <(S + t) : C^-1 : (S + t)>
///
/// with unit mean strains E, or unit mean stresses S (in units of StiffnessField::scale). Their
/// minima are the homogenized stiffness and compliance.
class EnergyProblem {
 public:
  static EnergyProblem potential(const StiffnessField& stiffness, const GreenOperator& green);
  static EnergyProblem complementary(const StiffnessField& stiffness, const GreenOperator& green);

  /// C : x or C^-1 : x.
  torch::Tensor apply(const torch::Tensor& x) const { return apply_(x); }
  /// The admissible field that descends steepest in the metric of the reference medium, from the
  /// gradient g = C : (E + e): `-sym(D G0 D^T g)`; from g = C^-1 : (S + t): minus the projection
  /// of C0 : g onto equilibrated fields.
  torch::Tensor descent(const torch::Tensor& gradient) const { return descent_(gradient); }
  /// Mean stiffness (Voigt) or compliance (Reuss), `[B, m, m]`, double, CPU: energy of the loads
  /// without fluctuation.
  const torch::Tensor& mean() const { return mean_; }
  const Grid& grid() const { return grid_; }

 private:
  Grid grid_;
  std::function<torch::Tensor(const torch::Tensor&)> apply_, descent_;
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
  /// Starts from zero fluctuation.
  EnergyDescent(EnergyProblem problem, const torch::TensorOptions& options);

  /// One step; RVEs whose energies would fall by less than the round-off stay as they are.
  /// @param further admissible fields, each `[B, F, m, n...]`.
  void step(const std::vector<torch::Tensor>& further = {});

  /// Fluctuation of every unit load, `[B, L, m, n...]`.
  const torch::Tensor& field() const { return field_; }
  /// C : (E + e), or C^-1 : (S + t).
  const torch::Tensor& gradient() const { return gradient_; }
  /// The descent fields of the present iterate, computed once.
  const torch::Tensor& descent();
  /// Energies of the load cases, `[B, L, L]`, double, CPU: an upper bound of the homogenized
  /// stiffness or compliance.
  const torch::Tensor& energy() const { return energy_; }
  /// The energies before the last step.
  const torch::Tensor& previous_energy() const { return previous_energy_; }

 private:
  EnergyProblem problem_;
  torch::Tensor field_, gradient_, descent_, direction_, direction_image_;
  torch::Tensor energy_, previous_energy_;
};

}  // namespace seco::surrogate
