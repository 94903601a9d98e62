#include "measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>

namespace seco::benchmarks {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double seconds_of(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return seconds_since(start);
}

void repeat(const std::function<void(int)>& work, const Budget& budget) {
  const auto start = Clock::now();
  for (int i = 0; i < budget.most; ++i) {
    if (i >= budget.least && seconds_since(start) >= budget.seconds) break;
    work(i);
  }
}

}  // namespace

Sample::Sample(std::vector<double> values) : values_(std::move(values)) {
  if (values_.empty()) throw std::invalid_argument("a sample needs at least one value");
  std::sort(values_.begin(), values_.end());
}

double Sample::quantile(double fraction) const {
  const double position = fraction * static_cast<double>(values_.size() - 1);
  const auto below = static_cast<std::size_t>(std::floor(position));
  const auto above = std::min(below + 1, values_.size() - 1);
  return std::lerp(values_[below], values_[above], position - std::floor(position));
}

Sample Sample::scaled(double factor) const {
  auto values = values_;
  for (auto& value : values) value *= factor;
  return Sample(std::move(values));
}

Sample Sample::divided_into(double numerator) const {
  auto values = values_;
  for (auto& value : values) value = numerator / value;
  return Sample(std::move(values));
}

std::string Sample::text(int digits) const {
  // As many decimals for the quartiles as the median's digits need.
  const double size = std::abs(median());
  const int decimals =
      size > 0 ? std::clamp(digits - 1 - static_cast<int>(std::floor(std::log10(size))), 0, 12) : 0;
  return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", median(), decimals, lower_quartile(), decimals,
                     upper_quartile(), decimals);
}

Sample measure(const std::function<void()>& work, const Budget& budget) {
  for (int i = 0; i < budget.warm_up; ++i) work();
  std::vector<double> seconds;
  repeat([&](int) { seconds.push_back(seconds_of(work)); }, budget);
  return Sample(std::move(seconds));
}

Comparison compare(const std::function<void()>& first, const std::function<void()>& second,
                   const Budget& budget) {
  for (int i = 0; i < budget.warm_up; ++i) {
    first();
    second();
  }
  std::vector<double> a, b, ratio;
  repeat(
      [&](int i) {
        if (i % 2 == 0) {
          a.push_back(seconds_of(first));
          b.push_back(seconds_of(second));
        } else {
          b.push_back(seconds_of(second));
          a.push_back(seconds_of(first));
        }
        ratio.push_back(b.back() / a.back());
      },
      budget);
  return {Sample(std::move(a)), Sample(std::move(b)), Sample(std::move(ratio))};
}

}  // namespace seco::benchmarks
