#pragma once

#include "stiffness_field.h"

namespace seco::surrogate {

/// Admissible fluctuations of all unit load cases, each `[B, L, m, n...]`, dimensionless: a
/// compatible strain and a stress in equilibrium, both of zero mean.
struct AdmissibleFields {
  torch::Tensor strain;
  torch::Tensor stress;
};

/// The two admissible fields completed by their means, and their energies, all `[B, L]`, double
/// where summed and differentiable.
struct PairEnergies {
  /// <eps : C : eps> of the unit loads.
  torch::Tensor potential;
  /// max over the mean stress of 2 S : E - <sigma : C^-1 : sigma>.
  torch::Tensor complementary;
  /// E : C_V : E, the Voigt energy.
  torch::Tensor voigt;
};

PairEnergies pair_energies(const StiffnessField& stiffness, const AdmissibleFields& fields);

/// The mean stress that makes the complementary energy of a self-equilibrated fluctuation t best,
/// `[B, L, m]`, double: `<C^-1> S = E - <C^-1 t>`.
torch::Tensor optimal_mean_stress(const StiffnessField& stiffness, const torch::Tensor& stress);

}  // namespace seco::surrogate
