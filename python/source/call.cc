#include "call.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "seco/surrogate/devices.h"

namespace seco::python {
namespace {

std::atomic<int> n_calls = 0;
std::atomic<bool> process_ends = false;
/// The thread that ends it may still call.
std::atomic<std::thread::id> last_thread;

bool has_to_end() {
  return process_ends && last_thread.load() != std::this_thread::get_id();
}

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

void leave_if_process_ends() {
  if (!has_to_end()) return;
  PyErr_SetNone(PyExc_SystemExit);
  throw pybind11::error_already_set();
}

Call::Call() {
  leave_if_process_ends();
  ++n_calls;
}

Call::~Call() {
  --n_calls;
}

void end_calls() {
  using namespace std::chrono_literals;
  last_thread = std::this_thread::get_id();
  process_ends = true;
  const pybind11::gil_scoped_release release;
  for (const auto end = std::chrono::steady_clock::now() + 10s;
       n_calls > 0 && std::chrono::steady_clock::now() < end;)
    std::this_thread::sleep_for(5ms);
}

void count_calls_of_children() {
  pthread_atfork(nullptr, nullptr, [] { n_calls = 0; });
}

bool signal_is_pending() {
  if (has_to_end()) return true;
  const pybind11::gil_scoped_acquire acquire;
  return PyErr_CheckSignals() != 0;
}

Turn::Turn() : lock_(engines(), std::defer_lock) {
  refuse_forked_process();
  while (!lock_.try_lock_for(std::chrono::milliseconds(100))) materials::check_interruption();
}

}  // namespace seco::python
