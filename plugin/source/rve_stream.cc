#include "rve_stream.h"

#include <algorithm>

namespace seco::plugin {

RveStream::RveStream(unsigned int n_threads, std::size_t capacity)
    : capacity_(std::max<std::size_t>(capacity, 1)) {
  for (unsigned int t = 0; t < n_threads; ++t) threads_.emplace_back([this, t] { work(t); });
}

RveStream::~RveStream() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void RveStream::submit(Generate generate, const surrogate::CachedEngine* engine) {
  {
    const std::lock_guard lock(mutex_);
    slots_.push_back({std::move(generate), engine, false, {}, {}});
  }
  changed_.notify_all();
}

void RveStream::generate_next(std::unique_lock<std::mutex>& lock) {
  // References to elements of a deque stay valid while others come and go at its ends.
  Slot& slot = slots_[n_started_++];
  ++n_alive_;
  lock.unlock();
  Item item;
  std::exception_ptr error;
  try {
    item.rve = slot.generate();
    item.digest = surrogate::ResultCache::digest(item.rve);
    if (slot.engine) item.known = slot.engine->find(item.digest);
    if (item.known) item.rve = {};
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  if (error || item.known) --n_alive_;
  slot.item = std::move(item);
  slot.error = error;
  slot.ready = true;
  changed_.notify_all();
}

void RveStream::work(std::size_t thread) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stop_ || (thread < n_permitted_ && can_start()); });
    if (stop_) return;
    generate_next(lock);
  }
}

RveStream::Item RveStream::take() {
  std::unique_lock lock(mutex_);
  while (!slots_.front().ready) {
    if (n_permitted_ < threads_.size()) ++n_permitted_;
    if (can_start())
      generate_next(lock);
    else
      changed_.wait(lock, [&] { return slots_.front().ready || can_start(); });
  }
  Slot slot = std::move(slots_.front());
  slots_.pop_front();
  --n_started_;
  if (slot.error) std::rethrow_exception(slot.error);
  if (!slot.item.known) --n_alive_;
  lock.unlock();
  changed_.notify_all();
  return std::move(slot.item);
}

}  // namespace seco::plugin
