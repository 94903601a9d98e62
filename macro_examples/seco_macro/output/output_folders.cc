#include "output_folders.h"

#include <fmt/format.h>

#include <fstream>

#include "seco/plugin/agree.h"

namespace seco::macro {

void OutputFolders::make(const std::filesystem::path& folder, const std::string& parameter) {
  std::error_code error;
  std::vector<std::filesystem::path> missing;
  for (auto path = folder; !path.empty() && !std::filesystem::exists(path, error);
       path = path.parent_path())
    missing.push_back(path);
  std::filesystem::create_directories(folder, error);
  for (auto path = missing.rbegin(); path != missing.rend(); ++path)
    if (std::filesystem::is_directory(*path)) new_folders_.push_back(*path);
  const auto probe = folder / ".seco-macro-can-write";
  if (!error && (std::ofstream(probe) << "1").flush()) {
    std::filesystem::remove(probe, error);
    return;
  }
  throw std::runtime_error(fmt::format(
      "{}: {}, which cannot be made or written to{}; allowed is a folder where you may write",
      settings_.file, parameter, error ? ": " + error.message() : ""));
}

void OutputFolders::make() {
  plugin::run_together(log_.communicator(), [&] {
    if (!log_.is_first_rank()) return;
    make(settings_.output_directory, fmt::format("key 'Output directory' at the top level is '{}'",
                                                 settings_.output_directory));
    const auto folder = std::filesystem::path(settings_.checkpoint.file).parent_path();
    if (settings_.checkpoint.write && !folder.empty())
      make(folder,
           fmt::format("key 'File' in section 'Checkpoint' is in folder '{}'", folder.string()));
  });
}

void OutputFolders::lock(const std::string& path, const std::string& what) {
  locks_.push_back(std::make_unique<RunLock>(path, settings_.file + ": " + what));
  if (!locks_.back()->works())
    log_.note(fmt::format(
        "{} cannot be locked on this file system; take care that no other run writes there", path));
}

void OutputFolders::lock() {
  plugin::run_together(log_.communicator(), [&] {
    if (!log_.is_first_rank()) return;
    lock((std::filesystem::path(settings_.output_directory) / ".seco-macro.lock").string(),
         fmt::format("key 'Output directory' at the top level is the folder '{}'",
                     settings_.output_directory));
    if (settings_.checkpoint.write)
      lock(settings_.checkpoint.file + ".lock",
           fmt::format("key 'File' in section 'Checkpoint' is '{}'", settings_.checkpoint.file));
  });
}

void OutputFolders::remove_new() const {
  std::error_code ignored;
  for (auto folder = new_folders_.rbegin(); folder != new_folders_.rend(); ++folder)
    std::filesystem::remove(*folder, ignored);
}

}  // namespace seco::macro
