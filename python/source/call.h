#pragma once

#include <pybind11/pybind11.h>

#include <functional>
#include <mutex>

#include "seco/materials/interruption.h"

namespace seco::python {

/// Whether Python has to handle a signal, such as that of Ctrl-C; its exception is then set.
bool signal_is_pending();

/// The right of one thread to use engines, which share buffers and plans of Fourier transforms: the
/// others wait, and may be interrupted. A callback of the work may call in again.
class Turn {
 public:
  Turn();

 private:
  std::unique_lock<std::recursive_timed_mutex> lock_;
};

/// A call that is at work. At the end of the process Python ends the threads that still run when
/// they want its lock, which C++ does not survive: so calls are told to end before, and are waited
/// for.
class Call {
 public:
  Call();
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
};
/// @throws SystemExit, which ends a thread without a word, on those that have to end
void leave_if_process_ends();
/// Ends the calls of all other threads and refuses new ones; returns when they have ended, or after
/// ten seconds.
void end_calls();
/// A process that was forked does not have the threads of its parent: it begins with no calls.
void count_calls_of_children();

/// Does work without the lock of Python, until Python wants to handle a signal.
template <typename Work>
auto run(const Work& work) {
  const Call call;
  try {
    const pybind11::gil_scoped_release release;
    const materials::InterruptionCheck check(signal_is_pending);
    const Turn turn;
    return work();
  } catch (const materials::Interrupted&) {
    leave_if_process_ends();
    if (PyErr_Occurred()) throw pybind11::error_already_set();
    throw;
  }
}

/// A function of Python as one that work calls without the lock; empty for None.
template <typename... Arguments>
std::function<void(Arguments...)> callback(const pybind11::object& function) {
  if (function.is_none()) return {};
  return [&function](Arguments... arguments) {
    const pybind11::gil_scoped_acquire acquire;
    function(arguments...);
  };
}

}  // namespace seco::python
