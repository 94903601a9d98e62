#pragma once

#include <deal.II/base/mpi.h>

#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace seco::plugin {

/// A sum that belongs to a key.
struct KeySum {
  double sum = 0;
  /// True on exactly one of the ranks that named the key.
  bool first = true;

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& sum& first;
  }
};

/// Sums values of equal keys over all ranks. Every rank gets the same number for a key, to the last
/// bit. Collective.
///
/// As in `share_work`, a key is sent to an owner found from its hash.
/// @param keys without repetition on a rank
/// @param values one per key
/// @param hash the same on all ranks
/// @return one sum per key, in order
template <typename Key>
std::vector<KeySum> sum_over_ranks(const std::vector<Key>& keys, const std::vector<double>& values,
                                   MPI_Comm communicator,
                                   const std::function<std::uint64_t(const Key&)>& hash) {
  namespace MPI = dealii::Utilities::MPI;
  const auto n_ranks = MPI::n_mpi_processes(communicator);
  std::map<unsigned int, std::vector<std::pair<Key, double>>> sent;
  std::map<unsigned int, std::vector<std::size_t>> positions;
  for (std::size_t k = 0; k < keys.size(); ++k) {
    const auto owner = static_cast<unsigned int>(hash(keys[k]) % n_ranks);
    sent[owner].push_back({keys[k], values[k]});
    positions[owner].push_back(k);
  }
  const auto received = MPI::some_to_some(communicator, sent);
  std::map<Key, double> sums;
  for (const auto& [rank, list] : received)
    for (const auto& [key, value] : list) sums[key] += value;
  std::map<Key, bool> named;
  std::map<unsigned int, std::vector<KeySum>> replies;
  for (const auto& [rank, list] : received)
    for (const auto& [key, value] : list)
      replies[rank].push_back({sums.at(key), named.emplace(key, true).second});
  std::vector<KeySum> result(keys.size());
  for (const auto& [owner, list] : MPI::some_to_some(communicator, replies))
    for (std::size_t i = 0; i < list.size(); ++i) result[positions.at(owner)[i]] = list[i];
  return result;
}

}  // namespace seco::plugin
