#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <vector>

#include "field_network.h"
#include "seco/surrogate/training.h"

namespace seco::surrogate {

/// Mean certified gap of the network over some RVEs, evaluated in small batches; fields that are
/// not admissible by construction are made so first.
double mean_certified_gap(FieldNetwork& network, const std::vector<materials::Rve>& rves,
                          const std::vector<std::size_t>& indices,
                          const torch::TensorOptions& options);

/// As in `model.json` under `held_out` and as `seco evaluate` writes it.
nlohmann::json to_json(const ModelEvaluation& evaluation);

/// Grid, number of phases and stiffness contrast of the RVEs, for `model.json`.
nlohmann::json training_range(const std::vector<materials::Rve>& rves);

/// Elapsed time.
inline double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace seco::surrogate
