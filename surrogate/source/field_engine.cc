#include "field_engine.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

namespace seco::surrogate {
namespace {

materials::MandelMatrix to_matrix(const torch::Tensor& values, double scale) {
  const auto contiguous = values.to(torch::kCPU, torch::kDouble).contiguous();
  const auto m = contiguous.size(0);
  return Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
             contiguous.data_ptr<double>(), m, m) *
         scale;
}

bool all_finite(const Homogenized& result) {
  return result.stiffness.allFinite() && result.upper.allFinite() && result.lower.allFinite() &&
         std::isfinite(result.gap);
}

}  // namespace

std::vector<Homogenized> FieldEngine::homogenize(
    std::span<const materials::Rve> rves, const std::function<void(std::size_t)>& progress) const {
  torch::NoGradGuard no_grad;
  for (const auto& rve : rves) check(rve);
  std::map<std::pair<std::vector<int>, std::vector<double>>, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < rves.size(); ++i)
    groups[{rves[i].shape, rves[i].lengths}].push_back(i);

  std::vector<Homogenized> results(rves.size());
  std::size_t finished = 0;
  for (const auto& [key, indices] : groups) {
    const double bytes = static_cast<double>(rves[indices.front()].n_voxels() *
                                             bytes_per_voxel(rves[indices.front()].dimension()));
    const auto chunk_size = static_cast<std::size_t>(
        std::clamp(settings_.chunk_memory * 1024. * 1024. / bytes, 1., 4096.));
    for (std::size_t first = 0; first < indices.size(); first += chunk_size) {
      const std::size_t last = std::min(first + chunk_size, indices.size());
      std::vector<materials::Rve> chunk;
      for (std::size_t i = first; i < last; ++i) chunk.push_back(rves[indices[i]]);
      const auto start = std::chrono::steady_clock::now();
      const StiffnessField stiffness(chunk, options_);
      const FieldResult part = compute(stiffness);
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
          static_cast<double>(chunk.size());
      const auto gap = part.bounds.gap();
      for (std::size_t i = 0; i < chunk.size(); ++i) {
        const auto b = static_cast<std::int64_t>(i);
        const double scale = stiffness.scale()[b].item<double>();
        Homogenized& result = results[indices[first + i]];
        result.stiffness = to_matrix(part.estimate[b], scale);
        result.lower = to_matrix(part.bounds.lower[b], scale);
        result.upper = to_matrix(part.bounds.upper[b], scale);
        result.gap = gap[b].item<double>();
        result.engine = name();
        result.iterations = part.iterations[i];
        result.residual = part.residual[i];
        result.seconds = seconds;
        result.status = part.status[i];
        result.message = part.message[i];
        if (!all_finite(result)) {
          result.status = Status::failed;
          result.message = "the computed fields are not finite";
        }
      }
      finished += chunk.size();
      if (progress) progress(finished);
    }
  }
  return results;
}

void mark_one_sided(FieldResult& result, const StiffnessField& stiffness) {
  for (std::int64_t b = 0; b < stiffness.batch_size(); ++b) {
    if (!stiffness.has_void()[b]) continue;
    result.estimate[b] = result.bounds.upper[b];
    if (result.status[b] == Status::not_converged) continue;
    result.status[b] = Status::one_sided;
    result.message[b] = "voids of zero stiffness: only the upper bound is certified";
  }
}

}  // namespace seco::surrogate
