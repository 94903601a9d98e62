#include "run_lock.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <stdexcept>

namespace seco::macro {
namespace {

std::string this_process() {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return fmt::format("process {} on {}, since {:%Y-%m-%d %H:%M:%S}", getpid(), host.data(),
                     fmt::localtime(std::time(nullptr)));
}

/// What the owner has written, or at least its number.
std::string owner_of(int descriptor, struct flock lock) {
  std::array<char, 512> text{};
  const auto size = pread(descriptor, text.data(), text.size(), 0);
  if (size > 0) {
    const std::string line(text.data(), static_cast<std::size_t>(size));
    return line.substr(0, line.find('\n'));
  }
  if (fcntl(descriptor, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK && lock.l_pid > 0)
    return fmt::format("process {}", lock.l_pid);
  return "another process";
}

/// Whether a path still is the open file: its owner before may just have removed it.
bool is_still(const std::string& path, int descriptor) {
  struct stat open {
  }, named{};
  return fstat(descriptor, &open) == 0 && stat(path.c_str(), &named) == 0 &&
         open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

}  // namespace

RunLock::RunLock(const std::string& path, const std::string& what) : path_(path) {
  for (;;) {
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    // Whether the folder can be written to is told elsewhere, in better words.
    if (descriptor < 0) return;
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (fcntl(descriptor, F_SETLK, &lock) != 0) {
      const bool taken = errno == EACCES || errno == EAGAIN;
      const auto owner = taken ? owner_of(descriptor, lock) : "";
      close(descriptor);
      if (!taken) return;
      throw std::runtime_error(fmt::format(
          "{}, where another run writes: {}. Wait until it is done, end it, or name another one",
          what, owner));
    }
    if (is_still(path, descriptor)) {
      descriptor_ = descriptor;
      break;
    }
    close(descriptor);
  }
  const auto line = this_process() + "\n";
  // On a full disk the number has to do, which the system knows.
  if (ftruncate(descriptor_, 0) != 0 || pwrite(descriptor_, line.data(), line.size(), 0) < 0)
    return;
}

RunLock::~RunLock() {
  if (descriptor_ < 0) return;
  // Removed first: whoever opens the name now makes a file of its own.
  unlink(path_.c_str());
  close(descriptor_);
}

}  // namespace seco::macro
