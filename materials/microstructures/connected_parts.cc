#include "seco/materials/connected_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <tuple>

#include "winding_parts.h"

namespace seco::materials {
namespace {

using Index = std::uint32_t;

/// Runs of equal voxels along the last axis, joined to parts.
/// @tparam Value gives what is equal in a part, by the position of a voxel
template <typename Value>
class RunParts {
 public:
  RunParts(const std::array<int, 3>& shape, const Value& value) : value_(value) {
    for (std::size_t axis = 0; axis < 3; ++axis) n_[axis] = static_cast<std::size_t>(shape[axis]);
    if (n_[0] * n_[1] * n_[2] > most_voxels_with_parts)
      throw std::invalid_argument(
          fmt::format("connected parts are found in grids of {} voxels at most, this one has {}",
                      most_voxels_with_parts, n_[0] * n_[1] * n_[2]));
    first_run_.reserve(n_lines() + 1);
    // Counted first: a vector that grows takes up to three times the memory on the way.
    std::size_t n_runs = 0;
    for_runs([&](std::size_t) { ++n_runs; });
    begin_.reserve(n_runs);
    for_runs([&](std::size_t voxel) {
      if (voxel % n_[2] == 0) first_run_.push_back(static_cast<Index>(begin_.size()));
      begin_.push_back(static_cast<Index>(voxel));
    });
    first_run_.push_back(static_cast<Index>(begin_.size()));
    parent_.resize(begin_.size());
    std::iota(parent_.begin(), parent_.end(), Index{0});
    for (std::size_t i = 0; i < n_[0]; ++i)
      for (std::size_t j = 0; j < n_[1]; ++j) {
        if (i > 0) join_lines(i * n_[1] + j, (i - 1) * n_[1] + j);
        if (j > 0) join_lines(i * n_[1] + j, i * n_[1] + j - 1);
      }
  }

  void join_faces(const PeriodicAxes& periodic) {
    for_contacts(periodic, [&](std::size_t, Index first, Index last) { join(first, last); });
  }

  /// Calls `visit` with the axis and two runs of equal voxels in the first and the last layer along
  /// it that are neighbours across a periodic face, or one run that is both.
  template <typename Visit>
  void for_contacts(const PeriodicAxes& periodic, const Visit& visit) {
    const auto on_axis = [&](std::size_t axis) {
      return [&visit, axis](Index first, Index last) { visit(axis, first, last); };
    };
    for (std::size_t j = 0; periodic[0] && j < n_[1]; ++j)
      compare_lines(j, (n_[0] - 1) * n_[1] + j, on_axis(0));
    for (std::size_t i = 0; periodic[1] && i < n_[0]; ++i)
      compare_lines(i * n_[1], (i + 1) * n_[1] - 1, on_axis(1));
    for (std::size_t line = 0; periodic[2] && line < n_lines(); ++line)
      if (const auto a = first_run_[line], b = first_run_[line + 1] - 1;
          value_(begin_[a]) == value_(begin_[b]))
        visit(2, a, b);
  }

  std::size_t n_runs() const { return begin_.size(); }
  std::size_t n_lines() const { return n_[0] * n_[1]; }
  const std::array<std::size_t, 3>& shape() const { return n_; }
  auto value(std::size_t run) const { return value_(begin_[run]); }
  std::size_t begin(std::size_t run) const { return begin_[run]; }
  /// Position behind the last voxel of a run. Every line begins with a run.
  std::size_t end(std::size_t run) const {
    return run + 1 < begin_.size() ? begin_[run + 1] : n_lines() * n_[2];
  }
  Index root(Index run) {
    while (parent_[run] != run) {
      parent_[run] = parent_[parent_[run]];
      run = parent_[run];
    }
    return run;
  }
  /// The run that a voxel is in.
  std::size_t run_of(std::size_t voxel) const {
    const std::size_t line = voxel / n_[2];
    return static_cast<std::size_t>(std::upper_bound(begin_.begin() + first_run_[line],
                                                     begin_.begin() + first_run_[line + 1], voxel) -
                                    begin_.begin()) -
           1;
  }
  /// Numbers the parts in the order of their first runs, after which `part` is known and `root` no
  /// longer, and nothing is joined. The numbers take the place of the roots, to save memory.
  /// @return voxels of each part
  std::vector<Index> number_parts() {
    std::size_t n_parts = 0;
    for (Index run = 0; run < n_runs(); ++run) n_parts += parent_[run] == run ? 1 : 0;
    std::vector<Index> sizes;
    sizes.reserve(n_parts);
    for (Index run = 0; run < n_runs(); ++run) {
      // Parents have smaller indices, so that theirs is a number already.
      if (parent_[run] == run) {
        parent_[run] = static_cast<Index>(sizes.size());
        sizes.push_back(0);
      } else {
        parent_[run] = parent_[parent_[run]];
      }
      sizes[parent_[run]] += static_cast<Index>(end(run) - begin(run));
    }
    return sizes;
  }
  Index part(std::size_t run) const { return parent_[run]; }

