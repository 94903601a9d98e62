#include "seco/surrogate/devices.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <csignal>
#include <filesystem>
#include <map>
#include <thread>
#include <vector>

#include "support/temporary.h"

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

/// Number of turns that are taken: of locks in a folder that somebody holds.
int n_taken(const std::string& folder) {
  int n = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const int file = open(entry.path().c_str(), O_RDWR);
    n += flock(file, LOCK_EX | LOCK_NB) != 0;
    close(file);
  }
  return n;
}

}  // namespace

TEST(DeviceQueue, LetsSoManyComputeAtATime) {
  const auto folder = seco::test::new_folder("locks").string();
  std::atomic<int> n = 0, most = 0, turns = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&] {
      // As another process would, by a queue of its own.
      const DeviceQueue queue(folder, "cuda:0", 2);
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
  const auto folder = seco::test::new_folder("locks").string();
  const DeviceQueue queue(folder, "cuda:0", 1);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto turn = queue.wait();
    (void)!write(ends[1], "x", 1);
    for (;;) pause();
  }
  char said = 0;
  ASSERT_EQ(read(ends[0], &said, 1), 1);
  EXPECT_EQ(n_taken(folder), 1);
  kill(child, SIGKILL);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_EQ(n_taken(folder), 0);
  const auto turn = queue.wait();
  EXPECT_EQ(n_taken(folder), 1);
}

TEST(DeviceQueue, ThatOfAnotherDeviceIsAnother) {
  const auto folder = seco::test::new_folder("locks").string();
  const DeviceQueue queue(folder, "cuda:0", 1), other(folder, "cuda:1", 1);
  {
    const auto turn = queue.wait(), of_another_device = other.wait();
    EXPECT_EQ(n_taken(folder), 2);
  }
  EXPECT_EQ(n_taken(folder), 0);
}

TEST(DeviceQueue, NobodyWaitsForADeviceOfHisOwn) {
  const DeviceQueue queue;
  constexpr int n = 3;
  std::barrier everybody(n);
  std::atomic<int> at_a_time = 0, most = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < n; ++t)
    threads.emplace_back([&] {
      const auto turn = queue.wait();
      ++at_a_time;
      everybody.arrive_and_wait();
      most = at_a_time.load();
      everybody.arrive_and_wait();
      --at_a_time;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(most, n);
}
