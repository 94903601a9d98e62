#pragma once

#include <cstdint>
#include <vector>

#include "dataset_reader.h"
#include "seco/materials/symmetry_operations.h"
#include "seco/surrogate/training.h"

namespace seco::surrogate {

/// RVEs of one optimizer step that a rank holds at once, and their labels, if any.
struct TrainingBatch {
  std::vector<materials::Rve> rves;
  /// `[B, L, m, nc...]`, stress in the unit of the dataset; undefined without labels.
  torch::Tensor label_strain, label_stress;
};

/// Hands out the RVEs of every step. Each epoch is a seeded permutation and each augmentation is
/// drawn from a stream of its own, so a batch depends on the settings and the step alone: a resumed
/// training, and a training on several ranks, see what an uninterrupted one on one rank would have
/// seen.
class TrainingBatches {
 public:
  TrainingBatches(const DatasetReader& data, const TrainingSettings& settings);

  /// Positions within the global batch of a step that a rank works on, in micro-batches.
  std::vector<std::vector<int>> micro_batches(int rank, int n_ranks) const;

  /// Loads the RVEs at these positions of the batch of a step.
  TrainingBatch load(std::int64_t step, const std::vector<int>& positions);

 private:
  std::size_t index_at(std::int64_t step, int position);
  void shuffle(std::size_t epoch);

  const DatasetReader& data_;
  const TrainingSettings& settings_;
  std::vector<materials::CubeSymmetry> symmetries_;
  std::size_t epoch_ = 0;
  std::vector<std::size_t> permutation_;
};

}  // namespace seco::surrogate
