#include "share_work.h"

#include <gtest/gtest.h>

#include <set>

#include "seco/materials/random.h"

using namespace seco::plugin;
namespace mpi = dealii::Utilities::MPI;

// On any number of ranks: ctest runs these tests on one and on three.
TEST(ShareWork, EveryKeyIsComputedOnceAndAllRanksDoTheSameAmount) {
  const int rank = static_cast<int>(mpi::this_mpi_process(MPI_COMM_WORLD));
  const int n_ranks = static_cast<int>(mpi::n_mpi_processes(MPI_COMM_WORLD));
  // Ranks ask for overlapping sets of different sizes; the last one of several for nothing.
  std::vector<int> keys;
  if (n_ranks == 1 || rank + 1 < n_ranks)
    for (int key = 10 * rank; key < 50 + 30 * rank; ++key) keys.push_back(key);
  std::vector<int> computed;
  const auto values = share_work<int, double>(
      keys, MPI_COMM_WORLD,
      // A hash that prefers rank 0, as an unlucky one may.
      [](const int& key) { return key % 5 == 0 ? seco::materials::mix_seed(key, 1) : 0; },
      [&](const std::vector<int>& mine) {
        computed = mine;
        std::vector<double> result;
        for (const int key : mine) result.push_back(0.5 * key);
        return result;
      });
  ASSERT_EQ(values.size(), keys.size());
  for (std::size_t k = 0; k < keys.size(); ++k) EXPECT_EQ(values[k], 0.5 * keys[k]);

  std::set<int> all, asked;
  std::size_t n = 0, fewest = 1000, most = 0;
  for (const auto& list : mpi::all_gather(MPI_COMM_WORLD, computed)) {
    all.insert(list.begin(), list.end());
    n += list.size();
    fewest = std::min(fewest, list.size());
    most = std::max(most, list.size());
  }
  for (const auto& list : mpi::all_gather(MPI_COMM_WORLD, keys))
    asked.insert(list.begin(), list.end());
  EXPECT_EQ(all, asked);
  EXPECT_EQ(n, asked.size());
  EXPECT_LE(most - fewest, 1u);
}

TEST(ShareWork, NothingToDoIsFine) {
  const auto values = share_work<int, double>(
      {}, MPI_COMM_WORLD, [](const int&) { return 0; },
      [](const std::vector<int>& mine) { return std::vector<double>(mine.size()); });
  EXPECT_TRUE(values.empty());
}
