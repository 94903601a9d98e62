#pragma once

#include <cstdint>
#include <string>

#include "seco/surrogate/network_settings.h"

namespace seco::surrogate {

/// How a surrogate is trained.
struct TrainingSettings {
  std::string dataset;
  std::string model;
  NetworkSettings network;
  std::int64_t n_steps = 2000;
  /// Stops earlier after this wall time in minutes; 0 for no limit.
  double time_limit = 0;
  /// Stops after this step as if interrupted, with a checkpoint; the schedule stays that of
  /// `n_steps`. 0 for never.
  std::int64_t stop_after = 0;
  int batch_size = 4;
  double learning_rate = 2e-3;
  /// Final learning rate of the cosine schedule, relative to the first.
  double final_learning_rate = 0.01;
  int warm_up_steps = 50;
  double weight_decay = 1e-4;
  /// Largest norm of the gradient; larger ones are scaled down.
  double gradient_clipping = 1.;
  /// Weights of the loss (arXiv 2504.13422): low-resolution labels, constitutive residual.
  double data_weight = 1.;
  double physics_weight = 1.;
  /// `gap`: the constitutive residual weighted by the compliance, which is the certified gap.
  /// `plain`: its square norm.
  std::string residual = "gap";
  std::int64_t validation_interval = 100;
  std::int64_t checkpoint_interval = 200;
  std::uint64_t seed = 1;
  std::string device = "auto";
  /// Continues from the checkpoint in the model folder if there is one.
  bool resume = true;
  /// Progress bar on the terminal.
  bool show_progress = true;
};

/// What came out.
struct TrainingResult {
  std::int64_t steps = 0;
  double seconds = 0;
  double best_validation_gap = 0;
  bool diverged = false;
};

/// Trains an s-ECO network and writes the model folder: `model.json` and `weights.pt` of the best
/// validation gap, `checkpoint.pt` of the last state (resume continues exactly), and
/// `training_log.csv`. Loss per RVE and load case:
///
///     data_weight * (|A(eps) - eps_LR|^2 / |E|^2 + |A(sigma) - sigma_LR|^2 / |C_V : E|^2)
///       + physics_weight * r(sigma - C : eps),
///
/// A the block average onto the label grid, |.| root mean squares, and r either the hypercircle gap
/// relative to the Voigt energy, as log(1 + gap), or the plain square norm relative to |C_V : E|^2.
/// Optimizer: AdamW with warm-up, cosine schedule and gradient clipping. A training that diverges
/// stops and keeps the best model.
/// @throws std::invalid_argument or std::runtime_error for settings and files that do not fit.
TrainingResult train(const TrainingSettings& settings);

/// Measures a model on the validation RVEs of a dataset against the reference solver and returns a
/// JSON text: relative errors of the homogenized stiffness (Frobenius norm), certified gaps, the
/// same for the reference solver stopped after a few iterations (`stopped_solver`) and for Voigt,
/// and seconds per RVE.
std::string evaluate_model(const std::string& model, const std::string& dataset,
                           const std::string& device);

/// The text of `seco info`: architecture, training, accuracy and range of a model folder.
std::string describe_model(const std::string& model);

}  // namespace seco::surrogate
