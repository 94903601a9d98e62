#pragma once

#include <functional>
#include <string>
#include <vector>

namespace seco::benchmarks {

/// Wall times of repetitions, or ratios of such times, in increasing order.
class Sample {
 public:
  /// @throws std::invalid_argument if there are no values.
  explicit Sample(std::vector<double> values);

  /// The value below which the given fraction of the values lies, linear between them.
  /// @param fraction from 0 to 1
  double quantile(double fraction) const;
  double minimum() const { return values_.front(); }
  double median() const { return quantile(0.5); }
  double lower_quartile() const { return quantile(0.25); }
  double upper_quartile() const { return quantile(0.75); }
  std::size_t size() const { return values_.size(); }
  const std::vector<double>& values() const { return values_; }

  /// All values multiplied by a positive factor.
  Sample scaled(double factor) const;
  /// `numerator / value` of every value, such as a rate from a time.
  Sample divided_into(double numerator) const;
  /// "median (lower quartile to upper quartile)" with so many significant digits.
  std::string text(int digits = 3) const;

 private:
  std::vector<double> values_;
};

/// How long a measurement goes on: warm-up first, then repetitions until the seconds are spent, but
/// never fewer than `least` or more than `most`.
struct Budget {
  double seconds = 1.;
  int warm_up = 1;
  int least = 3;
  int most = 1000;
};

/// Wall times in seconds of repeated calls.
Sample measure(const std::function<void()>& work, const Budget& budget);

/// Two ways measured by turns, so that both see the same state of the machine.
struct Comparison {
  Sample first, second;
  /// Time of `second` over time of `first`, of each pair of neighbours.
  Sample ratio;
};

/// Calls both by turns; the one that starts changes from pair to pair. The budget is that of both
/// together, its repetitions are pairs.
Comparison compare(const std::function<void()>& first, const std::function<void()>& second,
                   const Budget& budget);

}  // namespace seco::benchmarks
