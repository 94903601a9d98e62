#pragma once

#include <string>
#include <vector>

#include "seco/surrogate/result_cache.h"

namespace seco::surrogate {

/// A result and what it was asked with.
struct KeptResult {
  double tolerance = 0;
  unsigned int max_iterations = 0;
  Homogenized result;
};

/// What a file must belong to.
struct ResultFileKey {
  std::uint64_t fingerprint = 0;
  ResultCache::Digest rve{};
  bool operator==(const ResultFileKey&) const = default;
};

/// One entry of a cache: results of one RVE by one engine, for different tolerances.
struct ResultFile {
  ResultFileKey key;
  std::vector<KeptResult> results;
};

constexpr std::size_t most_results_in_file = 8;

/// The content of a file, as docs/file_formats.md describes it.
std::string to_bytes(const ResultFile& file);

/// Reads a file; without results if there is none.
/// @throws std::invalid_argument naming the file and what is wrong with it: it is not one of ours,
///   of another key, or damaged
ResultFile read_result_file(const std::string& path, const ResultFileKey& key);

}  // namespace seco::surrogate
