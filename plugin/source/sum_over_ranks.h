#pragma once

#include <boost/serialization/utility.hpp>
#include <boost/serialization/vector.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "owner_exchange.h"

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
  using Pair = std::pair<Key, double>;
  std::vector<Pair> pairs;
  for (std::size_t k = 0; k < keys.size(); ++k) pairs.push_back({keys[k], values[k]});
  const OwnerExchange<Pair> sent(pairs, communicator,
                                 [&](const Pair& pair) { return hash(pair.first); });
  std::map<Key, double> sums;
  for (const auto& [rank, list] : sent.asked())
    for (const auto& [key, value] : list) sums[key] += value;
  std::map<Key, bool> named;
  std::map<unsigned int, std::vector<KeySum>> replies;
  for (const auto& [rank, list] : sent.asked())
    for (const auto& [key, value] : list)
      replies[rank].push_back({sums.at(key), named.emplace(key, true).second});
  return sent.answers(std::move(replies));
}

}  // namespace seco::plugin