 private:
  /// Calls `visit` with the first voxel of each run.
  template <typename Visit>
  void for_runs(const Visit& visit) const {
    for (std::size_t start = 0; start < n_lines() * n_[2]; start += n_[2]) {
      visit(start);
      for (std::size_t v = start + 1; v < start + n_[2]; ++v)
        if (value_(v) != value_(v - 1)) visit(v);
    }
  }
  void join(Index a, Index b) {
    a = root(a);
    b = root(b);
    // The smaller index is the root, so that the forest does not depend on the order of joins.
    if (a < b)
      parent_[b] = a;
    else
      parent_[a] = b;
  }
  /// Joins runs of equal voxels that lie beside each other in two lines.
  void join_lines(std::size_t line_a, std::size_t line_b) {
    compare_lines(line_a, line_b, [&](Index a, Index b) { join(a, b); });
  }
  /// Calls `visit` for runs of equal voxels that lie beside each other in two lines.
  template <typename Visit>
  void compare_lines(std::size_t line_a, std::size_t line_b, const Visit& visit) {
    Index a = first_run_[line_a], b = first_run_[line_b];
    const std::size_t start_a = line_a * n_[2], start_b = line_b * n_[2];
    while (a < first_run_[line_a + 1] && b < first_run_[line_b + 1]) {
      if (value_(begin_[a]) == value_(begin_[b])) visit(a, b);
      const std::size_t end_a = end(a) - start_a, end_b = end(b) - start_b;
      if (end_a <= end_b) ++a;
      if (end_b <= end_a) ++b;
    }
  }

