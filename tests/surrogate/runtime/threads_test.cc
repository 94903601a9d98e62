#include "seco/surrogate/threads.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <cstring>
#include <memory>

namespace {

/// Pages that the system had to make while fields of 8 MiB were written and freed.
long new_pages() {
  const auto count = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_minflt;
  };
  const auto before = count();
  for (int i = 0; i < 40; ++i) {
    const std::unique_ptr<void, decltype(&std::free)> field(std::malloc(8 << 20), &std::free);
    std::memset(field.get(), i, 8 << 20);
    volatile const char read = static_cast<const char*>(field.get())[i];
    EXPECT_EQ(read, i);
  }
  return count() - before;
}

}  // namespace

TEST(Threads, FreedMemoryIsUsedAgainWithoutTheSystem) {
#ifdef __GLIBC__
  seco::surrogate::keep_freed_memory();
  constexpr long pages_of_a_field = (8 << 20) / 4096;
  // One field at most is new, of forty.
  EXPECT_LT(new_pages(), 4 * pages_of_a_field);
#else
  GTEST_SKIP() << "does nothing here";
#endif
}
