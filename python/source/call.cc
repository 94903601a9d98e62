#include "call.h"

#include <unistd.h>

#include <chrono>
#include <stdexcept>

#include "seco/surrogate/devices.h"

namespace seco::python {
namespace {

std::recursive_timed_mutex& engines() {
  static std::recursive_timed_mutex mutex;
  return mutex;
}

/// A process that was forked has none of its parent's threads, and the OpenMP of GCC waits for them
/// for ever.
void refuse_forked_process() {
  static const pid_t first_process = getpid();
  static const bool has_threads = surrogate::n_cpu_threads() > 1;
  if (has_threads && getpid() != first_process)
    throw std::runtime_error(
        "seco was used before this process was forked, and threads do not survive that; start "
        "processes with multiprocessing.get_context('spawn'), or use seco in them only, or set "
        "OMP_NUM_THREADS=1");
}

}  // namespace

bool signal_is_pending() {
  const pybind11::gil_scoped_acquire acquire;
  return PyErr_CheckSignals() != 0;
}

Turn::Turn() : lock_(engines(), std::defer_lock) {
  refuse_forked_process();
  while (!lock_.try_lock_for(std::chrono::milliseconds(100))) materials::check_interruption();
}

}  // namespace seco::python
