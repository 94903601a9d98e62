#include "training_batches.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "seco/materials/random.h"
#include "seco/materials/symmetry_operations.h"

namespace seco::surrogate {
namespace {

torch::Tensor to_tensor(const materials::MandelMatrix& matrix,
                        const torch::TensorOptions& options) {
  auto values = torch::empty({matrix.rows(), matrix.cols()}, torch::kDouble);
  std::copy_n(matrix.data(), matrix.size(), values.data_ptr<double>());
  return values.to(options);
}

// Fields of all unit loads, [L, m, n...], of the shifted RVE.
torch::Tensor shifted(const torch::Tensor& fields, const std::vector<int>& offset) {
  std::vector<std::int64_t> shift(offset.begin(), offset.end()), axes;
  for (std::size_t a = 0; a < offset.size(); ++a) axes.push_back(static_cast<std::int64_t>(a) + 2);
  return torch::roll(fields, shift, axes);
}

// Fields of all unit loads of the transformed RVE: unit load i is the combination Q_ik of the old
// ones, and every field turns along.
torch::Tensor transformed(const torch::Tensor& fields, const materials::CubeSymmetry& symmetry) {
  const auto q = to_tensor(symmetry.mandel(), fields.options());
  auto turned = torch::matmul(q, fields.flatten(1)).reshape(fields.sizes());
  turned = torch::matmul(q, turned.flatten(2)).reshape(fields.sizes());
  std::vector<std::int64_t> order{0, 1}, flipped;
  for (std::size_t a = 0; a < symmetry.axis.size(); ++a) {
    order.push_back(symmetry.axis[a] + 2);
    if (symmetry.sign[a] < 0) flipped.push_back(static_cast<std::int64_t>(a) + 2);
  }
  return torch::flip(turned.permute(order), flipped);
}

}  // namespace

TrainingBatches::TrainingBatches(const DatasetReader& data, const TrainingSettings& settings)
    : data_(data), settings_(settings) {
  const auto& rve = data.rves().front();
  const auto all_equal = [](const auto& values) {
    return std::all_of(values.begin(), values.end(), [&](auto v) { return v == values[0]; });
  };
  const bool cube = all_equal(rve.shape) && all_equal(rve.lengths);
  // A cell that is not a cube keeps its axes, so that all RVEs of a batch share one grid.
  for (const auto& symmetry : materials::cube_symmetries(data.dimension()))
    if (cube || std::is_sorted(symmetry.axis.begin(), symmetry.axis.end()))
      symmetries_.push_back(symmetry);
}

std::vector<std::vector<int>> TrainingBatches::micro_batches(int rank, int n_ranks) const {
  const int size =
      settings_.micro_batch_size > 0 ? settings_.micro_batch_size : settings_.batch_size;
  std::vector<std::vector<int>> parts;
  for (int position = rank; position < settings_.batch_size; position += n_ranks) {
    if (parts.empty() || static_cast<int>(parts.back().size()) == size) parts.emplace_back();
    parts.back().push_back(position);
  }
  return parts;
}

void TrainingBatches::shuffle(std::size_t epoch) {
  epoch_ = epoch;
  permutation_.resize(data_.n_training());
  std::iota(permutation_.begin(), permutation_.end(), 0);
  std::mt19937_64 generator(settings_.seed + 7919 * epoch);
  for (std::size_t i = permutation_.size() - 1; i > 0; --i)
    std::swap(permutation_[i], permutation_[generator() % (i + 1)]);
}

std::size_t TrainingBatches::index_at(std::int64_t step, int position) {
  const std::size_t n = data_.n_training();
  const std::size_t p = static_cast<std::size_t>(step) * settings_.batch_size + position;
  if (permutation_.empty() || p / n != epoch_) shuffle(p / n);
  return permutation_[p % n];
}

TrainingBatch TrainingBatches::load(std::int64_t step, const std::vector<int>& positions) {
  TrainingBatch batch;
  std::vector<std::size_t> indices;
  for (const int position : positions) {
    if (settings_.fresh_rve) {
      batch.rves.push_back(settings_.fresh_rve(
          data_.rves().size() + static_cast<std::size_t>(step) * settings_.batch_size + position));
      continue;
    }
    indices.push_back(index_at(step, position));
    batch.rves.push_back(data_.rves()[indices.back()]);
  }
  const bool labels = settings_.data_weight > 0;
  if (labels) std::tie(batch.label_strain, batch.label_stress) = data_.labels(indices);
  if (!settings_.augmentation) return batch;

  std::vector<torch::Tensor> strain, stress;
  // Shifts by whole label voxels, so that labels shift along.
  const int block = std::max(1, data_.label_factor());
  for (std::size_t i = 0; i < positions.size(); ++i) {
    materials::RandomStream random(materials::mix_seed(
        settings_.seed + 1000003,
        static_cast<std::uint64_t>(step) * settings_.batch_size + positions[i]));
    auto& rve = batch.rves[i];
    std::vector<int> coarse, fine;
    for (const int n : rve.shape) {
      coarse.push_back(static_cast<int>(random.uniform() * (n / block)));
      fine.push_back(coarse.back() * block);
    }
    const auto drawn = static_cast<std::size_t>(random.uniform() * symmetries_.size());
    const auto& symmetry = symmetries_[std::min(drawn, symmetries_.size() - 1)];
    rve = materials::transformed(materials::shifted(rve, fine), symmetry);
    if (!labels) continue;
    const auto b = static_cast<std::int64_t>(i);
    strain.push_back(transformed(shifted(batch.label_strain[b], coarse), symmetry));
    stress.push_back(transformed(shifted(batch.label_stress[b], coarse), symmetry));
  }
  if (labels) {
    batch.label_strain = torch::stack(strain);
    batch.label_stress = torch::stack(stress);
  }
  return batch;
}

}  // namespace seco::surrogate
