#include "rve_stream.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>

#include "support/message_of.h"

using namespace seco::plugin;
using seco::materials::Rve;

namespace {

Rve rve_of(std::uint16_t number) {
  Rve rve;
  rve.shape = {2, 1};
  rve.lengths = {1, 1};
  rve.phase = {0, number};
  return rve;
}

}  // namespace

TEST(RveStream, KeepsTheOrderAndItsBoundWithAnyNumberOfThreads) {
  for (const unsigned int n_threads : {0u, 1u, 4u}) {
    constexpr int n = 300, capacity = 5;
    std::atomic<int> n_begun = 0, n_taken = 0, largest = 0;
    RveStream stream(n_threads, capacity);
    for (int i = 0; i < n; ++i)
      stream.submit(
          [&, i] {
            const int existing = ++n_begun - n_taken;
            for (int known = largest;
                 known < existing && !largest.compare_exchange_weak(known, existing);) {
            }
            return rve_of(i);
          },
          nullptr);
    for (int i = 0; i < n; ++i) {
      EXPECT_EQ(stream.take().rve.phase[1], i);
      ++n_taken;
    }
    // The one that the test has taken and not yet counted may exist beside those of the stream.
    EXPECT_LE(largest, capacity + 1) << n_threads;
    EXPECT_EQ(n_begun, n);
  }
}

TEST(RveStream, AnErrorOfAThreadReachesTheCallerInItsPlace) {
  for (const unsigned int n_threads : {0u, 2u}) {
    RveStream stream(n_threads, 3);
    for (int i = 0; i < 10; ++i)
      stream.submit(
          [i]() -> Rve {
            if (i == 4) throw std::invalid_argument("the fifth cannot be packed");
            return rve_of(i);
          },
          nullptr);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(stream.take().rve.phase[1], i);
    EXPECT_EQ(seco::test::message_of([&] { stream.take(); }), "the fifth cannot be packed");
    for (int i = 5; i < 10; ++i) EXPECT_EQ(stream.take().rve.phase[1], i);
  }
}

TEST(RveStream, MayBeLeftBeforeItsEnd) {
  std::atomic<int> n_begun = 0;
  {
    RveStream stream(2, 4);
    for (int i = 0; i < 100; ++i)
      stream.submit(
          [&, i] {
            ++n_begun;
            return rve_of(i);
          },
          nullptr);
    stream.take();
  }
  EXPECT_LE(n_begun, 6);
}
