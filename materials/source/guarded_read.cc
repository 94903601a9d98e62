#include "seco/materials/guarded_read.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

namespace seco::materials {
namespace {

thread_local bool guarded = false;

class Guarded {
 public:
  Guarded() { guarded = true; }
  ~Guarded() { guarded = false; }
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;
};

/// Processor time that no reading of a sound file needs.
rlim_t seconds_for(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return 2 + (error ? 0 : size / 1000000);
}

[[noreturn]] void run_as_child(const std::string& path, const std::function<void()>& read) {
  // The signal handlers of the parent are for the parent.
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL, SIGXCPU})
    std::signal(number, SIG_DFL);
  const rlimit no_core{0, 0}, time{seconds_for(path), seconds_for(path)};
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_CPU, &time);
  try {
    read();
  } catch (...) {
    // The parent makes the same error, with its message.
  }
  _exit(0);
}

}  // namespace

void guarded_read(const std::string& path, const std::function<void()>& read) {
  if (guarded) {
    read();
    return;
  }
  const Guarded guard;
  const pid_t child = fork();
  if (child == 0) run_as_child(path, read);
  if (child > 0) {
    int status = 0;
    pid_t ended = 0;
    do {
      ended = waitpid(child, &status, 0);
    } while (ended < 0 && errno == EINTR);
    if (ended == child && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
      throw std::runtime_error(
          fmt::format("{}: cannot be read; the HDF5 library fails on it{}, so it is corrupt", path,
                      WIFSIGNALED(status) ? fmt::format(" (signal {})", WTERMSIG(status)) : ""));
  }
  read();
}

}  // namespace seco::materials
