#include "seco/surrogate/threads.h"

#include <unistd.h>

#include <cstdlib>

namespace seco::surrogate {

void wait_passively(char** argv) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) return;
  setenv("OMP_WAIT_POLICY", "passive", 1);
  // Returns only if it fails, and then the program is merely slower.
  execv("/proc/self/exe", argv);
}

}  // namespace seco::surrogate
