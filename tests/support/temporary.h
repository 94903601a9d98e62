#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace seco::test {

/// The folder of this process for the files of its tests, which run side by side in processes of
/// their own. Made at the first call and removed at the end of the process.
inline const std::filesystem::path& temporary_folder() {
  struct Folder {
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() {
      if (getpid() != owner) return;  // a process that a test has forked
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
    const pid_t owner = getpid();
    const std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("seco_test_" + std::to_string(owner));
  };
  static const Folder folder;
  return folder.path;
}

/// A path in this folder.
inline std::string temporary(const std::string& name) {
  return (temporary_folder() / name).string();
}

/// A new empty folder in it.
inline std::filesystem::path new_folder(const std::string& name) {
  const auto folder = temporary_folder() / name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

}  // namespace seco::test
