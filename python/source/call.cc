#include "call.h"

#include <chrono>

namespace seco::python {
namespace {

std::recursive_timed_mutex& engines() {
  static std::recursive_timed_mutex mutex;
  return mutex;
}

}  // namespace

bool signal_is_pending() {
  const pybind11::gil_scoped_acquire acquire;
  return PyErr_CheckSignals() != 0;
}

Turn::Turn() : lock_(engines(), std::defer_lock) {
  while (!lock_.try_lock_for(std::chrono::milliseconds(100))) materials::check_interruption();
}

}  // namespace seco::python
