#include "marking.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace seco::macro {
namespace {

/// Part of the goal that is planned with: the strains, and with them the shares, still change.
constexpr double safety = 0.9;

}  // namespace

Marking mark(std::span<const double> shares, double rest, double goal, double doerfler) {
  std::vector<double> sorted;
  for (const double share : shares)
    if (share > 0) sorted.push_back(share);
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  const std::size_t n = sorted.size();
  if (n == 0) return {};
  const double total = std::accumulate(sorted.begin(), sorted.end(), 0.);

  // Where the goal is out of reach, half of what stays anyway is as good as any smaller level.
  const double budget = std::max(safety * goal - rest, 0.5 * std::min(goal, std::abs(rest)));
  std::size_t best = n;
  double least = std::numeric_limits<double>::infinity(), level = budget / static_cast<double>(n);
  double refined = 0, logs = 0;
  for (std::size_t m = 1; m <= n; ++m) {
    refined += sorted[m - 1];
    logs += std::log(sorted[m - 1]);
    const double allowed = (budget - std::max(total - refined, 0.)) / static_cast<double>(m);
    if (!(allowed > 0)) continue;
    const double cost = logs + static_cast<double>(m) * (Marking::fixed_cost - std::log(allowed));
    // A share below the level needs no refine, and neither does any after it.
    if (m > 1 && sorted[m - 1] <= allowed) break;
    if (cost < least) {
      least = cost;
      best = m;
      level = allowed;
    }
  }

  double carried = 0;
  std::size_t marked = 0;
  while (marked < best && carried < doerfler * total) carried += sorted[marked++];
  while (marked > 0 && sorted[marked - 1] <= level) --marked;
  return {marked > 0 ? sorted[marked - 1] : 0., level, marked};
}

}  // namespace seco::macro
