#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace seco::materials {

/// Union-find over the nodes of a periodic grid that also knows how parts wind around it: every
/// node lies a number of periods beside the root of its part, and a join that contradicts this
/// closes a loop around the grid.
class WindingParts {
 public:
  /// Periods along each axis.
  using Offset = std::array<int, 3>;

  explicit WindingParts(std::size_t n_nodes);

  /// The root of a node, and how far the node lies from it.
  std::pair<std::size_t, Offset> root(std::size_t node);
  /// Joins two nodes of which the second lies `step` periods further than its place in the grid,
  /// and the first in its place.
  void join(std::size_t a, std::size_t b, const Offset& step);
  /// By root, windings that span all along which a part returns to itself; parts without any are
  /// left out.
  const std::map<std::size_t, std::vector<Offset>>& windings() const { return windings_; }

 private:
  std::vector<std::size_t> parent_, path_;
  std::vector<Offset> offset_;
  std::map<std::size_t, std::vector<Offset>> windings_;
};

}  // namespace seco::materials