  Value value_;
  std::array<std::size_t, 3> n_{};
  /// Position of the first voxel of each run, and the first run of each line.
  std::vector<Index> begin_, first_run_, parent_;
};

/// Two parts that are one across a periodic face, by their roots in the first and the last layer.
struct Contact {
  Index first, last;
  std::uint8_t axis;
};

/// Which kinds percolate along the periodic axes. Parts inside the grid do not wind, so that only
/// those at its faces and their contacts have to be known.
/// @param parts that are joined inside the grid only
template <typename Parts>
void find_windings(Parts& parts, const PeriodicAxes& periodic,
                   std::vector<ConnectedParts>& result) {
  std::vector<Contact> contacts;
  parts.for_contacts(periodic, [&](std::size_t axis, Index first, Index last) {
    const Contact contact{parts.root(first), parts.root(last), static_cast<std::uint8_t>(axis)};
    if (contact.first == contact.last)
      result[parts.value(first)].spans[axis] = true;
    else if (contacts.empty() || contacts.back().first != contact.first ||
             contacts.back().last != contact.last || contacts.back().axis != axis)
      contacts.push_back(contact);
  });
  std::vector<Index> roots;
  for (const auto& contact : contacts) roots.insert(roots.end(), {contact.first, contact.last});
  std::sort(roots.begin(), roots.end());
  roots.erase(std::unique(roots.begin(), roots.end()), roots.end());
  const auto node = [&](Index root) {
    return static_cast<std::size_t>(std::lower_bound(roots.begin(), roots.end(), root) -
                                    roots.begin());
  };
  WindingParts joined(roots.size());
  for (const auto& contact : contacts) {
    WindingParts::Offset step{};
    step[contact.axis] = 1;
    joined.join(node(contact.last), node(contact.first), step);
  }
  for (const auto& [root, windings] : joined.windings())
    for (const auto& winding : windings)
      for (std::size_t axis = 0; axis < 3; ++axis)
        if (winding[axis] != 0) result[parts.value(roots[root])].spans[axis] = true;
}

/// Which kinds reach from the first to the last layer along the axes that are not periodic.
/// @param parts that are joined, through periodic faces as well
template <typename Parts>
void find_spans(Parts& parts, const PeriodicAxes& periodic, std::vector<ConnectedParts>& result) {
  if (periodic == PeriodicAxes{true, true, true}) return;
  const auto& n = parts.shape();
  std::vector<std::uint8_t> faces(parts.n_runs());
  for (Index run = 0; run < parts.n_runs(); ++run) {
    const auto begin = parts.begin(run), end = parts.end(run);
    const std::size_t line = begin / n[2];
    const std::array<std::size_t, 3> first{line / n[1], line % n[1], begin % n[2]},
        last{first[0], first[1], first[2] + end - begin - 1};
    auto& touched = faces[parts.root(run)];
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (first[axis] == 0) touched |= static_cast<std::uint8_t>(1U << 2 * axis);
      if (last[axis] + 1 == n[axis]) touched |= static_cast<std::uint8_t>(2U << 2 * axis);
    }
  }
  for (Index run = 0; run < parts.n_runs(); ++run)
    for (std::size_t axis = 0; axis < 3; ++axis)
      if (!periodic[axis] && (faces[run] >> 2 * axis & 3U) == 3U)
        result[parts.value(run)].spans[axis] = true;
}

/// Label and number of face neighbours outside a small part, with the number of the part.
using Neighbour = std::tuple<Index, std::int32_t, Index>;

/// Collects the neighbours of the runs of small parts that are in no small part.
template <typename Parts>
std::vector<Neighbour> neighbours_of_small_parts(Parts& parts, const std::vector<Index>& sizes,
                                                 std::size_t smallest,
                                                 const PeriodicAxes& periodic) {
  std::vector<Neighbour> neighbours;
  const auto& n = parts.shape();
  const auto add_line = [&](Index own, std::size_t from, std::size_t to) {
    for (auto run = parts.run_of(from); run < parts.n_runs() && parts.begin(run) < to; ++run) {
      const auto part = parts.part(run);
      if (part == own || sizes[part] < smallest) continue;
      const auto first = std::max(from, parts.begin(run)), last = std::min(to, parts.end(run));
      neighbours.emplace_back(own, parts.value(run), static_cast<Index>(last - first));
    }
  };
  for (Index run = 0; run < parts.n_runs(); ++run) {
    const auto own = parts.part(run);
    if (sizes[own] >= smallest) continue;
    const auto begin = parts.begin(run), end = parts.end(run);
    const std::size_t line = begin / n[2], i = line / n[1], j = line % n[1], k = begin % n[2],
                      length = end - begin;
    const auto at = [&](std::size_t a, std::size_t b) { return (a * n[1] + b) * n[2] + k; };
    const auto beside = [&](std::size_t a, std::size_t b) {
      add_line(own, at(a, b), at(a, b) + length);
    };
    if (i > 0) beside(i - 1, j);
    if (i + 1 < n[0]) beside(i + 1, j);
    if (j > 0) beside(i, j - 1);
    if (j + 1 < n[1]) beside(i, j + 1);
    if (periodic[0] && i == 0) beside(n[0] - 1, j);
    if (periodic[0] && i + 1 == n[0]) beside(0, j);
    if (periodic[1] && j == 0) beside(i, n[1] - 1);
    if (periodic[1] && j + 1 == n[1]) beside(i, 0);
    const std::size_t start = line * n[2];
    if (k > 0) add_line(own, begin - 1, begin);
    if (k + length < n[2]) add_line(own, end, end + 1);
    if (periodic[2] && k == 0) add_line(own, start + n[2] - 1, start + n[2]);
    if (periodic[2] && k + length == n[2]) add_line(own, start, start + 1);
  }
  return neighbours;
}

/// The most frequent label of the neighbours of each part, by its number in ascending order.
std::vector<std::pair<Index, std::int32_t>> majority_of(std::vector<Neighbour> neighbours) {
  std::sort(neighbours.begin(), neighbours.end());
  std::vector<std::pair<Index, std::int32_t>> result;
  std::size_t most = 0;
  for (auto first = neighbours.begin(); first != neighbours.end();) {
    const auto [part, label, unused] = *first;
    std::size_t count = 0;
    for (; first != neighbours.end() && std::get<0>(*first) == part && std::get<1>(*first) == label;
         ++first)
      count += std::get<2>(*first);
    if (result.empty() || result.back().first != part) {
      result.emplace_back(part, label);
      most = count;
    } else if (count > most) {
      result.back().second = label;
      most = count;
    }
  }
  return result;
}

}  // namespace

