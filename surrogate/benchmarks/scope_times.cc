#include "scope_times.h"

#include <torch/cuda.h>

#include <chrono>

namespace seco::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

// The callbacks of LibTorch are plain functions.
std::map<std::string, double> total;

struct Start : at::ObserverContext {
  Clock::time_point time;
};

Clock::time_point now() {
  if (torch::cuda::is_available()) torch::cuda::synchronize();
  return Clock::now();
}

std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction&) {
  auto start = std::make_unique<Start>();
  start->time = now();
  return start;
}

void end(const at::RecordFunction& part, at::ObserverContext* context) {
  const auto* start = static_cast<const Start*>(context);
  total[part.name()] += std::chrono::duration<double>(now() - start->time).count();
}

}  // namespace

ScopeTimes::ScopeTimes() {
  total.clear();
  handle_ = at::addGlobalCallback(
      at::RecordFunctionCallback(begin, end).scopes({at::RecordScope::USER_SCOPE}));
}

ScopeTimes::~ScopeTimes() {
  at::removeCallback(handle_);
}

const std::map<std::string, double>& ScopeTimes::seconds() const {
  return total;
}

}  // namespace seco::benchmarks
