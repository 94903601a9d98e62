#pragma once

#include "s_eco_network.h"

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
  /// Optimal mean stress, `[B, L, m]`: `<C^-1> S = E - <C^-1 t>`.
  torch::Tensor mean_stress;
};

PairEnergies pair_energies(const StiffnessField& stiffness, const AdmissibleFields& fields);

/// Constitutive residual of every RVE and load, `[B, L]`: `log(1 + gap / Voigt energy)`, or the
/// mean square of sigma - C : eps relative to that of C_V : E.
torch::Tensor constitutive_residual(const StiffnessField& stiffness, const AdmissibleFields& fields,
                                    bool weighted);

/// Misfit to low-resolution labels (see TrainingSettings), `[B, L]`.
torch::Tensor label_misfit(const StiffnessField& stiffness, const AdmissibleFields& fields,
                           const torch::Tensor& label_strain, const torch::Tensor& label_stress);

/// Block average onto a grid coarser by `factor`: `[B, L, c, n...] -> [B, L, c, n / factor...]`.
torch::Tensor block_average(const torch::Tensor& field, int factor, const Grid& grid);

}  // namespace seco::surrogate
