#pragma once

#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <stdexcept>
#include <string>

namespace seco::test {

struct Outcome {
  /// -1 if a signal ended it.
  int exit_code = -1;
  /// Standard output and standard error.
  std::string output;
};

/// Starts a command of the shell.
inline FILE* start_command(const std::string& command) {
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot start " + command);
  return pipe;
}

/// Waits for the end of a command that was started.
inline Outcome end_of(FILE* command) {
  Outcome outcome;
  std::array<char, 4096> buffer;
  while (const auto n = fread(buffer.data(), 1, buffer.size(), command))
    outcome.output.append(buffer.data(), n);
  const int status = pclose(command);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

/// Runs a command of the shell to its end.
inline Outcome run_command(const std::string& command) {
  return end_of(start_command(command));
}

}  // namespace seco::test
