#pragma once

#include <deal.II/base/mpi.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace seco::plugin {

/// Values of a function of keys that is expensive, for all ranks together: every different key is
/// computed once, and every rank computes the same number of keys up to one. Collective.
///
/// A key is first sent to an owner found from its hash, so that ranks that ask for the same key
/// meet without any rank seeing all keys; the owners then deal their keys out.
/// @param keys without repetition
/// @param hash the same on all ranks
/// @param compute one value per key, in order; called once on every rank, also without keys, and
///   must not throw on some ranks only
/// @return one value per key, in order. Key and Value can be serialized by Boost.
template <typename Key, typename Value>
std::vector<Value> share_work(
    const std::vector<Key>& keys, MPI_Comm communicator,
    const std::function<std::uint64_t(const Key&)>& hash,
    const std::function<std::vector<Value>(const std::vector<Key>&)>& compute) {
  namespace MPI = dealii::Utilities::MPI;
  const auto n_ranks = MPI::n_mpi_processes(communicator);
  const auto rank = MPI::this_mpi_process(communicator);

  std::map<unsigned int, std::vector<Key>> requests;
  std::map<unsigned int, std::vector<std::size_t>> positions;
  for (std::size_t k = 0; k < keys.size(); ++k) {
    const auto owner = static_cast<unsigned int>(hash(keys[k]) % n_ranks);
    requests[owner].push_back(keys[k]);
    positions[owner].push_back(k);
  }
  const auto asked = MPI::some_to_some(communicator, requests);
  std::vector<Key> owned;
  for (const auto& [asking, list] : asked) owned.insert(owned.end(), list.begin(), list.end());
  std::sort(owned.begin(), owned.end());
  owned.erase(std::unique(owned.begin(), owned.end()), owned.end());

  std::size_t first = 0;
  const auto counts = MPI::all_gather(communicator, owned.size());
  for (unsigned int r = 0; r < rank; ++r) first += counts[r];
  std::map<unsigned int, std::vector<Key>> dealt;
  std::map<unsigned int, std::vector<std::size_t>> dealt_positions;
  for (std::size_t i = 0; i < owned.size(); ++i) {
    const auto worker = static_cast<unsigned int>((first + i) % n_ranks);
    dealt[worker].push_back(owned[i]);
    dealt_positions[worker].push_back(i);
  }
  const auto tasks = MPI::some_to_some(communicator, dealt);
  std::vector<Key> mine;
  for (const auto& [owner, list] : tasks) mine.insert(mine.end(), list.begin(), list.end());
  const std::vector<Value> computed = compute(mine);

  std::map<unsigned int, std::vector<Value>> finished, replies;
  auto next = computed.begin();
  for (const auto& [owner, list] : tasks) {
    finished[owner].assign(next, next + static_cast<std::ptrdiff_t>(list.size()));
    next += static_cast<std::ptrdiff_t>(list.size());
  }
  std::vector<Value> owned_values(owned.size());
  for (const auto& [worker, values] : MPI::some_to_some(communicator, finished))
    for (std::size_t i = 0; i < values.size(); ++i)
      owned_values[dealt_positions.at(worker)[i]] = values[i];
  for (const auto& [asking, list] : asked)
    for (const auto& key : list)
      replies[asking].push_back(
          owned_values[std::lower_bound(owned.begin(), owned.end(), key) - owned.begin()]);
  std::vector<Value> result(keys.size());
  for (const auto& [owner, values] : MPI::some_to_some(communicator, replies))
    for (std::size_t i = 0; i < values.size(); ++i) result[positions.at(owner)[i]] = values[i];
  return result;
}

}  // namespace seco::plugin
