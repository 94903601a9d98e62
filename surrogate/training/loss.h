#pragma once

#include "field_network.h"
#include "pair_energies.h"

namespace seco::surrogate {

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
