#include "seco/materials/connected_parts.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "support/message_of.h"

using namespace seco::materials;
using seco::test::message_of;

namespace {

/// Parts by flooding, one voxel after the other.
std::vector<int> flooded(const std::array<int, 3>& n, const std::vector<std::uint16_t>& phase,
                         const PeriodicAxes& periodic) {
  std::vector<int> part(phase.size(), -1);
  const auto at = [&](int i, int j, int k) {
    return static_cast<std::size_t>((i * n[1] + j) * n[2] + k);
  };
  int n_parts = 0;
  for (std::size_t seed = 0; seed < phase.size(); ++seed) {
    if (part[seed] >= 0) continue;
    std::vector<std::size_t> open{seed};
    part[seed] = n_parts;
    while (!open.empty()) {
      const auto voxel = open.back();
      open.pop_back();
      const std::array<int, 3> place{static_cast<int>(voxel) / (n[1] * n[2]),
                                     static_cast<int>(voxel) / n[2] % n[1],
                                     static_cast<int>(voxel) % n[2]};
      for (std::size_t axis = 0; axis < 3; ++axis)
        for (const int step : {-1, 1}) {
          auto next = place;
          next[axis] += step;
          if (next[axis] < 0 || next[axis] >= n[axis]) {
            if (!periodic[axis]) continue;
            next[axis] = (next[axis] + n[axis]) % n[axis];
          }
          const auto other = at(next[0], next[1], next[2]);
          if (part[other] >= 0 || phase[other] != phase[voxel]) continue;
          part[other] = n_parts;
          open.push_back(other);
        }
    }
    ++n_parts;
  }
  return part;
}

/// Axes around which the parts wind, numbered as by `flooded`: a voxel that is reached again in
/// another period closes a loop.
std::vector<std::array<bool, 3>> winding(const std::array<int, 3>& n,
                                         const std::vector<std::uint16_t>& phase,
                                         const PeriodicAxes& periodic) {
  std::vector<std::array<bool, 3>> winds;
  std::vector<bool> seen(phase.size());
  std::vector<std::array<int, 3>> period(phase.size());
  for (std::size_t seed = 0; seed < phase.size(); ++seed) {
    if (seen[seed]) continue;
    auto& own = winds.emplace_back();
    std::vector<std::size_t> open{seed};
    seen[seed] = true;
    while (!open.empty()) {
      const auto voxel = open.back();
      open.pop_back();
      for (std::size_t axis = 0; axis < 3; ++axis)
        for (const int step : {-1, 1}) {
          std::array<int, 3> next{static_cast<int>(voxel) / (n[1] * n[2]),
                                  static_cast<int>(voxel) / n[2] % n[1],
                                  static_cast<int>(voxel) % n[2]};
          auto there = period[voxel];
          next[axis] += step;
          if (next[axis] < 0 || next[axis] >= n[axis]) {
            if (!periodic[axis]) continue;
            next[axis] -= step * n[axis];
            there[axis] += step;
          }
          const auto other = static_cast<std::size_t>((next[0] * n[1] + next[1]) * n[2] + next[2]);
          if (phase[other] != phase[voxel]) continue;
          if (!seen[other]) {
            seen[other] = true;
            period[other] = there;
            open.push_back(other);
          }
          for (std::size_t a = 0; a < 3; ++a) own[a] = own[a] || period[other][a] != there[a];
        }
    }
  }
  return winds;
}

}  // namespace

TEST(ConnectedParts, AreThoseOfFlooding) {
  std::mt19937 random(5);
  for (const auto& shape : {std::array{5, 7, 6}, std::array{1, 8, 9}, std::array{12, 1, 1},
                            std::array{6, 5, 1}, std::array{2, 2, 2}})
    for (int n_phases : {1, 2, 3})
      for (const auto& periodic :
           {PeriodicAxes{true, true, true}, PeriodicAxes{}, PeriodicAxes{false, true, false}}) {
        std::vector<std::uint16_t> phase(static_cast<std::size_t>(shape[0] * shape[1] * shape[2]));
        for (auto& p : phase) p = static_cast<std::uint16_t>(random() % n_phases);
        const auto part = flooded(shape, phase, periodic);
        std::vector<std::uint16_t> own;
        for (int p = 0; p < n_phases; ++p) own.push_back(static_cast<std::uint16_t>(p));
        const auto found =
            connected_parts(shape, phase, own, static_cast<std::size_t>(n_phases), periodic);
        for (int p = 0; p < n_phases; ++p) {
          std::map<int, std::size_t> sizes;
          for (std::size_t v = 0; v < phase.size(); ++v)
            if (phase[v] == p) ++sizes[part[v]];
          std::size_t largest = 0, n_voxels = 0;
          for (const auto& [unused, size] : sizes) {
            largest = std::max(largest, size);
            n_voxels += size;
          }
          const auto& parts = found[static_cast<std::size_t>(p)];
          EXPECT_EQ(parts.n_parts, sizes.size());
          EXPECT_EQ(parts.largest, largest);
          EXPECT_EQ(parts.n_voxels, n_voxels);
        }
        const auto wound = winding(shape, phase, periodic);
        for (std::size_t axis = 0; axis < 3; ++axis)
          for (int p = 0; p < n_phases; ++p) {
            std::set<int> first, last;
            bool winds = false;
            for (std::size_t v = 0; v < phase.size(); ++v) {
              const std::array<int, 3> place{static_cast<int>(v) / (shape[1] * shape[2]),
                                             static_cast<int>(v) / shape[2] % shape[1],
                                             static_cast<int>(v) % shape[2]};
              if (phase[v] != p) continue;
              winds = winds || wound[static_cast<std::size_t>(part[v])][axis];
              if (place[axis] == 0) first.insert(part[v]);
              if (place[axis] == shape[axis] - 1) last.insert(part[v]);
            }
            bool reaches = false;
            for (const int one : first) reaches = reaches || last.count(one) > 0;
            EXPECT_EQ(found[static_cast<std::size_t>(p)].spans[axis],
                      periodic[axis] ? winds : reaches);
          }
      }
}

