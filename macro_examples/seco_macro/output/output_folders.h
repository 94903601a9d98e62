#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "macro_parameters.h"
#include "run_lock.h"
#include "run_log.h"

namespace seco::macro {

/// The folders of the results and of the checkpoint, which are this run's as long as it runs.
class OutputFolders {
 public:
  struct Settings {
    /// Parameter file, for messages.
    std::string file;
    std::string output_directory;
    CheckpointParameters checkpoint;
  };

  OutputFolders(Settings settings, RunLog& log) : settings_(std::move(settings)), log_(log) {}

  /// Makes the folders, so that a path that cannot be written is refused before the long stages.
  /// Collective. @throws std::runtime_error on all ranks
  void make();
  /// Keeps other runs from the folder of the results and from the checkpoint. Collective.
  /// @throws std::runtime_error on all ranks if another run has one of them
  void lock();
  void unlock() { locks_.clear(); }
  /// Removes the folders that were new and are empty.
  void remove_new() const;

 private:
  void make(const std::filesystem::path& folder, const std::string& parameter);
  void lock(const std::string& path, const std::string& what);

  Settings settings_;
  RunLog& log_;
  std::vector<std::filesystem::path> new_folders_;
  /// Of the first rank.
  std::vector<std::unique_ptr<RunLock>> locks_;
};

}  // namespace seco::macro
