#pragma once

#include <sys/types.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/run_command.h"
#include "support/temporary.h"

namespace seco::test {

/// Runs a program of the build with arguments, on several ranks if n_ranks > 0, in the environment
/// that this program was started in.
/// @param environment further variables, `NAME=VALUE`
/// @param folder to run in; this one if empty
Outcome run_program(const std::string& name, const std::string& arguments, int n_ranks = 0,
                    const std::string& environment = "", const std::string& folder = "");

/// A program that runs while a test goes on.
class RunningProgram {
 public:
  /// As `run_program`. @param launcher_options further ones of mpiexec
  RunningProgram(const std::string& name, const std::vector<std::string>& arguments,
                 int n_ranks = 0, const std::vector<std::string>& launcher_options = {});
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  /// Reads what it prints until there is a line with a text. @return whether there was one
  bool prints(const std::string& text);
  /// Of the program, or of what launches it on several ranks.
  pid_t process() const { return process_; }
  void send(int signal) const;
  /// Waits for the end. The exit code is -N if it was ended by signal N.
  Outcome end();

 private:
  pid_t process_ = -1;
  FILE* output_ = nullptr;
  std::string all_;
};

/// The youngest process that another one has started.
pid_t last_child(pid_t parent);

void write_text(const std::filesystem::path& path, const std::string& text);
nlohmann::json read_json(const std::filesystem::path& path);

}  // namespace seco::test
