#include "seco/surrogate/threads.h"

#include <unistd.h>

#include <cstdlib>
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

}  // namespace seco::surrogate
