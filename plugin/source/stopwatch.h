#pragma once

#include <chrono>
#include <ctime>

namespace seco::plugin {

struct TimeSpent {
  double seconds = 0, cpu_seconds = 0;
};

/// Adds the time it lives, and the processor time of the process meanwhile.
class Stopwatch {
 public:
  explicit Stopwatch(TimeSpent& time) : time_(time) {}
  ~Stopwatch() {
    time_.seconds +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    time_.cpu_seconds += static_cast<double>(std::clock() - cpu_start_) / CLOCKS_PER_SEC;
  }

 private:
  TimeSpent& time_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t cpu_start_ = std::clock();
};

}  // namespace seco::plugin
