#include "progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace seco::surrogate {

ProgressBar::ProgressBar(bool visible, std::string title, std::int64_t total)
    : visible_(visible),
      terminal_(isatty(STDERR_FILENO) == 1),
      title_(std::move(title)),
      total_(std::max<std::int64_t>(1, total)),
      start_(std::chrono::steady_clock::now()),
      last_(start_ - std::chrono::hours(1)) {}

void ProgressBar::update(std::int64_t done, const std::string& note) {
  if (!visible_) return;
  const auto now = std::chrono::steady_clock::now();
  if (first_ < 0) first_ = done - 1;
  const double pause = terminal_ ? 0.2 : 30.;
  if (done < total_ && std::chrono::duration<double>(now - last_).count() < pause) return;
  last_ = now;
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double left = elapsed / static_cast<double>(std::max<std::int64_t>(1, done - first_)) *
                      static_cast<double>(total_ - done);
  const auto seconds = static_cast<std::int64_t>(left);
  constexpr int width = 24;
  const auto filled = static_cast<int>(width * done / total_);
  fmt::print(stderr, "{}{} [{}{}] {}/{}  {}  {:d}:{:02d}:{:02d} left{}", terminal_ ? "\r" : "",
             title_, std::string(filled, '#'), std::string(width - filled, '.'), done, total_, note,
             seconds / 3600, seconds / 60 % 60, seconds % 60, terminal_ ? "  " : "\n");
  std::fflush(stderr);
}

void ProgressBar::finish() {
  if (visible_ && terminal_) fmt::print(stderr, "\n");
}

}  // namespace seco::surrogate
