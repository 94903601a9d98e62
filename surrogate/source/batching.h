#pragma once

#include <functional>
#include <span>

#include "certificate.h"
#include "seco/surrogate/engine.h"

namespace seco::surrogate {

/// What a field engine returns for one chunk of RVEs that share a grid; entries per RVE.
struct ChunkResult {
  Bounds bounds;
  /// Estimate, `[B, m, m]`, double, dimensionless like the bounds.
  torch::Tensor estimate;
  std::vector<unsigned int> iterations;
  std::vector<double> residual;
  std::vector<Status> status;
  std::vector<std::string> message;
};

/// Sorts RVEs by grid, cuts them into chunks whose fields fit into the memory asked for, runs
/// `compute` on each chunk and puts the results, in the unit of each RVE, in the order of the
/// input.
/// @param bytes_per_voxel memory of all fields of one voxel of one RVE
std::vector<Homogenized> homogenize_in_chunks(
    std::span<const materials::Rve> rves, const EngineSettings& settings,
    const std::string& engine_name, std::size_t bytes_per_voxel,
    const torch::TensorOptions& options,
    const std::function<ChunkResult(const StiffnessField&)>& compute,
    const std::function<void(std::size_t)>& progress);

}  // namespace seco::surrogate
