#include "seco/surrogate/devices.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <map>
#include <thread>
#include <vector>

using namespace seco::surrogate;

TEST(DeviceShare, RanksOfANodeTakeItsDevicesInTurn) {
  for (const int n_devices : {1, 2, 4, 7})
    for (const int n_ranks : {1, 2, 3, 4, 9, 16}) {
      std::map<std::string, int> n_on_device;
      for (int rank = 0; rank < n_ranks; ++rank)
        ++n_on_device[device_share("auto", rank, n_ranks, n_devices).device];
      EXPECT_EQ(n_on_device.size(), static_cast<std::size_t>(std::min(n_devices, n_ranks)));
      for (int rank = 0; rank < n_ranks; ++rank) {
        const auto share = device_share("cuda", rank, n_ranks, n_devices);
        EXPECT_EQ(share.device, "cuda:" + std::to_string(rank % n_devices));
        EXPECT_EQ(share.n_sharers, n_on_device.at(share.device));
      }
    }
}

TEST(DeviceShare, WhatTheUserNamesStays) {
  EXPECT_EQ(device_share("cpu", 3, 8, 2).device, "cpu");
  EXPECT_EQ(device_share("cpu", 3, 8, 2).n_sharers, 1);
  EXPECT_EQ(device_share("auto", 3, 8, 0).device, "auto");
  EXPECT_EQ(device_share("auto", 3, 8, 0).n_sharers, 1);
  EXPECT_EQ(device_share("cuda:1", 3, 8, 2).device, "cuda:1");
  EXPECT_EQ(device_share("cuda:1", 3, 8, 2).n_sharers, 8);
}

namespace {

struct LockFolder {
  LockFolder() { std::filesystem::create_directories(path); }
  ~LockFolder() { std::filesystem::remove_all(path); }
  const std::string path = testing::TempDir() + "seco_locks_" + std::to_string(getpid());
};

}  // namespace

TEST(DeviceQueue, LetsSoManyComputeAtATime) {
  const LockFolder folder;
  std::atomic<int> n = 0, most = 0, turns = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&] {
      // As another process would, by a queue of its own.
      const DeviceQueue queue(folder.path, "cuda:0", 2);
      for (int i = 0; i < 20; ++i) {
        const auto turn = queue.wait();
        const int now = ++n;
        for (int known = most; known < now && !most.compare_exchange_weak(known, now);) {
        }
        ++turns;
        std::this_thread::yield();
        --n;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(turns, 120);
  EXPECT_LE(most, 2);
}

TEST(DeviceQueue, ADeadProcessHoldsNothingUp) {
  const LockFolder folder;
  const DeviceQueue queue(folder.path, "cuda:0", 1);
  const pid_t child = fork();
  if (child == 0) {
    const auto turn = queue.wait();
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFSIGNALED(status));
  const auto turn = queue.wait();
  const DeviceQueue other(folder.path, "cuda:1", 1);
  const auto of_another_device = other.wait();
  SUCCEED();
}

TEST(DeviceQueue, NobodyWaitsForADeviceOfHisOwn) {
  const DeviceQueue queue;
  const auto first = queue.wait();
  const auto second = queue.wait();
  SUCCEED();
}
