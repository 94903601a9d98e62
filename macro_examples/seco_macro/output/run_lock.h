#pragma once

#include <string>

namespace seco::macro {

/// Keeps the files of a run from another run: a file that is locked (fcntl) as long as this object
/// lives, and names the process that has it. The system takes the lock from a process that ends in
/// whatever way, so that what a killed run leaves behind hinders nobody.
class RunLock {
 public:
  /// @param path of the file, in an existing folder
  /// @param what a clause on what is locked, for the message: file, section, key and value
  /// @throws std::runtime_error if another process has it, with its number and machine
  RunLock(const std::string& path, const std::string& what);
  /// Removes the file.
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

  /// Whether the file system can lock; if not, nothing is kept from anyone.
  bool works() const { return descriptor_ >= 0; }

 private:
  std::string path_;
  int descriptor_ = -1;
};

}  // namespace seco::macro
