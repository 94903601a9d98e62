#pragma once

#include <torch/optim/adamw.h>

#include <limits>
#include <string>

#include "field_network.h"

namespace seco::surrogate {

/// Everything that changes during training, saved and restored together.
struct TrainingState {
  std::int64_t step = 0;
  double seconds = 0;
  double best_gap = std::numeric_limits<double>::infinity();
  /// Validations since the best one.
  std::int64_t stale = 0;
  /// Running mean of the loss, and its smallest value.
  double mean_loss = std::numeric_limits<double>::quiet_NaN();
  double best_loss = std::numeric_limits<double>::infinity();
  /// Factor on the loss of a float16 network; 1 otherwise.
  double loss_scale = 1.;

  /// Saves beside the old file and renames.
  /// @throws std::runtime_error if that fails; the old file is unchanged.
  void save(const std::string& path, const FieldNetwork& network,
            const torch::optim::Optimizer& optimizer) const;
  /// @throws std::runtime_error naming the file if it is corrupt or belongs to another network.
  void load(const std::string& path, FieldNetwork& network, torch::optim::Optimizer& optimizer);
};

}  // namespace seco::surrogate
