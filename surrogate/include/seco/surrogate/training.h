#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "seco/materials/rve.h"
#include "seco/surrogate/network_settings.h"

namespace seco::surrogate {

/// Where a training is.
struct TrainingProgress {
  std::int64_t step = 0, n_steps = 0;
  /// Of this step, over all ranks.
  double loss = 0;
  /// Smallest mean gap of the validation RVEs so far.
  double best_gap = 0;
};

/// Settings of a training.
struct TrainingSettings {
  std::string dataset;
  std::string model;
  NetworkSettings network;
  /// Model folder whose weights training starts from, of the same architecture but for the solver
  /// steps; empty for random weights. Networks take grids of any size, so training may start on
  /// small RVEs.
  std::string initial_model;
  std::int64_t n_steps = 2000;
  /// Stops earlier after this wall time in minutes; 0 for no limit.
  double time_limit = 0;
  /// Stops after this step as if interrupted, with a checkpoint; the schedule stays that of
  /// `n_steps`. 0 for never.
  std::int64_t stop_after = 0;
  /// RVEs per step, over all ranks.
  int batch_size = 4;
  /// RVEs that a rank holds at once; the gradient of a step is accumulated over as many passes as
  /// that takes. 0: all of its share. Changes memory and speed, not the result.
  int micro_batch_size = 0;
  /// If given, every RVE of every step is a new one, `fresh_rve(i)` with i counted on from the RVEs
  /// of the dataset, which then is for validation alone. Without labels: needs a data weight of 0.
  std::function<materials::Rve(std::size_t)> fresh_rve;
  /// Draws, for every RVE of every step, a periodic shift and one of the symmetries of the cube
  /// (square), under which microstructure, stiffnesses, load cases and labels turn together.
  bool augmentation = true;
  double learning_rate = 2e-3;
  /// Final learning rate of the cosine schedule, relative to the first.
  double final_learning_rate = 0.01;
  int warm_up_steps = 50;
  double weight_decay = 1e-4;
  /// Largest norm of the gradient; larger ones are scaled down.
  double gradient_clipping = 1.;
  /// Weights of the loss (arXiv 2504.13422): low-resolution labels, and what the blocks of the
  /// model leave to the loss: the constitutive law (s-ECO) or equilibrium (w-ECO). `UNet` and
  /// `TFNO` learn from data alone. A data weight of 0 is training without labels.
  double data_weight = 1.;
  double physics_weight = 1.;
  /// `gap`: the residual in the energy norm, for s-ECO the certified gap. `plain`: its mean square.
  std::string residual = "gap";
  /// For studies: network and residual see stiffnesses whose deviatoric part is off by this
  /// (materials::with_shear_error), labels come from the true ones.
  double shear_error = 0.;
  /// Stops after so many validations in a row that did not improve the best gap; 0 for never.
  int patience = 0;
  std::int64_t validation_interval = 100;
  std::int64_t checkpoint_interval = 200;
  std::uint64_t seed = 1;
  std::string device = "auto";
  /// Continues from the checkpoint in the model folder if there is one.
  bool resume = true;
  /// Called after every step, on every rank, if set. An exception ends the training with a
  /// checkpoint.
  std::function<void(const TrainingProgress&)> progress;
  /// Progress bar on the terminal.
  bool show_progress = true;
  /// The parameter file these settings come from, for `model.json`.
  std::string parameter_file;
};

/// Result of a training run.
struct TrainingResult {
  std::int64_t steps = 0;
  double seconds = 0;
  double best_validation_gap = 0;
  bool diverged = false;
  /// Rank of this process.
  int rank = 0;
};

/// Refuses settings that no dataset could make sense of.
/// @throws std::invalid_argument naming the setting, its value and what is allowed
void check(const TrainingSettings& settings);

/// Trains a field network and writes the model folder: `model.json` and `weights.safetensors` of
/// the best validation gap, `checkpoint.safetensors` of the last state (resume continues exactly),
/// and `training_log.csv`. Loss per RVE and load case:
///
///     data_weight * (|A(eps) - eps_LR|^2 / |E|^2 + |A(sigma) - sigma_LR|^2 / |C_V : E|^2)
///       + physics_weight * r,
///
/// A the block average onto the label grid, |.| root mean squares, and r the constitutive residual
/// of s-ECO, `log(1 + 1e3 gap / complementary energy)` or plain, or the equilibrium residual of
/// w-ECO (loss.h). Optimizer: AdamW with warm-up, cosine schedule and gradient clipping; with
/// `float16` networks the loss is scaled and steps whose gradients overflow are skipped. A training
/// that diverges (a loss or gradient that is not finite, or a loss that stays far above its best)
/// stops and keeps the best model.
///
/// Started by an MPI launcher, all ranks work on one training: the RVEs of every step are dealt out
/// and gradients summed, so the result is that of one rank up to round-off. Rank 0 writes.
/// @throws std::invalid_argument or std::runtime_error for settings and files that do not fit;
///   materials::Interrupted, after a checkpoint was written (interruption.h)
TrainingResult train(const TrainingSettings& settings);

/// A figure over the RVEs of a dataset.
struct FigureOverRves {
  double mean = 0, median = 0, largest = 0;
};

/// The reference solver stopped after so many iterations, with the same certificate: what a network
/// has to beat in less time.
struct StoppedSolver {
  unsigned int iterations = 0;
  FigureOverRves certified_gap, stiffness_error;
  double seconds_per_rve = 0;
};

/// A model measured against the reference solver. Errors of stiffnesses are relative, in the
/// Frobenius norm; those of strain and stress are root mean squares of the fluctuations, relative
/// to theirs.
struct ModelEvaluation {
  std::size_t n_rves = 0;
  FigureOverRves certified_gap, stiffness_error, upper_bound_error, lower_bound_error, strain_error,
      stress_error, voigt_error;
  /// Largest relative divergence of a stress.
  double stress_divergence = 0;
  std::vector<StoppedSolver> stopped_solver;
  double seconds_per_rve = 0, reference_seconds_per_rve = 0;
  std::string device;
};

/// Measures a model on the validation RVEs of a dataset.
/// @param trust_scripts whether the TorchScript module of an imported model may be executed
/// @throws std::invalid_argument for a model and a dataset that do not fit
ModelEvaluation evaluate_model(const std::string& model, const std::string& dataset,
                               const std::string& device, bool trust_scripts = false);

/// The same as the JSON text of `seco evaluate` (docs/file_formats.md).
std::string to_json_text(const ModelEvaluation& evaluation);

/// What a model folder says of itself.
struct ModelDescription {
  NetworkSettings network;
  std::int64_t training_steps = 0;
  double training_hours = 0;
  /// TrainingSettings::data_weight.
  double data_weight = 1;
  /// All of `model.json`, as `seco info` prints it: also accuracy and range.
  std::string text;
};

/// Describes a model folder. Weights are read and checked; a TorchScript module is not executed.
/// @throws std::invalid_argument naming what is wrong with the folder
ModelDescription describe_model(const std::string& model);

}  // namespace seco::surrogate
