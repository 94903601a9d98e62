#pragma once

#include <deal.II/base/mpi.h>

#include <functional>
#include <string>
#include <vector>

#include "rve_assignment.h"

namespace seco::plugin {

/// An RVE whose answer misses what was asked.
struct UnconvergedRve {
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
std::vector<UnconvergedRve> worst(std::vector<UnconvergedRve> rves, std::size_t n);

/// The worst RVEs of all ranks, in the order of `worst`. Collective; all ranks get the same list.
std::vector<UnconvergedRve> worst_of_all_ranks(const std::vector<UnconvergedRve>& rves,
                                               std::size_t n, MPI_Comm communicator);

/// Writes each RVE to `folder`/rve_HASH.h5, whose name depends on its content only.
/// @return the files. @throws std::runtime_error
std::vector<std::string> write_unconverged_rves(
    const std::vector<UnconvergedRve>& rves,
    const std::function<materials::Rve(const RveKey&)>& make_rve, const std::string& folder);

}  // namespace seco::plugin
