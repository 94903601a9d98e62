#include "seco/surrogate/devices.h"

#include <ATen/Parallel.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <torch/cuda.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "device.h"

namespace seco::surrogate {
namespace {

int open_lock(const std::string& path) {
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0)
    throw std::runtime_error(fmt::format("{}: the lock file of a device cannot be opened: {}", path,
                                         std::strerror(errno)));
  return file;
}

}  // namespace

int n_cuda_devices() {
  return static_cast<int>(torch::cuda::device_count());
}

int n_cpu_threads() {
  set_thread_count();
  return at::get_num_threads();
}

DeviceShare device_share(const std::string& name, int local_rank, int n_local_ranks,
                         int n_devices) {
  if (name == "cpu" || n_devices < 1) return {name, 1};
  if (name != "auto" && name != "cuda") return {name, n_local_ranks};
  const int device = local_rank % n_devices;
  // Ranks device, device + n_devices, ... below n_local_ranks.
  return {fmt::format("cuda:{}", device), (n_local_ranks - device - 1) / n_devices + 1};
}

DeviceQueue::DeviceQueue(const std::string& folder, const std::string& device, int n_at_a_time) {
  for (int i = 0; i < n_at_a_time; ++i) {
    files_.push_back(
        (std::filesystem::path(folder) / fmt::format("seco_{}_{}_{}.lock", getuid(), device, i))
            .string());
    close(open_lock(files_.back()));
  }
}

DeviceQueue::Turn DeviceQueue::wait() const {
  if (files_.empty()) return Turn(-1);
  // There is no call that waits for the first of several locks.
  for (auto pause = std::chrono::microseconds(100);;
       pause = std::min<std::chrono::microseconds>(2 * pause, std::chrono::milliseconds(5))) {
    for (const auto& path : files_) {
      const int file = open_lock(path);
      if (flock(file, LOCK_EX | LOCK_NB) == 0) return Turn(file);
      const int error = errno;
      close(file);
      if (error != EWOULDBLOCK && error != EINTR)
        throw std::runtime_error(
            fmt::format("{}: the device cannot be locked: {}", path, std::strerror(error)));
    }
    std::this_thread::sleep_for(pause);
  }
}

DeviceQueue::Turn::~Turn() {
  // Closing releases the lock.
  if (file_ >= 0) close(file_);
}

}  // namespace seco::surrogate
