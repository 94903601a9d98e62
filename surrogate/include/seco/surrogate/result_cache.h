#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "seco/surrogate/engine.h"

namespace seco::surrogate {

/// Results of one engine on disk, so that no run, repeated or restarted, computes an RVE twice.
///
/// A result is found by all that it depends on: the RVE (shape, lengths, phase of every voxel, bits
/// of the stiffnesses, unit, orientations), the engine, its version (`engine_version`) and its own
/// parameters where they differ from the defaults, the precisions, and the bytes of the model
/// folder. A result of a smaller tolerance serves where a
/// larger one is asked for, never the other way round; one of the same tolerance is preferred, and
/// returned to the last bit. A result that did not converge serves only where the same tolerance
/// and the same step limit are asked for, and one that failed is not kept. The device and the
/// memory for chunks are no part of the key: results differ by round-off or within the tolerance.
///
/// Any number of threads, processes and ranks may share a folder. An entry is a file of its own,
/// written under another name and renamed; damaged entries are counted, and their RVEs computed
/// again. The format is in docs/file_formats.md.
class ResultCache {
 public:
  /// @param settings those that the engine was made with
  /// @throws std::invalid_argument if the folder cannot be made or written, or if the engine was
  ///   registered without a version
  ResultCache(const std::string& folder, const std::string& engine, const EngineSettings& settings);

  /// Identifies an RVE in a cache: a hash of its content with 128 bits.
  using Digest = std::array<std::uint64_t, 2>;
  static Digest digest(const materials::Rve& rve);

  /// The result that serves the settings, if there is one.
  std::optional<Homogenized> find(const Digest& rve) const;
  /// Keeps a result. An error, such as a full disk, is counted and has no other effect.
  void store(const Digest& rve, const Homogenized& result) const;

  /// Since this object was made.
  std::size_t n_found() const { return n_found_; }
  std::size_t n_damaged() const { return n_damaged_; }
  std::size_t n_not_written() const { return n_not_written_; }

  /// Removes the least recently used entries, whichever engine wrote them, until the folder takes
  /// at most so many bytes of disk, and incomplete files of runs that were killed. Access times are
  /// stored with a resolution of one day. Safe while others use the folder.
  /// @return number of entries removed
  static std::size_t prune(const std::string& folder, std::uintmax_t bytes);

 private:
  std::string path_of(const Digest& rve) const;

  std::string folder_;
  /// Of engine, version, precision and model.
  std::uint64_t fingerprint_ = 0;
  double tolerance_;
  unsigned int max_iterations_;
  mutable std::atomic<std::size_t> n_found_ = 0, n_damaged_ = 0, n_not_written_ = 0;
};

}  // namespace seco::surrogate
