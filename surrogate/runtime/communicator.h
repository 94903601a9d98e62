#pragma once

#include <torch/types.h>

#include <vector>

namespace seco::surrogate {

/// The ranks that train one model together, each on its share of the batch. Every member function
/// is collective: all ranks call it, in the same order, with tensors of the same shapes. Without
/// MPI at build time, or outside of an MPI launcher, there is one rank and nothing is communicated.
class Communicator {
 public:
  /// One rank, this process alone.
  Communicator() = default;

  /// All ranks of the program. MPI is used if the host program has initialised it already, or if
  /// the process was started by an MPI launcher (OMPI_COMM_WORLD_SIZE, PMI_SIZE or PMIX_RANK is
  /// set); then it is initialised here and finalized at exit. Otherwise one rank, without touching
  /// MPI.
  /// @throws std::runtime_error if there are several ranks, but seco was built without MPI, or if
  /// MPI has been finalized.
  static Communicator world();

  int rank() const { return rank_; }
  int size() const { return size_; }

  /// Sum over the ranks, added in the order of the ranks: all get the same bits, in every run with
  /// as many ranks.
  double sum(double value) const;

  /// Replaces every tensor by its sum over the ranks, added in double precision in the order of the
  /// ranks, so that all ranks hold the same bits: gradients of equal parameters keep them equal.
  /// The tensors travel in one buffer, in single precision unless one of them is double, and CUDA
  /// tensors through the memory of the host. Autograd does not see it.
  /// @throws std::invalid_argument if a tensor is undefined or not of a real floating-point type.
  void all_reduce_sum(std::vector<torch::Tensor>& tensors) const;

  /// Overwrites the tensors, of any type, with those of rank 0.
  void broadcast(std::vector<torch::Tensor>& tensors) const;

  /// True on all ranks if `value` is true on one of them.
  bool any(bool value) const;

  /// Returns when all ranks have called it.
  void barrier() const;

  /// Ends all ranks at once. For errors of one rank that the others cannot learn of, since they
  /// wait for it in one of the functions above. With one rank it does nothing.
  void abort(int exit_code) const;

 private:
  Communicator(int rank, int size) : rank_(rank), size_(size) {}

  int rank_ = 0;
  int size_ = 1;
};

}  // namespace seco::surrogate
