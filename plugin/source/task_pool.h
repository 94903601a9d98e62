#pragma once

#include <deal.II/base/mpi.h>

#include <chrono>
#include <cstdint>
#include <vector>

namespace seco::plugin {

/// Tasks that the ranks of a communicator do together, whoever has time the next one.
///
/// Every rank starts with a queue of its own. A rank whose queue is empty goes round the others and
/// takes from theirs: it raises the counter of the queue and reads the tasks behind it, both by
/// one-sided communication (MPI_Fetch_and_op, MPI_Get), so that the owner goes on computing. A
/// queue never grows, so one round is enough, and there is no rank that all others ask. Where the
/// network or the MPI library cannot do this without the owner's help, it is done when the owner
/// takes its next tasks.
///
/// A queue is emptied in ever smaller portions, a quarter of what is left, between the smallest and
/// the largest portion that the caller wants.
class TaskPool {
 public:
  using Bytes = std::vector<char>;

  /// Collective.
  /// @param tasks of this rank's queue, the most expensive first for a good balance at the end
  /// @param cost of all of them, in any unit that is the same on all ranks
  TaskPool(const std::vector<Bytes>& tasks, double cost, MPI_Comm communicator);
  /// Collective.
  ~TaskPool();
  TaskPool(const TaskPool&) = delete;
  TaskPool& operator=(const TaskPool&) = delete;

  /// The next tasks, at most `largest`; none if no rank has any left, or after `abandon`.
  std::vector<Bytes> take(std::size_t smallest, std::size_t largest);
  /// Lets all ranks take no more tasks. For errors.
  void abandon();

  /// Adds to the cost that is done. At most twice a second it is sent to the first rank.
  void finished(double cost);
  /// Part of the cost that is done on all ranks, as far as this one knows: on the first rank up to
  /// date.
  double finished_share();

  std::size_t n_tasks_of_all_ranks() const { return n_all_; }
  /// Tasks that this rank has taken from the queues of others.
  std::size_t n_taken_from_others() const { return n_taken_from_others_; }

 private:
  /// At the head of every rank's window, followed by the offsets of the tasks and their bytes.
  struct Head {
    std::int64_t next = 0;
    std::int64_t stop = 0;
    double finished = 0;
  };
  std::int64_t fetch(int rank, std::size_t position, MPI_Op operation, std::int64_t operand);
  std::vector<Bytes> take_from(int rank, std::size_t smallest, std::size_t largest);
  void get(void* data, std::size_t size, int rank, std::size_t position);

  MPI_Win window_ = MPI_WIN_NULL;
  int rank_, n_ranks_, victim_;
  std::vector<std::int64_t> n_tasks_;
  std::size_t n_all_ = 0, n_taken_from_others_ = 0;
  double cost_of_all_ = 0, finished_ = 0, not_sent_ = 0;
  std::chrono::steady_clock::time_point last_sent_ = std::chrono::steady_clock::now();
};

}  // namespace seco::plugin