TEST(ConnectedParts, PercolateWhereTheyReturnToThemselves) {
  const auto spans = [](const std::array<int, 3>& shape, const std::vector<std::uint16_t>& phase,
                        const PeriodicAxes& periodic) {
    return connected_parts(shape, phase, {0, 1}, 2, periodic)[1].spans;
  };
  const PeriodicAxes all{true, true, true};
  // A diagonal of the phase 0 leaves a band along the other phase's diagonal direction.
  std::vector<std::uint16_t> band(64, 1);
  for (std::size_t i = 0; i < 8; ++i) band[9 * i] = 0;
  EXPECT_EQ(spans({8, 8, 1}, band, all), (std::array{true, true, true}));
  EXPECT_EQ(spans({8, 8, 1}, band, {false, false, true}), (std::array{false, false, true}));
  // From face to face, but not at the same place: the ends meet the other phase.
  const auto at = [](int i, int j) { return static_cast<std::size_t>(8 * i + j); };
  std::vector<std::uint16_t> step(64, 0);
  for (int i = 0; i < 8; ++i) step[at(i, i < 4 ? 2 : 5)] = 1;
  for (int j = 2; j < 6; ++j) step[at(4, j)] = 1;
  EXPECT_EQ(spans({8, 8, 1}, step, all), (std::array{false, false, true}));
  EXPECT_EQ(spans({8, 8, 1}, step, {false, true, true}), (std::array{true, false, true}));
  // Through the face of axis 1 on the way: around both axes at once.
  std::vector<std::uint16_t> around(64, 0);
  for (int i = 0; i < 8; ++i) around[at(i, i < 4 ? 2 : 5)] = 1;
  for (const int j : {0, 1, 2, 5, 6, 7}) around[at(4, j)] = 1;
  for (const int j : {2, 3, 4, 5}) around[at(7, j)] = 1;
  EXPECT_EQ(spans({8, 8, 1}, around, all), (std::array{true, true, true}));
}

TEST(SmallParts, TakeTheLabelOfMostOfTheirNeighbours) {
  // One voxel of 9 with three neighbours of 1 and one of 2, in a plane of one layer.
  std::vector<std::int32_t> label{1, 1, 1, 2,  //
                                  1, 9, 2, 2,  //
                                  1, 1, 1, 2,  //
                                  1, 1, 1, 2};
  const auto dropped = drop_small_parts({1, 4, 4}, label, 2, {});
  EXPECT_EQ(dropped.n_parts, 1U);
  EXPECT_EQ(dropped.n_voxels, 1U);
  EXPECT_EQ(label[5], 1);
  EXPECT_EQ(label[6], 2);
}

TEST(SmallParts, InsideOthersFollowAndPeriodicOnesStay) {
  // A speck within a small part: both become the label around them.
  std::vector<std::int32_t> label(7 * 7, 4);
  for (int i = 2; i < 5; ++i)
    for (int j = 2; j < 5; ++j) label[static_cast<std::size_t>(7 * i + j)] = 5;
  label[24] = 6;
  auto copy = label;
  const auto dropped = drop_small_parts({7, 7, 1}, copy, 10, {true, true, true});
  EXPECT_EQ(copy, std::vector<std::int32_t>(49, 4));
  EXPECT_EQ(dropped.n_parts, 2U);
  EXPECT_EQ(dropped.n_voxels, 9U);
  // Two voxels at opposite faces are one part of a periodic grid only.
  std::vector<std::int32_t> ends(12, 0);
  ends.front() = ends.back() = 1;
  copy = ends;
  drop_small_parts({12, 1, 1}, copy, 2, {true, false, false});
  EXPECT_EQ(copy, ends);
  drop_small_parts({12, 1, 1}, copy, 2, {});
  EXPECT_EQ(copy, std::vector<std::int32_t>(12, 0));
  EXPECT_NE(message_of([&] {
              drop_small_parts({12, 1, 1}, copy, 13, {});
            }).find("largest has 12"),
            std::string::npos);
}

TEST(SmallParts, NoneIsLeftOfNoise) {
  std::mt19937 random(11);
  const std::array<int, 3> shape{12, 13, 14};
  std::vector<std::int32_t> label(12 * 13 * 14);
  for (auto& l : label) l = random() % 3 == 0 ? 1 : 0;
  const auto before = label;
  drop_small_parts(shape, label, 8, {true, true, true});
  const auto parts = flooded(shape, {label.begin(), label.end()}, {true, true, true});
  std::map<int, int> sizes;
  for (const int part : parts) ++sizes[part];
  for (const auto& [part, size] : sizes) EXPECT_GE(size, 8) << part;
  EXPECT_NE(label, before);
}
