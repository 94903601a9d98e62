#pragma once

#include <cstdint>

namespace seco::benchmark {

/// What this rank has given to MPI to send since the program started.
struct Messages {
  /// Point to point and one-sided.
  std::uint64_t n = 0, bytes = 0;
  /// Atomic operations on the memory of another rank or the own one.
  std::uint64_t n_atomic = 0;
  /// Calls of collective operations, and the bytes this rank contributes to each.
  std::uint64_t n_collective = 0, collective_bytes = 0;
};

/// Counted by wrappers around the functions of MPI (its profiling interface), so that the calls of
/// all libraries are included.
Messages messages();

}  // namespace seco::benchmark
