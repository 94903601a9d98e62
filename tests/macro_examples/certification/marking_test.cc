#include "marking.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "seco/materials/random.h"

using seco::macro::mark;

namespace {

/// Shares over several orders of magnitude, as strain energies in a structure are.
std::vector<double> random_shares(std::size_t n, std::uint64_t seed) {
  seco::materials::RandomStream random(seed);
  std::vector<double> shares(n);
  for (auto& share : shares) share = std::exp(2 * random.normal());
  return shares;
}

double total(const std::vector<double>& shares) {
  return std::accumulate(shares.begin(), shares.end(), 0.);
}

}  // namespace

TEST(Marking, WhatIsPlannedMeetsTheGoal) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto shares = random_shares(300, seed);
    const double goal = 0.03 * total(shares);
    for (const double rest : {0., 0.3 * goal}) {
      const auto marking = mark(shares, rest, goal, 1.);
      double width = rest;
      std::size_t n = 0;
      for (const double share : shares) {
        const double gap = marking.wanted_gap(share, 0.2);
        EXPECT_LE(gap, 0.2);
        width += gap > 0 ? share * gap / 0.2 * seco::macro::Marking::part_left : share;
        n += gap > 0;
      }
      EXPECT_EQ(n, marking.n_marked);
      EXPECT_LE(width, goal);
      // Not far below either, which would be work for nothing.
      EXPECT_GT(width, 0.8 * goal);
    }
  }
}

TEST(Marking, NoOtherNumberOfRvesAndNoOtherShareOfTheBudgetIsCheaper) {
  // Cost of refining RVE r to the share t: F + log(s_r / t), as documented.
  const double F = seco::macro::Marking::fixed_cost;
  const auto shares = random_shares(40, 7);
  const double goal = 0.05 * total(shares);
  const auto marking = mark(shares, 0, goal, 1.);
  double cost = 0, width = 0;
  for (const double share : shares) {
    const bool marked = marking.wanted_gap(share, 1.) > 0;
    cost += marked ? F + std::log(share / marking.level) : 0;
    width += marked ? marking.level : share;
  }
  seco::materials::RandomStream random(3);
  for (int trial = 0; trial < 20000; ++trial) {
    // A random set with random weights that reaches the same width.
    const double cut = marking.threshold * std::exp(random.uniform(-1, 1));
    double kept = 0, sum = 0;
    std::vector<double> weight(shares.size(), 0.);
    for (std::size_t r = 0; r < shares.size(); ++r)
      if (shares[r] >= cut)
        sum += weight[r] = std::exp(0.3 * random.normal());
      else
        kept += shares[r];
    if (kept >= width || sum == 0) continue;
    double other = 0;
    for (std::size_t r = 0; r < shares.size(); ++r)
      if (weight[r] > 0)
        other += F + std::max(0., std::log(shares[r] / ((width - kept) * weight[r] / sum)));
    EXPECT_GE(other, cost * (1 - 1e-12));
  }
}

TEST(Marking, ARoundMarksTheFewestThatCarryTheFraction) {
  const auto shares = random_shares(500, 11);
  for (const double fraction : {0.3, 0.6, 0.9}) {
    const auto marking = mark(shares, 0, 1e-4 * total(shares), fraction);
    double carried = 0, smallest = 1e300;
    for (const double share : shares)
      if (marking.wanted_gap(share, 1.) > 0) {
        carried += share;
        smallest = std::min(smallest, share);
      }
    EXPECT_GE(carried, fraction * total(shares));
    EXPECT_LT(carried - smallest, fraction * total(shares));
  }
}

TEST(Marking, NothingIsMarkedWithoutNeedOrMeans) {
  EXPECT_EQ(mark({}, 1, 0.1, 0.9).n_marked, 0u);
  const std::vector<double> none{0, -1}, small{0.01, 0.02};
  EXPECT_EQ(mark(none, 1, 0.1, 0.9).n_marked, 0u);
  EXPECT_EQ(mark(small, 0, 1, 0.9).n_marked, 0u);
  // Where the rest alone is wider than the goal, RVEs are still refined to where they matter no
  // more.
  const std::vector<double> large{5, 3};
  const auto marking = mark(large, 2, 1, 1.);
  EXPECT_EQ(marking.n_marked, 2u);
  EXPECT_GT(marking.wanted_gap(5, 0.2), 0.);
}
