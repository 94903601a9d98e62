#pragma once

#include <deal.II/base/mpi.h>

#include <algorithm>
#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "owner_exchange.h"
#include "task_pool.h"

namespace seco::plugin {

/// A task, what it is expected to cost, and where its value is awaited.
template <typename Key>
struct Task {
  Key key;
  double cost = 1;
  unsigned int owner = 0;
  std::uint64_t position = 0;

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& key& cost& owner& position;
  }
};

/// What a rank takes its tasks from.
template <typename Key>
class TaskSource {
 public:
  using Progress = std::function<void(std::size_t, std::size_t)>;

  /// Collective.
  TaskSource(const std::vector<Task<Key>>& tasks, MPI_Comm communicator, const Progress& progress)
      : pool_(packed(tasks), cost_of(tasks), communicator), progress_(progress) {}

  /// The next tasks, as TaskPool::take.
  std::vector<Key> take(std::size_t smallest, std::size_t largest) {
    std::vector<Key> keys;
    for (const auto& bytes : pool_.take(smallest, largest)) {
      taken_.push_back(dealii::Utilities::unpack<Task<Key>>(bytes, false));
      keys.push_back(taken_.back().key);
    }
    return keys;
  }

  /// To be called with every number of tasks that are done, in the order in which they were taken.
  void finished(std::size_t n_tasks) {
    double cost = 0;
    for (; n_tasks > 0; --n_tasks) cost += taken_.at(n_finished_++).cost;
    pool_.finished(cost);
    const auto all = pool_.n_tasks_of_all_ranks();
    if (progress_)
      progress_(
          static_cast<std::size_t>(std::llround(pool_.finished_share() * static_cast<double>(all))),
          all);
  }

  /// Lets all ranks take no more tasks, because this one has failed.
  void abandon() { pool_.abandon(); }

  const std::vector<Task<Key>>& taken() const { return taken_; }
  std::size_t n_taken_from_others() const { return pool_.n_taken_from_others(); }

 private:
  static std::vector<TaskPool::Bytes> packed(const std::vector<Task<Key>>& tasks) {
    std::vector<TaskPool::Bytes> list;
    for (const auto& task : tasks) list.push_back(dealii::Utilities::pack(task, false));
    return list;
  }
  static double cost_of(const std::vector<Task<Key>>& tasks) {
    double sum = 0;
    for (const auto& task : tasks) sum += task.cost;
    return sum;
  }

  TaskPool pool_;
  Progress progress_;
  std::vector<Task<Key>> taken_;
  std::size_t n_finished_ = 0;
};

/// Values of a function of keys that is expensive, for all ranks together: every different key is
/// computed once, and every rank computes as long as the others. Collective.
///
/// A key is first sent to an owner found from its hash, so that ranks that ask for the same key
/// meet without any rank seeing all keys; the owners then deal their keys out, equal costs to every
/// rank, and ranks that are done before others take tasks from them (TaskPool).
/// @param keys without repetition
/// @param hash the same on all ranks
/// @param cost expected, in any unit; positive
/// @param compute takes keys from the source until there are none, and returns one value per key in
///   the order in which they were taken; called once on every rank, and must not throw on some
///   ranks only
/// @param progress is called, by TaskSource::finished, with the number of finished and of all keys
///   of all ranks, where finished keys are counted by their cost
/// @return one value per key, in order. Key and Value can be serialized by Boost.
template <typename Key, typename Value>
std::vector<Value> share_work(const std::vector<Key>& keys, MPI_Comm communicator,
                              const std::function<std::uint64_t(const Key&)>& hash,
                              const std::function<double(const Key&)>& cost,
                              const std::function<std::vector<Value>(TaskSource<Key>&)>& compute,
                              const typename TaskSource<Key>::Progress& progress = {}) {
  namespace MPI = dealii::Utilities::MPI;
  const auto n_ranks = MPI::n_mpi_processes(communicator);
  const auto rank = MPI::this_mpi_process(communicator);

  const OwnerExchange<Key> requests(keys, communicator, hash);
  std::vector<Key> owned;
  for (const auto& [asking, list] : requests.asked())
    owned.insert(owned.end(), list.begin(), list.end());
  std::sort(owned.begin(), owned.end());
  owned.erase(std::unique(owned.begin(), owned.end()), owned.end());

  double cost_here = 0, cost_before = 0, cost_of_all = 0;
  for (const auto& key : owned) cost_here += cost(key);
  const auto costs = MPI::all_gather(communicator, cost_here);
  for (unsigned int r = 0; r < n_ranks; ++r) {
    if (r < rank) cost_before += costs[r];
    cost_of_all += costs[r];
  }
  std::map<unsigned int, std::vector<Task<Key>>> dealt;
  for (std::size_t i = 0; i < owned.size(); ++i) {
    const double own_cost = cost(owned[i]);
    const auto worker = std::clamp(
        std::floor((cost_before + 0.5 * own_cost) / cost_of_all * n_ranks), 0., n_ranks - 1.);
    dealt[static_cast<unsigned int>(worker)].push_back({owned[i], own_cost, rank, i});
    cost_before += own_cost;
  }
  std::vector<Task<Key>> mine;
  for (auto& [owner, list] : exchange(std::move(dealt), communicator))
    mine.insert(mine.end(), list.begin(), list.end());
  // What is long comes first, so that little is left to wait for at the end.
  std::stable_sort(mine.begin(), mine.end(),
                   [](const auto& a, const auto& b) { return a.cost > b.cost; });

  std::map<unsigned int, std::vector<std::pair<std::uint64_t, Value>>> finished;
  {
    TaskSource<Key> source(mine, communicator, progress);
    std::vector<Value> computed = compute(source);
    AssertThrow(computed.size() == source.taken().size(),
                dealii::ExcDimensionMismatch(computed.size(), source.taken().size()));
    std::map<unsigned int, std::size_t> n_finished;
    for (const auto& task : source.taken()) ++n_finished[task.owner];
    for (const auto& [owner, n] : n_finished) finished[owner].reserve(n);
    for (std::size_t i = 0; i < computed.size(); ++i) {
      const auto& task = source.taken()[i];
      finished[task.owner].emplace_back(task.position, std::move(computed[i]));
    }
  }
  // Values may be large and many, so none is kept twice for longer than it takes to move it.
  finished = exchange(std::move(finished), communicator);
  std::vector<Value> owned_values(owned.size());
  for (auto& [worker, list] : finished) {
    for (auto& [position, value] : list) owned_values[position] = std::move(value);
    list = {};
  }
  const auto place_of = [&](const Key& key) {
    return std::lower_bound(owned.begin(), owned.end(), key) - owned.begin();
  };
  std::vector<std::uint32_t> n_asked(owned.size(), 0);
  for (const auto& [asking, list] : requests.asked())
    for (const auto& key : list) ++n_asked[place_of(key)];
  std::map<unsigned int, std::vector<Value>> replies;
  for (const auto& [asking, list] : requests.asked()) {
    auto& reply = replies[asking];
    reply.reserve(list.size());
    for (const auto& key : list) {
      const auto place = place_of(key);
      if (--n_asked[place] > 0)
        reply.push_back(owned_values[place]);
      else
        reply.push_back(std::move(owned_values[place]));
    }
  }
  owned_values = {};
  return requests.answers(std::move(replies));
}

}  // namespace seco::plugin
