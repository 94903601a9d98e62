#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "seco/materials/rve.h"

namespace seco::surrogate {

/// What one model, or the reference solver stopped early, makes of one RVE. Errors are relative and
/// measured against the converged reference solution, fields over all unit load cases of the RVE;
/// `x` are the fields as predicted, means included, in Mandel notation.
struct RveMeasurement {
  /// Plain nRMSE `||x - x*|| / ||x*||`.
  double strain_error = 0;
  double stress_error = 0;
  /// Fluctuation-normalised nRMSE `||x - x*|| / ||x* - <x*>||`.
  double strain_fluctuation_error = 0;
  double stress_fluctuation_error = 0;
  /// The latter after the projection onto fields in equilibrium; the same number for models that
  /// are in equilibrium by construction.
  double projected_stress_error = 0;
  /// `||D^T sigma|| h / ||sigma||` of the predicted stress.
  double divergence = 0;
  /// Of the stress beyond the Nyquist wave number of the labels: `sum |E(k) - E*(k)| / sum E*(k)`
  /// of the radial energy spectrum, and the nRMSE of the field's part in these modes.
  double spectrum_error = 0;
  double band_error = 0;
  /// Share of the stress error's energy in the highest third of frequencies (checkerboards), and
  /// its root mean square beside phase boundaries over that elsewhere.
  double high_frequency_share = 0;
  double boundary_ratio = 0;
  /// Frobenius errors of the homogenized stiffness: estimate between the bounds, upper bound, lower
  /// bound, and columns of the mean of the predicted stress.
  double stiffness_error = 0;
  double upper_error = 0;
  double lower_error = 0;
  double mean_stress_error = 0;
  /// Certified gap, of the nearest admissible fields where the model's own are not admissible.
  double gap = 0;
  /// By how much the reference lies outside the bounds in the Loewner order, relative; round-off
  /// where the model was given the right moduli.
  double bound_violation = 0;
  /// Wall time of prediction, and of prediction and certificate.
  double prediction_seconds = 0;
  double seconds = 0;
};

/// The members of RveMeasurement, so that tables can be written without naming each.
struct Metric {
  /// Column name in CSV files and key in study files.
  std::string name;
  /// Heading of tables.
  std::string title;
  double RveMeasurement::*value;
};
const std::vector<Metric>& metrics();
/// @throws std::invalid_argument listing the known names.
const Metric& metric(const std::string& name);

/// Mean, standard deviation (of the sample, n - 1), median and largest value.
struct Spread {
  double mean = 0, deviation = 0, median = 0, worst = 0;
};
Spread spread(const std::vector<double>& values);
Spread spread(const std::vector<RveMeasurement>& rves, double RveMeasurement::*value);

/// A trained model under test.
struct StudyModel {
  std::string name;
  /// Model folder.
  std::string folder;
};

/// RVEs to test on, all of one grid.
struct TestSet {
  std::string name;
  std::vector<materials::Rve> rves;
  /// What the models and their certificates are told instead, if not empty: the same RVEs with
  /// other moduli. The reference stays that of `rves`.
  std::vector<materials::Rve> assumed;
  /// Labels of the training were coarser than this grid by this factor.
  int label_factor = 2;
};

struct MeasureSettings {
  std::string device = "auto";
  /// Relative residual of the reference solution, double precision.
  double reference_tolerance = 1e-6;
  /// The reference solver (CG) is also stopped after each of these numbers of iterations, and
  /// block conjugate gradients on both energies (block CG), which solve for both bounds, after each
  /// of these numbers of steps.
  std::vector<unsigned int> solver_iterations, descent_steps;
};

/// Results of one model, or of a solver stopped early, on a test set.
struct SubjectResult {
  std::string name;
  /// `CG` or `block CG`, and its iterations; empty and 0 for models.
  std::string solver;
  unsigned int iterations = 0;
  std::vector<RveMeasurement> rves;
  /// Radial energy spectrum of the stress fluctuation by wave number (cycles per longest edge),
  /// relative to the energy of the reference, mean over the RVEs.
  std::vector<double> spectrum;
  std::int64_t n_parameters = 0;
  /// Why there are no results, if `rves` is empty.
  std::string refusal;
};

/// Stress sigma_11 under the unit mean strain 11 of the first RVE, in its unit, in the plane that
/// halves the last axis of a 3D grid. Row by row, `n1 x n2`.
struct FieldSlice {
  std::size_t n1 = 0, n2 = 0;
  std::vector<float> phase;
  std::vector<float> reference;
  /// One per model; empty where the model has no results.
  std::vector<std::vector<float>> predictions;
};

struct TestSetResult {
  std::string name;
  std::vector<int> grid;
  std::string device;
  std::vector<SubjectResult> models;
  std::vector<SubjectResult> solver;
  std::vector<double> reference_spectrum;
  /// Largest wave number that the label grid resolves.
  double label_nyquist = 0;
  /// Per RVE: share of the reference stress in the highest third of frequencies, divergence and
  /// wall time of the reference solution, error of Voigt's mean stiffness.
  std::vector<double> reference_share, reference_divergence, reference_seconds, voigt_error;
  /// Per RVE: error of the exact homogenized stiffness of the assumed RVEs, which no solver could
  /// avoid. Empty if the set assumes nothing.
  std::vector<double> assumption_error;
  FieldSlice slice;
};

/// Measures models on a test set, beside solvers stopped after k iterations with the same
/// certificate: CG with the stress C : eps, projected for the lower bound, and block CG.
///
/// The estimate of a model lies between its bounds where the model expects it; that of a stopped
/// solver at the weight that is best on this very test set, which favours the solver.
/// RVEs are taken in small batches of the same size for models and solver; the first batch is run
/// once more beforehand, so that no time includes the set-up of libraries.
/// A model that refuses the RVEs (its dimension, missing orientations) is reported with its reason.
/// @throws std::runtime_error if the reference solver does not converge.
TestSetResult measure(const TestSet& set, const std::vector<StudyModel>& models,
                      const MeasureSettings& settings,
                      const std::function<void(std::size_t, std::size_t)>& progress = {});

/// CPU time (over all threads) of the reference solver for one RVE, mean over the RVEs: on the grid
/// coarser by `factor`, where labels are solved, and on the full grid.
struct LabelCost {
  double low_seconds = 0, high_seconds = 0;
};
LabelCost measure_label_cost(const std::vector<materials::Rve>& rves, int factor, double tolerance);

}  // namespace seco::surrogate
