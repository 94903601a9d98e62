#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "seco/surrogate/cached_engine.h"

namespace seco::plugin {

/// RVEs that are generated, and looked for in a cache, ahead of the engine that they are for: by
/// threads of their own, through a queue of bounded length.
///
/// Of the threads one works from the start. The others join where `take` has had to wait, that is,
/// where the engine leaves cores idle, so that on a CPU they do not compete with it; and `take`
/// itself generates what is not there, so that the stream also works without threads.
class RveStream {
 public:
  using Generate = std::function<materials::Rve()>;
  struct Item {
    /// Empty if the result is known.
    materials::Rve rve;
    surrogate::ResultCache::Digest digest{};
    /// From the cache.
    std::optional<surrogate::Homogenized> known;
  };

  /// @param n_threads that generate, beside the caller of `take`
  /// @param capacity largest number of RVEs that exist in the stream, being generated or waiting
  RveStream(unsigned int n_threads, std::size_t capacity);
  /// Waits for RVEs that are being generated; the others are dropped.
  ~RveStream();
  RveStream(const RveStream&) = delete;
  RveStream& operator=(const RveStream&) = delete;

  /// Adds an RVE to be generated; the list of those may have any length.
  /// @param generate called by any thread
  /// @param engine whose kept results are looked through; may be null; must live as long as the
  ///   stream
  void submit(Generate generate, const surrogate::CachedEngine* engine);
  /// The next RVE in the order of `submit`. @throws what its generation threw
  Item take();

 private:
  struct Slot {
    Generate generate;
    const surrogate::CachedEngine* engine;
    bool ready = false;
    Item item;
    std::exception_ptr error;
  };
  bool can_start() const { return n_started_ < slots_.size() && n_alive_ < capacity_; }
  /// Generates the next RVE that nobody has started, without the lock meanwhile.
  void generate_next(std::unique_lock<std::mutex>& lock);
  void work(std::size_t thread);

  std::mutex mutex_;
  std::condition_variable changed_;
  /// RVEs that were submitted and not taken; the first `n_started_` are generated or being so.
  std::deque<Slot> slots_;
  std::size_t n_started_ = 0, n_alive_ = 0, capacity_;
  std::size_t n_permitted_ = 1;
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace seco::plugin
