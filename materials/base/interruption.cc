#include "seco/materials/interruption.h"

#include <chrono>

namespace seco::materials {
namespace {

using Clock = std::chrono::steady_clock;

thread_local InterruptionCheck* innermost = nullptr;
thread_local Clock::time_point last_asked;

}  // namespace

InterruptionCheck::InterruptionCheck(std::function<bool()> wanted)
    : wanted_(std::move(wanted)), outer_(innermost) {
  innermost = this;
}

InterruptionCheck::~InterruptionCheck() {
  innermost = outer_;
}

void check_interruption() {
  if (!innermost) return;
  const auto now = Clock::now();
  if (now - last_asked < std::chrono::milliseconds(50)) return;
  last_asked = now;
  if (innermost->wanted_()) throw Interrupted();
}

}  // namespace seco::materials
