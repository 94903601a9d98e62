#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace seco::surrogate {

/// A progress line with time left on standard error: redrawn in place on a terminal, a line every
/// half minute elsewhere.
class ProgressBar {
 public:
  ProgressBar(bool visible, std::string title, std::int64_t total);
  void update(std::int64_t done, const std::string& note);
  void finish();

 private:
  bool visible_, terminal_;
  std::string title_;
  std::int64_t total_;
  std::int64_t first_ = -1;
  std::chrono::steady_clock::time_point start_, last_;
};

}  // namespace seco::surrogate
