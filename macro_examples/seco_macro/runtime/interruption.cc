#include "interruption.h"

#include <fmt/format.h>
#include <time.h>

#include <atomic>
#include <csignal>
#include <cstring>

namespace seco::macro {
namespace {

static_assert(std::atomic<int>::is_always_lock_free &&
                  std::atomic<std::int64_t>::is_always_lock_free,
              "a signal handler may touch nothing else");

std::atomic<int> noted{0}, stopped{0};
std::atomic<std::int64_t> noted_at{0};

std::int64_t milliseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return 1000 * static_cast<std::int64_t>(now.tv_sec) + now.tv_nsec / 1000000;
}

extern "C" void note_signal(int signal) {
  int none = 0;
  if (noted.compare_exchange_strong(none, signal)) {
    noted_at = milliseconds();
    return;
  }
  // Launchers and `timeout` send the same signal to the program and to its group.
  constexpr std::int64_t same = 1000;
  if (milliseconds() - noted_at < same) return;
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

[[noreturn]] void stop(int signal) {
  stopped = signal;
  throw Interrupted(signal, fmt::format("stopped by signal {} ({})", signal, strsignal(signal)));
}

}  // namespace

void note_signals() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction action {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = note_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    sigaction(signal, &action, nullptr);
  }
  // A file that reaches a limit (`ulimit -f`) is an error as a full disk is, not the end.
  std::signal(SIGXFSZ, SIG_IGN);
}

int noted_signal() {
  return noted;
}

int noted_signal(MPI_Comm communicator) {
  return dealii::Utilities::MPI::max(noted.load(), communicator);
}

void stop_if_noted() {
  if (const int signal = noted; signal != 0) stop(signal);
}

int stopped_for(MPI_Comm communicator) {
  return dealii::Utilities::MPI::max(stopped.load(), communicator);
}

dealii::SolverControl::State InterruptibleControl::check(unsigned int step, double value) {
  // One more reduction in so many iterations, each of which has two or more.
  constexpr unsigned int interval = 8;
  if (step % interval == 0)
    if (const int signal = noted_signal(communicator_); signal != 0) stop(signal);
  return SolverControl::check(step, value);
}

}  // namespace seco::macro
