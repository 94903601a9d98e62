#include "seco/surrogate/cached_engine.h"

namespace seco::surrogate {

std::optional<Homogenized> CachedEngine::find(const Digest& rve) const {
  return cache_ ? cache_->find(rve) : std::nullopt;
}

std::vector<Homogenized> CachedEngine::compute(
    std::span<const materials::Rve> rves, std::span<const Digest> digests,
    const std::function<void(std::size_t)>& progress) const {
  auto results = engine_->homogenize(rves, progress);
  if (cache_)
    for (std::size_t r = 0; r < results.size(); ++r) cache_->store(digests[r], results[r]);
  return results;
}

std::vector<Homogenized> CachedEngine::homogenize(
    std::span<const materials::Rve> rves, const std::function<void(std::size_t)>& progress) const {
  if (!cache_) return engine_->homogenize(rves, progress);
  std::vector<Homogenized> results(rves.size());
  std::vector<std::size_t> unknown;
  std::vector<materials::Rve> unknown_rves;
  std::vector<Digest> digests;
  for (std::size_t r = 0; r < rves.size(); ++r) {
    const auto digest = ResultCache::digest(rves[r]);
    if (auto known = find(digest)) {
      results[r] = *std::move(known);
    } else {
      unknown.push_back(r);
      unknown_rves.push_back(rves[r]);
      digests.push_back(digest);
    }
  }
  const auto n_known = rves.size() - unknown.size();
  if (progress && n_known > 0) progress(n_known);
  if (unknown.empty()) return results;
  auto computed = compute(unknown_rves, digests, [&](std::size_t done) {
    if (progress) progress(n_known + done);
  });
  for (std::size_t i = 0; i < unknown.size(); ++i) results[unknown[i]] = std::move(computed[i]);
  return results;
}

}  // namespace seco::surrogate
