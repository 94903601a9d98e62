#include "task_pool.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <numeric>

namespace seco::plugin {

TaskPool::TaskPool(const std::vector<Bytes>& tasks, double cost, MPI_Comm communicator) {
  MPI_Comm_rank(communicator, &rank_);
  MPI_Comm_size(communicator, &n_ranks_);
  victim_ = rank_;
  n_tasks_ =
      dealii::Utilities::MPI::all_gather(communicator, static_cast<std::int64_t>(tasks.size()));
  n_all_ =
      static_cast<std::size_t>(std::accumulate(n_tasks_.begin(), n_tasks_.end(), std::int64_t{0}));
  cost_of_all_ = dealii::Utilities::MPI::sum(cost, communicator);

  std::vector<std::int64_t> offsets{
      static_cast<std::int64_t>(sizeof(Head) + (tasks.size() + 1) * sizeof(std::int64_t))};
  for (const auto& task : tasks)
    offsets.push_back(offsets.back() + static_cast<std::int64_t>(task.size()));
  char* memory = nullptr;
  MPI_Win_allocate(offsets.back(), 1, MPI_INFO_NULL, communicator, &memory, &window_);
  new (memory) Head;
  std::memcpy(memory + sizeof(Head), offsets.data(), offsets.size() * sizeof(std::int64_t));
  for (std::size_t t = 0; t < tasks.size(); ++t)
    std::copy(tasks[t].begin(), tasks[t].end(), memory + offsets[t]);
  MPI_Win_lock_all(MPI_MODE_NOCHECK, window_);
  MPI_Win_sync(window_);
  MPI_Barrier(communicator);
}

TaskPool::~TaskPool() {
  MPI_Win_unlock_all(window_);
  MPI_Win_free(&window_);
}

std::int64_t TaskPool::fetch(int rank, std::size_t position, MPI_Op operation,
                             std::int64_t operand) {
  std::int64_t result = 0;
  MPI_Fetch_and_op(&operand, &result, MPI_INT64_T, rank, static_cast<MPI_Aint>(position), operation,
                   window_);
  MPI_Win_flush(rank, window_);
  return result;
}

void TaskPool::get(void* data, std::size_t size, int rank, std::size_t position) {
  MPI_Get(data, static_cast<int>(size), MPI_BYTE, rank, static_cast<MPI_Aint>(position),
          static_cast<int>(size), MPI_BYTE, window_);
  MPI_Win_flush(rank, window_);
}

std::vector<TaskPool::Bytes> TaskPool::take_from(int rank, std::size_t smallest,
                                                 std::size_t largest) {
  const std::int64_t n = n_tasks_[rank];
  const std::int64_t left = n == 0 ? 0 : n - fetch(rank, offsetof(Head, next), MPI_NO_OP, 0);
  if (left <= 0) return {};
  const auto wanted = std::clamp<std::int64_t>(left / 4, static_cast<std::int64_t>(smallest),
                                               static_cast<std::int64_t>(largest));
  const auto first = fetch(rank, offsetof(Head, next), MPI_SUM, wanted);
  const auto last = std::min(first + wanted, n);
  if (first >= last) return {};
  std::vector<std::int64_t> offsets(static_cast<std::size_t>(last - first + 1));
  get(offsets.data(), offsets.size() * sizeof(std::int64_t), rank,
      sizeof(Head) + static_cast<std::size_t>(first) * sizeof(std::int64_t));
  Bytes bytes(static_cast<std::size_t>(offsets.back() - offsets.front()));
  get(bytes.data(), bytes.size(), rank, static_cast<std::size_t>(offsets.front()));
  std::vector<Bytes> tasks;
  for (std::size_t t = 0; t + 1 < offsets.size(); ++t)
    tasks.emplace_back(bytes.begin() + (offsets[t] - offsets.front()),
                       bytes.begin() + (offsets[t + 1] - offsets.front()));
  return tasks;
}

std::vector<TaskPool::Bytes> TaskPool::take(std::size_t smallest, std::size_t largest) {
  if (fetch(rank_, offsetof(Head, stop), MPI_NO_OP, 0) != 0) return {};
  for (int tried = 0; tried < n_ranks_; ++tried) {
    auto tasks = take_from(victim_, smallest, largest);
    if (!tasks.empty()) {
      if (victim_ != rank_) n_taken_from_others_ += tasks.size();
      return tasks;
    }
    victim_ = (victim_ + 1) % n_ranks_;
  }
  return {};
}

void TaskPool::abandon() {
  for (int rank = 0; rank < n_ranks_; ++rank) fetch(rank, offsetof(Head, stop), MPI_REPLACE, 1);
}

void TaskPool::finished(double cost) {
  not_sent_ += cost;
  const auto now = std::chrono::steady_clock::now();
  if (rank_ != 0 && now - last_sent_ < std::chrono::milliseconds(500)) return;
  last_sent_ = now;
  double before = 0;
  MPI_Fetch_and_op(&not_sent_, &before, MPI_DOUBLE, 0, offsetof(Head, finished), MPI_SUM, window_);
  MPI_Win_flush(0, window_);
  finished_ = before + not_sent_;
  not_sent_ = 0;
}

double TaskPool::finished_share() {
  return cost_of_all_ > 0 ? std::clamp((finished_ + not_sent_) / cost_of_all_, 0., 1.) : 1.;
}

}  // namespace seco::plugin
