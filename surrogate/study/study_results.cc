#include "study_results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace seco {

using surrogate::SubjectResult;
using surrogate::TestSetResult;

namespace {

// What certificates of single-precision fields violate their bounds by stays well below.
constexpr double round_off = 1e-5;

}  // namespace

using R = surrogate::RveMeasurement;

double mean_of(const SubjectResult& subject, Value value) {
  return surrogate::spread(subject.rves, value).mean;
}

std::size_t n_outside_bounds(const SubjectResult& subject) {
  return static_cast<std::size_t>(
      std::count_if(subject.rves.begin(), subject.rves.end(),
                    [](const auto& rve) { return rve.bound_violation > round_off; }));
}

std::string Comparison::verdict() const {
  if (first.mean < second.mean && 4 * wins >= 3 * n) return "beats";
  if (first.mean > second.mean && 4 * wins <= n) return "loses to";
  return "is level with";
}

Comparison compare(const SubjectResult& first, const SubjectResult& second, Value value) {
  Comparison result;
  result.first = surrogate::spread(first.rves, value);
  result.second = surrogate::spread(second.rves, value);
  result.n = std::min(first.rves.size(), second.rves.size());
  for (std::size_t i = 0; i < result.n; ++i)
    if (first.rves[i].*value < second.rves[i].*value) ++result.wins;
  return result;
}

const SubjectResult* solver_within(const TestSetResult& set, double seconds) {
  const SubjectResult* best = nullptr;
  for (const auto& solver : set.solver)
    if (mean_of(solver, &R::seconds) <= seconds &&
        (!best || mean_of(solver, &R::gap) < mean_of(*best, &R::gap)))
      best = &solver;
  return best;
}

const SubjectResult* solver_reaching(const TestSetResult& set, Value value, double goal) {
  const SubjectResult* best = nullptr;
  for (const auto& solver : set.solver)
    if (mean_of(solver, value) <= goal &&
        (!best || mean_of(solver, &R::seconds) < mean_of(*best, &R::seconds)))
      best = &solver;
  return best;
}

std::string number(double value) {
  return fmt::format("{:.3g}", value);
}

std::string figure(const surrogate::Spread& s) {
  return fmt::format("{:.3g} ± {:.2g} ({:.3g})", s.mean, s.deviation, s.worst);
}

std::string figure(const SubjectResult& subject, Value value) {
  return subject.rves.empty() ? "–" : figure(surrogate::spread(subject.rves, value));
}

std::string listing(const std::vector<std::string>& names) {
  std::string result;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) result += i + 1 == names.size() ? " and " : ", ";
    result += "'" + names[i] + "'";
  }
  return result;
}

std::string table(const std::vector<std::string>& heading,
                  const std::vector<std::vector<std::string>>& rows) {
  if (rows.empty()) return "";
  auto result = fmt::format("| {} |\n|", fmt::join(heading, " | "));
  for (std::size_t i = 0; i < heading.size(); ++i) result += "---|";
  for (const auto& row : rows) result += fmt::format("\n| {} |", fmt::join(row, " | "));
  return result + "\n\n";
}

}  // namespace seco
