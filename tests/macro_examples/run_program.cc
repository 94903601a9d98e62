#include "run_program.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <vector>

namespace seco::test {
namespace {

/// Removes the folders of the tests when the program ends.
struct Folders {
  std::vector<std::filesystem::path> paths;
  ~Folders() {
    std::error_code ignored;
    for (const auto& path : paths) std::filesystem::remove_all(path, ignored);
  }
};

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
  command += std::string(SECO_BINARIES) + "/" + name + " " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) throw std::runtime_error("cannot start " + command);
  Outcome outcome;
  std::array<char, 4096> buffer;
  while (const auto n = fread(buffer.data(), 1, buffer.size(), pipe))
    outcome.output.append(buffer.data(), n);
  const int status = pclose(pipe);
  outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

std::filesystem::path new_folder(const std::string& name) {
  static Folders folders;
  const auto folder = std::filesystem::temp_directory_path() /
                      ("seco_test_" + std::to_string(getpid()) + "_" + name);
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  folders.paths.push_back(folder);
  return folder;
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
