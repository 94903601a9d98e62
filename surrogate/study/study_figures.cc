#include "study_figures.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

extern char** environ;

namespace seco {
namespace {

namespace fs = std::filesystem;

// The script stands in the source tree, beside an installed program, or near the study file.
fs::path find_script(const StudyPlan& plan) {
  std::error_code none;
  std::vector<fs::path> folders;
#ifdef SECO_SCRIPTS
  folders.emplace_back(SECO_SCRIPTS);
#endif
  const auto program = fs::read_symlink("/proc/self/exe", none).parent_path();
  if (!program.empty()) folders.push_back(program / "../share/seco/scripts");
  const auto study = fs::absolute(plan.file, none).parent_path();
  for (const char* place : {".", "scripts", "../scripts"}) folders.push_back(study / place);
  for (const auto& folder : folders)
    if (fs::is_regular_file(folder / "plot.py", none))
      return (folder / "plot.py").lexically_normal();
  return {};
}

std::string last_line(const fs::path& path) {
  std::ifstream file(path);
  std::string line, last;
  while (std::getline(file, line))
    if (!line.empty()) last = line;
  return last;
}

// Runs a program with its output in a file; an empty text, or why it failed.
std::string run(const std::vector<std::string>& command, const fs::path& log) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  std::vector<char*> arguments;
  for (const auto& part : command) arguments.push_back(const_cast<char*>(part.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return fmt::format("'{}' cannot be started ({})", command[0], strerror(error));
  int status = 0;
  if (waitpid(child, &status, 0) < 0 || !WIFEXITED(status))
    return fmt::format("'{}' did not end normally", command[0]);
  if (WEXITSTATUS(status) == 0) return "";
  return fmt::format("'{}' ended with '{}'", command[0], last_line(log));
}

std::string draw(const StudyPlan& plan) {
  if (!plan.figures) return "the study file has 'Figures = false'.";
  const auto script = find_script(plan);
  if (script.empty()) return "scripts/plot.py was not found.";
  // Beside a Python of the user's own, which may lack matplotlib, Debian's has it as a package.
  std::vector<std::string> interpreters{"python3", "/usr/bin/python3"};
  if (!plan.python.empty()) interpreters = {plan.python};
  std::vector<std::string> reasons;
  for (const auto& interpreter : interpreters) {
    const auto reason = run({interpreter, script.string(), "study", plan.folder},
                            fs::path(plan.folder) / "plot_study.log");
    if (reason.empty()) return "";
    reasons.push_back(reason);
  }
  return fmt::format(
      "{}. They need Python 3 with matplotlib and h5py, on Debian the packages "
      "python3-matplotlib and python3-h5py.",
      fmt::join(reasons, "; "));
}

}  // namespace

void draw_figures(StudyResults& results) {
  results.figures_missing = draw(*results.plan);
  const std::vector<std::pair<std::string, std::string>> kinds{
      {"accuracy", "Errors of every model, RVE by RVE (dots) and in the mean (bars)"},
      {"time", "Errors over time per RVE: models beside the reference solver stopped early"},
      {"spectrum", "Energy spectrum of the stress fluctuation, and relative to the reference"},
      {"fields", "Stress 11 under the unit strain 11: reference, predictions and their errors"},
      {"zoom", "The same around the stress peak of the reference, voxel by voxel"},
      {"moduli", "Wrong moduli: error of the stiffness and certified gap"},
      {"sets", "Other grids and families, without retraining"}};
  for (auto& c : results.cases)
    for (const auto& [kind, caption] : kinds) {
      const auto file = fmt::format("{}_{}.png", kind, slug(c.plan->name));
      std::error_code none;
      // A picture of an earlier run must not stand for this one.
      if (results.figures_missing.empty() &&
          fs::is_regular_file(fs::path(results.plan->folder) / file, none))
        c.figures.emplace_back(file, caption);
    }
}

}  // namespace seco
