#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace seco::surrogate {

/// A file for what does not fit into memory. It has no name once it is open, so that nothing is
/// left of it when the process ends, however it ends. Threads may use it at once.
class ScratchFile {
 public:
  /// @throws std::runtime_error naming the folder, if no file can be made there
  explicit ScratchFile(std::string folder);
  ~ScratchFile();
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;

  /// Writes bytes to a place of their own. @return the place
  /// @throws std::runtime_error naming the folder, for example if the disk is full
  std::int64_t add(const void* bytes, std::size_t size);
  /// @throws std::runtime_error if they cannot be read
  void read(std::int64_t place, void* bytes, std::size_t size) const;
  /// The place may be taken by others of this size, and by all if it is the last one.
  void free(std::int64_t place, std::size_t size);

 private:
  [[noreturn]] void fail(const std::string& what, std::size_t size, int error) const;

  std::string folder_;
  int file_ = -1;
  std::mutex mutex_;
  std::int64_t end_ = 0;
  /// By size.
  std::map<std::size_t, std::vector<std::int64_t>> free_;
};

/// Bytes that a user can still write to the file system of a folder, infinity if it does not tell.
double free_bytes(const std::string& folder);

/// A tensor on the CPU that is kept in memory, or in a scratch file, from which it is read whenever
/// it is asked for. Copies share what is kept.
class KeptTensor {
 public:
  /// Nothing.
  KeptTensor() = default;
  /// @param tensor contiguous
  /// @param file in which it is kept; null for memory
  KeptTensor(const torch::Tensor& tensor, const std::shared_ptr<ScratchFile>& file);

  bool defined() const { return tensor_.defined() || place_; }
  /// Not to be changed, since it may be what is kept.
  torch::Tensor get() const;

 private:
  struct Place;
  torch::Tensor tensor_;
  std::shared_ptr<const Place> place_;
};

}  // namespace seco::surrogate
