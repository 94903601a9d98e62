#include "sum_over_ranks.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace seco::plugin;
namespace mpi = dealii::Utilities::MPI;

// On any number of ranks: ctest runs this test on one and on three.
TEST(ShareWork, SumsOfKeysAreTheSameOnAllRanksAndCountedOnce) {
  const int rank = static_cast<int>(mpi::this_mpi_process(MPI_COMM_WORLD));
  const int n_ranks = static_cast<int>(mpi::n_mpi_processes(MPI_COMM_WORLD));
  // Rank r names the keys that r + 1 divides, with values that are not representable exactly.
  std::vector<int> keys;
  std::vector<double> values;
  for (int key = 0; key < 60; ++key)
    if (key % (rank + 1) == 0) {
      keys.push_back(key);
      values.push_back(std::sqrt(key + 0.1 * rank));
    }
  const auto sums = sum_over_ranks<int>(keys, values, MPI_COMM_WORLD, [](const int& key) {
    return static_cast<std::uint64_t>(key / 7);
  });
  ASSERT_EQ(sums.size(), keys.size());
  std::vector<double> found(60, -1);
  std::vector<int> counted(60, 0);
  for (std::size_t k = 0; k < keys.size(); ++k) {
    double expected = 0;
    for (int r = 0; r < n_ranks; ++r)
      if (keys[k] % (r + 1) == 0) expected += std::sqrt(keys[k] + 0.1 * r);
    EXPECT_NEAR(sums[k].sum, expected, 1e-13 * expected);
    found[keys[k]] = sums[k].sum;
    counted[keys[k]] += sums[k].first;
  }
  // To the last bit, because what follows from a sum must be the same on all ranks.
  for (const auto& other : mpi::all_gather(MPI_COMM_WORLD, found))
    for (const int key : keys) EXPECT_TRUE(other[key] == found[key] || other[key] == -1) << key;
  for (int key = 0; key < 60; ++key) EXPECT_EQ(mpi::sum(counted[key], MPI_COMM_WORLD), 1);
}
