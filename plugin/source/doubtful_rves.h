#pragma once

#include <deal.II/base/mpi.h>

#include <functional>
#include <string>
#include <vector>

#include "rve_assignment.h"

namespace seco::plugin {

/// An RVE whose answer misses what was asked.
struct DoubtfulRve {
  RveKey key;
  bool failed = false;
  /// Infinite if it failed.
  double gap = 0;
  /// One sentence.
  std::string reason;

  template <typename Archive>
  void serialize(Archive& archive, unsigned int) {
    archive& key& failed& gap& reason;
  }
};

/// At most n of them, failed ones first, then by falling gap; ties by key, so that the choice does
/// not depend on the order in which they were found.
std::vector<DoubtfulRve> worst(std::vector<DoubtfulRve> rves, std::size_t n);

/// The same over all ranks. Collective; the same result on all ranks.
std::vector<DoubtfulRve> worst_of_all_ranks(const std::vector<DoubtfulRve>& rves, std::size_t n,
                                            MPI_Comm communicator);

/// Writes each RVE to `folder`/rve_HASH.h5, whose name depends on its content only.
/// @return the files. @throws std::runtime_error
std::vector<std::string> write_doubtful_rves(
    const std::vector<DoubtfulRve>& rves,
    const std::function<materials::Rve(const RveKey&)>& make_rve, const std::string& folder);

}  // namespace seco::plugin
