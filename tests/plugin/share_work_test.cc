#include "share_work.h"

#include <gtest/gtest.h>

#include <set>

#include "seco/materials/random.h"

using namespace seco::plugin;
namespace mpi = dealii::Utilities::MPI;

namespace {

/// A hash that prefers rank 0, as an unlucky one may.
std::uint64_t unlucky_hash(const int& key) {
  return key % 5 == 0 ? seco::materials::mix_seed(key, 1) : 0;
}

double unit_cost(const int&) {
  return 1;
}

/// Takes and computes all keys, half of each.
std::vector<double> halves(TaskSource<int>& source, std::vector<int>& computed) {
  std::vector<double> result;
  while (true) {
    const auto keys = source.take(2, 7);
    if (keys.empty()) return result;
    EXPECT_LE(keys.size(), 7u);
    for (const int key : keys) {
      computed.push_back(key);
      result.push_back(0.5 * key);
    }
    source.finished(keys.size());
  }
}

/// Ranks ask for overlapping sets of different sizes; the last one of several for nothing.
std::vector<int> keys_of_this_rank() {
  const int rank = static_cast<int>(mpi::this_mpi_process(MPI_COMM_WORLD));
  const int n_ranks = static_cast<int>(mpi::n_mpi_processes(MPI_COMM_WORLD));
  std::vector<int> keys;
  if (n_ranks == 1 || rank + 1 < n_ranks)
    for (int key = 10 * rank; key < 50 + 30 * rank; ++key) keys.push_back(key);
  return keys;
}

void expect_each_once(const std::vector<int>& computed, const std::vector<int>& keys) {
  std::set<int> all, asked;
  std::size_t n = 0;
  for (const auto& list : mpi::all_gather(MPI_COMM_WORLD, computed)) {
    all.insert(list.begin(), list.end());
    n += list.size();
  }
  for (const auto& list : mpi::all_gather(MPI_COMM_WORLD, keys))
    asked.insert(list.begin(), list.end());
  EXPECT_EQ(all, asked);
  EXPECT_EQ(n, asked.size());
}

}  // namespace

// On any number of ranks: ctest runs these tests on one and on three.
TEST(ShareWork, EveryKeyIsComputedOnceAndAllOfThemAreFinished) {
  const auto keys = keys_of_this_rank();
  std::vector<int> computed;
  std::size_t done = 0, total = 0;
  const auto values = share_work<int, double>(
      keys, MPI_COMM_WORLD, unlucky_hash, unit_cost,
      [&](TaskSource<int>& source) {
        auto result = halves(source, computed);
        MPI_Barrier(MPI_COMM_WORLD);
        // What was finished since the last report, which comes at most twice a second.
        source.finished(0);
        return result;
      },
      [&](std::size_t d, std::size_t t) {
        EXPECT_GE(d, done);
        done = d;
        total = t;
      });
  ASSERT_EQ(values.size(), keys.size());
  for (std::size_t k = 0; k < keys.size(); ++k) EXPECT_EQ(values[k], 0.5 * keys[k]);
  expect_each_once(computed, keys);
  std::set<int> asked;
  for (const auto& list : mpi::all_gather(MPI_COMM_WORLD, keys))
    asked.insert(list.begin(), list.end());
  EXPECT_EQ(total, asked.size());
  EXPECT_LE(done, total);
  if (mpi::n_mpi_processes(MPI_COMM_WORLD) == 1) {
    EXPECT_EQ(done, total);
  }
}

TEST(ShareWork, ARankThatIsBusyElsewhereLeavesItsTasksToTheOthers) {
  const auto keys = keys_of_this_rank();
  const bool busy =
      mpi::n_mpi_processes(MPI_COMM_WORLD) > 1 && mpi::this_mpi_process(MPI_COMM_WORLD) == 0;
  std::vector<int> computed;
  std::size_t n_from_others = 0;
  const auto values = share_work<int, double>(
      keys, MPI_COMM_WORLD, unlucky_hash, unit_cost, [&](TaskSource<int>& source) {
        const auto result = busy ? std::vector<double>() : halves(source, computed);
        n_from_others = source.n_taken_from_others();
        return result;
      });
  for (std::size_t k = 0; k < keys.size(); ++k) EXPECT_EQ(values[k], 0.5 * keys[k]);
  expect_each_once(computed, keys);
  if (mpi::n_mpi_processes(MPI_COMM_WORLD) > 1) {
    EXPECT_GT(mpi::sum(n_from_others, MPI_COMM_WORLD), 0u);
  }
}

TEST(ShareWork, TasksAreDealtOutByCostTheLongestFirst) {
  // One key in ten costs as much as the nine others together.
  std::vector<int> keys(200);
  for (int key = 0; key < 200; ++key) keys[key] = key;
  const auto cost = [](const int& key) { return key % 10 == 0 ? 9. : 1.; };
  double mine = 0;
  share_work<int, double>(keys, MPI_COMM_WORLD, unlucky_hash, cost, [&](TaskSource<int>& source) {
    // The whole queue of this rank at once.
    const auto taken = source.take(keys.size(), keys.size());
    MPI_Barrier(MPI_COMM_WORLD);
    EXPECT_EQ(source.n_taken_from_others(), 0u);
    for (std::size_t i = 0; i < taken.size(); ++i) {
      mine += cost(taken[i]);
      if (i > 0) {
        EXPECT_GE(cost(taken[i - 1]), cost(taken[i]));
      }
    }
    return std::vector<double>(taken.size());
  });
  const double all = 180 + 20 * 9;
  EXPECT_NEAR(mine, all / mpi::n_mpi_processes(MPI_COMM_WORLD), 9. + 1e-9);
}

TEST(ShareWork, AfterAnErrorNobodyTakesMore) {
  std::vector<int> computed;
  share_work<int, double>({1, 2, 3, 4, 5, 6, 7, 8, 9}, MPI_COMM_WORLD, unlucky_hash, unit_cost,
                          [&](TaskSource<int>& source) {
                            if (mpi::this_mpi_process(MPI_COMM_WORLD) == 0) source.abandon();
                            MPI_Barrier(MPI_COMM_WORLD);
                            return halves(source, computed);
                          });
  EXPECT_TRUE(computed.empty());
}

TEST(ShareWork, NothingToDoIsFine) {
  std::vector<int> computed;
  const auto values =
      share_work<int, double>({}, MPI_COMM_WORLD, unlucky_hash, unit_cost,
                              [&](TaskSource<int>& source) { return halves(source, computed); });
  EXPECT_TRUE(values.empty());
}
