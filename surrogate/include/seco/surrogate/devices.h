#pragma once

#include <string>
#include <vector>

namespace seco::surrogate {

/// Number of CUDA devices that this process sees.
int n_cuda_devices();

/// Number of CPU threads that the engines of this process compute with: OMP_NUM_THREADS if set,
/// else the cores of the node shared by its ranks.
int n_cpu_threads();

/// The device of one of the ranks of a node, and how many of them use it.
struct DeviceShare {
  /// As in EngineSettings::device.
  std::string device;
  int n_sharers = 1;
};

/// Assigns the devices of a node to its ranks, round-robin: rank r of `n_local_ranks` gets
/// `cuda:(r mod n_devices)` where the name is `auto` or `cuda`. `cuda:N` is shared by all ranks of
/// the node; `cpu`, and `auto` without devices, by none.
/// @param name as in EngineSettings::device
DeviceShare device_share(const std::string& name, int local_rank, int n_local_ranks, int n_devices);

/// Limits how many processes of a node compute on a shared device at a time; the others wait. By
/// default two: one prepares while the device computes for the other. A process leaves no lock
/// behind, however it ends.
class DeviceQueue {
 public:
  /// An inactive queue: wait() returns at once.
  DeviceQueue() = default;
  /// @param folder for the lock files, which stay there; the same for all processes of the node
  /// @throws std::runtime_error if the files cannot be made
  DeviceQueue(const std::string& folder, const std::string& device, int n_at_a_time = 2);

  /// The right to compute, until it is destroyed.
  class Turn {
   public:
    explicit Turn(int file) : file_(file) {}
    Turn(Turn&& other) noexcept : file_(other.file_) { other.file_ = -1; }
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    int file_;
  };
  /// Waits for a turn. Safe to call from several threads. @throws std::runtime_error
  Turn wait() const;

 private:
  std::vector<std::string> files_;
};

}  // namespace seco::surrogate
