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

#include "file_content.h"

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

/// Bytes of content that even a busy machine reads, converts and sorts in a second.
constexpr double bytes_per_second = 3e7;

/// Processor time that no reading of a sound file needs, however much its content is compressed.
rlim_t seconds_for(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return 2 + (error ? 0
                    : static_cast<rlim_t>(static_cast<double>(size) * largest_inflation /
                                          bytes_per_second));
}

/// Memory in bytes that no reading of a sound file needs: its content inflated, converted and
/// sorted into RVEs.
double bytes_for(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return 1e9 + (error ? 0. : 4. * largest_inflation * static_cast<double>(size));
}

/// The most memory in bytes that this process has had.
double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024. * static_cast<double>(usage.ru_maxrss);
}

constexpr int too_much_memory = 1;

[[noreturn]] void run_as_child(const std::string& path, const std::function<void()>& read) {
  // The signal handlers of the parent are for the parent.
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGILL, SIGXCPU})
    std::signal(number, SIG_DFL);
  const rlimit no_core{0, 0}, time{seconds_for(path), seconds_for(path)};
  setrlimit(RLIMIT_CORE, &no_core);
  setrlimit(RLIMIT_CPU, &time);
  const double before = peak_memory();
  try {
    read();
  } catch (...) {
    // The parent makes the same error, with its message.
  }
  _exit(peak_memory() - before > bytes_for(path) ? too_much_memory : 0);
}

}  // namespace

void guarded_read(const std::string& path, const std::function<void()>& read, const char* library) {
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
          fmt::format("{}: cannot be read; {} fails on it{}, so it is corrupt", path, library,
                      WIFSIGNALED(status) ? fmt::format(" (signal {})", WTERMSIG(status))
                                          : " (it takes too much memory)"));
  }
  read();
}

}  // namespace seco::materials
