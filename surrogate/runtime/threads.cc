#include "seco/surrogate/threads.h"

#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstdlib>
#include <limits>
#include <string_view>

namespace seco::surrogate {

void wait_passively(char** argv) {
  // One thread waits for none, and loading all libraries once more takes a second.
  const char* threads = std::getenv("OMP_NUM_THREADS");
  if (threads && std::string_view(threads) == "1") return;
  bool changed = false;
  const auto set = [&](const char* name, const char* value) {
    if (std::getenv(name)) return;
    setenv(name, value, 1);
    changed = true;
  };
  if (!std::getenv("GOMP_SPINCOUNT")) set("OMP_WAIT_POLICY", "passive");
  // Logarithm of the processor cycles for which they spin: some 20 microseconds.
  set("OPENBLAS_THREAD_TIMEOUT", "16");
  // Returns only if it fails, and then the program is merely slower.
  if (changed) execv("/proc/self/exe", argv);
}

void keep_freed_memory() {
#ifdef __GLIBC__
  for (const char* name : {"MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES"})
    if (std::getenv(name)) return;
  // Some versions take no more than half the size of a thread's heap.
  if (!mallopt(M_MMAP_THRESHOLD, 1 << 30)) mallopt(M_MMAP_THRESHOLD, 1 << 25);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
#endif
}

}  // namespace seco::surrogate
