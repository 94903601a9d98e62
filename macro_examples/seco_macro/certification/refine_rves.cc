#include "refine_rves.h"

#include <algorithm>
#include <boost/serialization/vector.hpp>
#include <cmath>

#include "marking.h"
#include "run_log.h"

namespace seco::macro {
namespace {

using Rves = std::vector<std::vector<plugin::RveShare>>;

/// The gap that is asked of every RVE, by material; 0 where it stays as it is.
std::vector<std::vector<double>> wanted_gaps(const Rves& rves, double width, double goal,
                                             double doerfler, MPI_Comm communicator) {
  std::vector<double> improvable, shares;
  for (const auto& list : rves)
    for (const auto& rve : list)
      if (rve.counted && rve.improvable) improvable.push_back(rve.share);
  for (const auto& list : dealii::Utilities::MPI::all_gather(communicator, improvable))
    shares.insert(shares.end(), list.begin(), list.end());
  double rest = 0;
  if (std::isfinite(width)) {
    rest = width;
    for (const double share : shares) rest -= std::max(share, 0.);
  }
  const auto marking = mark(shares, rest, goal, doerfler);
  // Without a lower bound of the structure there is no width; the RVEs that lack theirs come first.
  const auto wanted_gap = [&](const plugin::RveShare& rve) {
    if (!rve.improvable) return 0.;
    if (!std::isfinite(width) && rve.gap > 1 - 1e-9) return 0.5;
    return marking.wanted_gap(rve.share, rve.gap);
  };
  std::vector<std::vector<double>> wanted(rves.size());
  for (std::size_t m = 0; m < rves.size(); ++m)
    for (const auto& rve : rves[m]) wanted[m].push_back(wanted_gap(rve));
  return wanted;
}

}  // namespace

template <int dim>
std::uint64_t refine_rves(const MaterialField<dim>& materials,
                          const std::vector<std::vector<double>>& shares, double width, double goal,
                          double doerfler, RunLog& log) {
  using dealii::Utilities::MPI::sum;
  Rves rves;
  for (std::size_t m = 0; m < shares.size(); ++m)
    rves.push_back(materials.material(m).rve_shares(shares[m]));
  const auto wanted = wanted_gaps(rves, width, goal, doerfler, log.communicator());
  std::uint64_t n_marked = 0;
  for (std::size_t m = 0; m < rves.size(); ++m)
    for (std::size_t r = 0; r < rves[m].size(); ++r)
      if (rves[m][r].counted && wanted[m][r] > 0) ++n_marked;
  n_marked = sum(n_marked, log.communicator());
  if (n_marked == 0) return 0;
  for (std::size_t m = 0; m < rves.size(); ++m) {
    const auto n =
        std::count_if(wanted[m].begin(), wanted[m].end(), [](double w) { return w > 0; });
    if (sum(static_cast<std::uint64_t>(n), log.communicator()) == 0) continue;
    materials.in_material(m,
                          [&] { materials.material(m).refine(wanted[m], log.progress_report()); });
  }
  return n_marked;
}

template std::uint64_t refine_rves(const MaterialField<2>&, const std::vector<std::vector<double>>&,
                                   double, double, double, RunLog&);
template std::uint64_t refine_rves(const MaterialField<3>&, const std::vector<std::vector<double>>&,
                                   double, double, double, RunLog&);

}  // namespace seco::macro
