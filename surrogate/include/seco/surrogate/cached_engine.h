#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "seco/surrogate/result_cache.h"

namespace seco::surrogate {

/// An engine whose results are looked for in a ResultCache, and kept there once they are computed.
/// Local quantities need fields, which no cache holds; they are computed.
class CachedEngine : public Engine {
 public:
  using Digest = ResultCache::Digest;

  /// @param cache of the engine with its settings; null for an engine that keeps nothing
  CachedEngine(std::shared_ptr<const Engine> engine, std::shared_ptr<const ResultCache> cache)
      : engine_(std::move(engine)), cache_(std::move(cache)) {}

  std::string name() const override { return engine_->name(); }
  void check_fits(const materials::Rve& rve) const override { engine_->check_fits(rve); }
  std::vector<Homogenized> homogenize(
      std::span<const materials::Rve> rves,
      const std::function<void(std::size_t)>& progress = {}) const override;
  std::vector<LocalAnswer> local_quantities(
      std::span<const LocalQuery> queries,
      const std::function<void(std::size_t)>& progress = {}) const override {
    return engine_->local_quantities(queries, progress);
  }
  std::vector<std::string> report() const override { return engine_->report(); }

  /// Null without one.
  const ResultCache* cache() const { return cache_.get(); }
  /// The result that is kept of an RVE, for those who need not make it then.
  std::optional<Homogenized> find(const Digest& rve) const;
  /// Computes RVEs that were not found, and keeps their results.
  /// @param digests of the RVEs
  std::vector<Homogenized> compute(std::span<const materials::Rve> rves,
                                   std::span<const Digest> digests,
                                   const std::function<void(std::size_t)>& progress = {}) const;

 private:
  std::shared_ptr<const Engine> engine_;
  std::shared_ptr<const ResultCache> cache_;
};

}  // namespace seco::surrogate