std::vector<ConnectedParts> connected_parts(const std::array<int, 3>& shape,
                                            const std::vector<std::uint16_t>& phase,
                                            const std::vector<std::uint16_t>& kind_of_phase,
                                            std::size_t n_kinds, const PeriodicAxes& periodic) {
  RunParts parts(shape, [&](std::size_t voxel) { return kind_of_phase[phase[voxel]]; });
  std::vector<ConnectedParts> result(n_kinds);
  find_windings(parts, periodic, result);
  parts.join_faces(periodic);
  find_spans(parts, periodic, result);
  const auto sizes = parts.number_parts();
  Index next = 0;
  for (Index run = 0; run < parts.n_runs(); ++run) {
    if (parts.part(run) != next) continue;  // no first run of a part
    auto& kind = result[parts.value(run)];
    kind.n_voxels += sizes[next];
    ++kind.n_parts;
    kind.largest = std::max<std::size_t>(kind.largest, sizes[next]);
    ++next;
  }
  return result;
}

DroppedParts drop_small_parts(const std::array<int, 3>& shape, std::vector<std::int32_t>& label,
                              std::size_t smallest, const PeriodicAxes& periodic) {
  DroppedParts dropped;
  if (smallest < 2) return dropped;
  while (true) {
    RunParts parts(shape, [&](std::size_t voxel) { return label[voxel]; });
    parts.join_faces(periodic);
    const auto sizes = parts.number_parts();
    std::size_t n_small = 0, n_large = 0;
    for (const auto size : sizes) ++(size < smallest ? n_small : n_large);
    if (n_small == 0) return dropped;
    if (n_large == 0)
      throw std::invalid_argument(fmt::format(
          "smallest part {}: no connected part of the {} has as many voxels, the largest "
          "has {}",
          smallest, n_small, *std::max_element(sizes.begin(), sizes.end())));
    const auto labels = majority_of(neighbours_of_small_parts(parts, sizes, smallest, periodic));
    // What is equal in a run is asked of the labels, which change: first all runs, then their
    // labels.
    std::vector<std::tuple<Index, Index, std::int32_t>> changes;
    for (Index run = 0; run < parts.n_runs(); ++run) {
      const auto part = parts.part(run);
      if (sizes[part] >= smallest) continue;
      const auto entry = std::lower_bound(labels.begin(), labels.end(), part,
                                          [](const auto& a, Index b) { return a.first < b; });
      if (entry == labels.end() || entry->first != part) continue;
      changes.emplace_back(static_cast<Index>(parts.begin(run)), static_cast<Index>(parts.end(run)),
                           entry->second);
    }
    for (const auto& [begin, end, value] : changes) {
      std::fill(label.begin() + begin, label.begin() + end, value);
      dropped.n_voxels += end - begin;
    }
    dropped.n_parts += labels.size();
  }
}

}  // namespace seco::materials
