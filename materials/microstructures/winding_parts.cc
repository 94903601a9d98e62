#include "winding_parts.h"

#include <Eigen/Dense>
#include <algorithm>
#include <numeric>

namespace seco::materials {
namespace {

using Offset = WindingParts::Offset;

Eigen::Index rank(const std::vector<Offset>& windings) {
  if (windings.empty()) return 0;
  Eigen::MatrixXd matrix(3, static_cast<Eigen::Index>(windings.size()));
  for (std::size_t i = 0; i < windings.size(); ++i)
    for (int a = 0; a < 3; ++a) matrix(a, static_cast<Eigen::Index>(i)) = windings[i][a];
  return Eigen::FullPivLU<Eigen::MatrixXd>(matrix).rank();
}

/// Adds a winding that is no combination of those that are known.
void add(std::vector<Offset>& known, const Offset& winding) {
  // Most loops are closed many times.
  if (std::find(known.begin(), known.end(), winding) != known.end()) return;
  if (known.size() >= 3 && rank(known) == 3) return;
  auto more = known;
  more.push_back(winding);
  if (rank(more) > rank(known)) known = more;
}

}  // namespace

WindingParts::WindingParts(std::size_t n_nodes) : parent_(n_nodes), offset_(n_nodes, Offset{}) {
  std::iota(parent_.begin(), parent_.end(), std::size_t{0});
}

std::pair<std::size_t, Offset> WindingParts::root(std::size_t node) {
  // First the way up, then every node on it is hung below the root.
  path_.clear();
  while (parent_[node] != node) {
    path_.push_back(node);
    node = parent_[node];
  }
  Offset sum{};
  for (auto i = path_.rbegin(); i != path_.rend(); ++i) {
    for (int a = 0; a < 3; ++a) sum[a] += offset_[*i][a];
    offset_[*i] = sum;
    parent_[*i] = node;
  }
  return {node, sum};
}

void WindingParts::join(std::size_t a, std::size_t b, const Offset& step) {
  const auto [root_a, offset_a] = root(a);
  const auto [root_b, offset_b] = root(b);
  Offset difference{};
  for (int i = 0; i < 3; ++i) difference[i] = offset_a[i] - offset_b[i] + step[i];
  if (root_a == root_b) {
    if (difference != Offset{}) add(windings_[root_a], difference);
    return;
  }
  parent_[root_b] = root_a;
  offset_[root_b] = difference;
  if (const auto windings = windings_.find(root_b); windings != windings_.end()) {
    const auto more = windings->second;
    windings_.erase(windings);
    auto& kept = windings_[root_a];
    for (const auto& winding : more) add(kept, winding);
  }
}

}  // namespace seco::materials
