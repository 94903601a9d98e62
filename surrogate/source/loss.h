#pragma once

#include "field_network.h"

namespace seco::surrogate {

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

/// Constitutive residual of every RVE and load, `[B, L]`.
/// @param weighted true: `log(1 + 1e3 gap / complementary energy)`, so that a halved gap counts
/// alike
///   for every contrast down to a relative gap of about 1e-3; false: the mean square of
///   sigma - C : eps relative to that of C_V : E (the paper's norm).
torch::Tensor constitutive_residual(const StiffnessField& stiffness, const PredictedFields& fields,
                                    bool weighted);

/// Equilibrium residual of every RVE and load, `[B, L]`, for models that do not enforce it.
/// @param weighted true: `<D^T sigma : G0 D^T sigma>` relative to the Voigt energy, the squared
///   distance to equilibrium in the energy of the mean medium; false: the mean square of
///   `h D^T sigma` relative to that of C_V : E.
torch::Tensor equilibrium_residual(const StiffnessField& stiffness, const PredictedFields& fields,
                                   bool weighted);

/// Misfit to low-resolution labels (see TrainingSettings), `[B, L]`.
torch::Tensor label_misfit(const StiffnessField& stiffness, const PredictedFields& fields,
                           const torch::Tensor& label_strain, const torch::Tensor& label_stress);

/// Block average onto a grid coarser by `factor`: `[B, L, c, n...] -> [B, L, c, n / factor...]`.
torch::Tensor block_average(const torch::Tensor& field, int factor, const Grid& grid);

}  // namespace seco::surrogate
