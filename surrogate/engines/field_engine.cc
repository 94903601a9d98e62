#include "field_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <tuple>

#include "device.h"
#include "difference_operator.h"
#include "local_quantities.h"

namespace seco::surrogate {

namespace {

/// Fluctuation of the unit loads.
torch::Tensor strain_of_fields(const StiffnessField& stiffness, const FieldResult& fields) {
  return fields.strain.defined() ? fields.strain : strain_of(fields.displacement, stiffness.grid());
}

}  // namespace

void check_tolerance(const EngineSettings& settings) {
  if (settings.tolerance > 0 && settings.tolerance < 1) return;
  throw SettingError(Setting::tolerance,
                     fmt::format("tolerance {} is not between 0 and 1", settings.tolerance));
}

void FieldEngine::compute_in_chunks(const std::vector<const materials::Rve*>& rves,
                                    const std::vector<std::size_t>& kinds,
                                    const std::function<void(std::size_t)>& progress,
                                    const Consumer& consume) const {
  torch::NoGradGuard no_grad;
  for (const auto* rve : rves) check_fits(*rve);
  std::map<std::tuple<std::vector<int>, std::vector<double>, std::size_t>, std::vector<std::size_t>>
      groups;
  for (std::size_t i = 0; i < rves.size(); ++i)
    groups[{rves[i]->shape, rves[i]->lengths, kinds[i]}].push_back(i);

  const double memory = chunk_memory(settings_.chunk_memory, options_.device());
  std::size_t finished = 0;
  for (const auto& [key, indices] : groups) {
    const auto& first_rve = *rves[indices.front()];
    const double bytes =
        static_cast<double>(first_rve.n_voxels() * bytes_per_voxel(first_rve.dimension()));
    const auto chunk_size = static_cast<std::size_t>(
        std::clamp(memory * 1024. * 1024. / bytes, 1.,
                   static_cast<double>(largest_chunk(*rves[indices.front()]))));
    for (std::size_t first = 0; first < indices.size(); first += chunk_size) {
      const std::size_t last = std::min(first + chunk_size, indices.size());
      std::vector<materials::Rve> chunk;
      std::vector<std::size_t> positions;
      for (std::size_t i = first; i < last; ++i) {
        positions.push_back(indices[i]);
        chunk.push_back(*rves[indices[i]]);
      }
      const auto start = std::chrono::steady_clock::now();
      const StiffnessField stiffness(chunk, options_);
      const FieldResult part = compute(stiffness);
      const double seconds =
          std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() /
          static_cast<double>(chunk.size());
      auto results = homogenized(stiffness, part, seconds);
      for (std::size_t i = 0; i < results.size(); ++i) explain_voids(chunk[i], results[i]);
      consume(positions, stiffness, part, std::move(results));
      finished += chunk.size();
      if (progress) progress(finished);
    }
  }
}

std::vector<Homogenized> FieldEngine::homogenized(const StiffnessField& stiffness,
                                                  const FieldResult& fields, double seconds) const {
  std::vector<Homogenized> results(static_cast<std::size_t>(stiffness.batch_size()));
  const auto gap = fields.bounds.gap();
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto b = static_cast<std::int64_t>(i);
    const double scale = stiffness.scale()[b].item<double>();
    Homogenized& result = results[i];
    result.stiffness = scale * to_matrix(fields.estimate[b]);
    result.lower = scale * to_matrix(fields.bounds.lower[b]);
    result.upper = scale * to_matrix(fields.bounds.upper[b]);
    result.gap = gap[b].item<double>();
    result.engine = name();
    result.iterations = fields.iterations[i];
    result.residual = fields.residual[i];
    result.seconds = seconds;
    result.status = fields.status[i];
    result.message = fields.message[i];
  }
  return results;
}

std::vector<Homogenized> FieldEngine::homogenize(
    std::span<const materials::Rve> rves, const std::function<void(std::size_t)>& progress) const {
  std::vector<const materials::Rve*> pointers;
  for (const auto& rve : rves) pointers.push_back(&rve);
  std::vector<Homogenized> results(rves.size());
  compute_in_chunks(
      pointers, std::vector<std::size_t>(rves.size(), 0), progress,
      [&](const auto& positions, const auto& stiffness, const auto& fields,
          std::vector<Homogenized> part) {
        if (stiffness.grid().dimension() == 2) {
          std::vector<const materials::Rve*> chunk;
          bool some = false;
          for (const auto i : positions) {
            chunk.push_back(&rves[i]);
            some = some || stress_measure(rves[i]) == StressMeasure::spatial;
          }
          if (some)
            add_out_of_plane(stiffness, best_strain(stiffness, strain_of_fields(stiffness, fields)),
                             chunk, part);
        }
        for (std::size_t i = 0; i < part.size(); ++i) results[positions[i]] = std::move(part[i]);
      });
  return results;
}

std::vector<LocalAnswer> FieldEngine::local_quantities(
    std::span<const LocalQuery> queries, const std::function<void(std::size_t)>& progress) const {
  std::vector<const materials::Rve*> rves;
  std::vector<std::size_t> kinds;
  for (const auto& query : queries) {
    surrogate::check(query);
    rves.push_back(&query.rve);
    kinds.push_back(2 * query.strains.size() + (query.whole_fields ? 1 : 0));
  }
  std::vector<LocalAnswer> answers(queries.size());
  compute_in_chunks(rves, kinds, progress,
                    [&](const auto& positions, const auto& stiffness, const auto& fields,
                        std::vector<Homogenized> part) {
                      std::vector<const LocalQuery*> asked;
                      for (const auto i : positions) asked.push_back(&queries[i]);
                      auto loads = surrogate::local_quantities(
                          stiffness, best_strain(stiffness, strain_of_fields(stiffness, fields)),
                          asked, part, chunk_memory(settings_.chunk_memory, options_.device()));
                      for (std::size_t i = 0; i < part.size(); ++i) {
                        auto& answer = answers[positions[i]];
                        answer.measure = stress_measure(asked[i]->rve);
                        if (part[i].status != Status::failed) answer.loads = std::move(loads[i]);
                        answer.homogenized = std::move(part[i]);
                      }
                    });
  return answers;
}

}  // namespace seco::surrogate
