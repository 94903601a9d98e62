#pragma once

#include <span>

#include "certificate.h"
#include "field_network.h"
#include "measurement.h"

namespace seco::surrogate {

/// Converged solution of a batch of RVEs and what is measured on it, dimensionless by the scale of
/// these RVEs (StiffnessField::scale).
struct ReferenceFields {
  Grid grid;
  torch::Tensor scale;
  /// Total fields of all unit loads, `[B, L, m, n...]`, single precision.
  torch::Tensor strain, stress;
  /// Homogenized stiffness, `[B, m, m]`, double, CPU.
  torch::Tensor stiffness;
  /// Voxels at phase boundaries, `[B, n...]`.
  torch::Tensor boundary;
  /// Energy spectrum of the stress, `[B, K]`, and its part beyond the Nyquist wave number.
  torch::Tensor spectrum, band_energy;
  double nyquist = 0;
  /// Per RVE: divergence of the stress, share of its energy in the highest third of frequencies,
  /// error of the mean stiffness (Voigt); and wall time of the solution.
  torch::Tensor divergence, high_frequency_share, voigt_error;
  double seconds = 0;
};

/// Solves a batch in double precision. @throws std::runtime_error if it does not converge.
ReferenceFields reference_fields(std::span<const materials::Rve> rves, int label_factor,
                                 double tolerance, torch::Device device);

/// The homogenized stiffness alone, in the unit of the RVEs, `[B, m, m]`.
torch::Tensor reference_stiffness(std::span<const materials::Rve> rves, double tolerance,
                                  torch::Device device);

/// Fields and bounds under test, dimensionless by the scale of the RVEs that they were made for.
struct Prediction {
  /// Total fields of all unit loads, `[B, L, m, n...]`.
  torch::Tensor strain, stress, projected_stress;
  /// Mean of the predicted stress by load, `[B, L, m]`.
  torch::Tensor mean_stress;
  Bounds bounds;
  /// Where the estimate lies between the bounds, `[B]`.
  torch::Tensor estimate_weight;
  double prediction_seconds = 0, seconds = 0;
};

Prediction predict(FieldNetwork& network, const StiffnessField& stiffness);

/// The reference solver stopped after so many iterations, stress C : eps, with the same certificate
/// (C : eps projected to equilibrium). The estimate is the upper bound.
Prediction stopped_solver(const StiffnessField& stiffness, unsigned int iterations);

/// Block conjugate gradients on both energies (energy_descent.h) stopped after so many steps: what
/// an s-ECO model with solver steps does, without its network. The estimate is the upper bound.
Prediction stopped_descent(const StiffnessField& stiffness, unsigned int steps);

/// Brings a prediction from the scale of its own RVEs to that of the reference.
void rescale(Prediction& prediction, const torch::Tensor& scale, const torch::Tensor& new_scale);

/// Measures every RVE of a batch.
std::vector<RveMeasurement> score(const Prediction& prediction, const ReferenceFields& reference);

/// Spectrum of the predicted stress relative to the energy of the reference, summed over the batch.
torch::Tensor relative_spectrum(const torch::Tensor& stress, const ReferenceFields& reference);

}  // namespace seco::surrogate
