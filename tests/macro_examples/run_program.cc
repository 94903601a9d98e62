#include "run_program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

namespace seco::test {
namespace {

/// The environment before MPI_Init, whose variables would make a program that is started here a
/// part of this one.
class FirstEnvironment {
 public:
  FirstEnvironment() {
    for (char** entry = environ; *entry; ++entry) texts_.emplace_back(*entry);
    for (auto& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
  }
  char** get() { return pointers_.data(); }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};
FirstEnvironment first_environment;

/// Starts a command of the shell in that environment; from any thread.
FILE* start_in_first_environment(const std::string& command) {
  static std::mutex mutex;
  const std::lock_guard<std::mutex> lock(mutex);
  char** present = std::exchange(environ, first_environment.get());
  FILE* started = start_command(command);
  environ = present;
  return started;
}

}  // namespace

Outcome run_program(const std::string& name, const std::string& arguments, int n_ranks,
                    const std::string& environment, const std::string& folder) {
  // Open MPI refuses to run as root, as tests in containers do, unless told that this is meant.
  std::string command =
      "OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMP_NUM_THREADS=1 ";
  if (!folder.empty()) command = "cd " + folder + " && " + command;
  if (!environment.empty()) command += environment + " ";
  if (n_ranks > 0)
    command += std::string(SECO_MPIEXEC) + " --oversubscribe -n " + std::to_string(n_ranks) + " ";
  command += std::string(SECO_BINARIES) + "/" + name + " " + arguments;
  return end_of(start_in_first_environment(command));
}

RunningProgram::RunningProgram(const std::string& name, const std::vector<std::string>& arguments,
                               int n_ranks, const std::vector<std::string>& launcher_options) {
  std::vector<std::string> words;
  if (n_ranks > 0) {
    words = {SECO_MPIEXEC, "--oversubscribe", "-n", std::to_string(n_ranks)};
    words.insert(words.end(), launcher_options.begin(), launcher_options.end());
  }
  words.push_back(std::string(SECO_BINARIES) + "/" + name);
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  process_ = fork();
  if (process_ == 0) {
    environ = first_environment.get();
    setenv("OMP_NUM_THREADS", "1", 1);
    // As in run_program.
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    execv(pointers[0], pointers.data());
    _exit(3);
  }
  close(ends[1]);
  output_ = fdopen(ends[0], "r");
}

RunningProgram::~RunningProgram() {
  if (process_ <= 0) return;
  kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  fclose(output_);
}

bool RunningProgram::prints(const std::string& text) {
  char line[4096];
  while (fgets(line, sizeof line, output_)) {
    all_ += line;
    if (std::string(line).find(text) != std::string::npos) return true;
  }
  return false;
}

void RunningProgram::send(int signal) const {
  kill(process_, signal);
}

Outcome RunningProgram::end() {
  char line[4096];
  while (fgets(line, sizeof line, output_)) all_ += line;
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  fclose(output_);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), all_};
}

pid_t last_child(pid_t parent) {
  const auto id = std::to_string(parent);
  std::ifstream list("/proc/" + id + "/task/" + id + "/children");
  pid_t child = 0, last = 0;
  while (list >> child) last = child;
  return last;
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

nlohmann::json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path.string() + " is missing");
  return nlohmann::json::parse(file);
}

}  // namespace seco::test
