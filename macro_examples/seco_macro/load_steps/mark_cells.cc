#include "mark_cells.h"

#include <algorithm>

namespace seco::macro {

namespace MPI = dealii::Utilities::MPI;

template <int dim>
std::uint64_t mark_cells(const BoundaryValueProblem<dim>& problem, const TractionJumps& jumps,
                         const LoadStepParameters& parameters, unsigned int finest) {
  const auto& mesh = problem.mesh();
  const auto communicator = mesh.get_communicator();
  const auto& estimates = jumps.of_cell;
  std::vector<double> own;
  for (const auto& cell : mesh.active_cell_iterators())
    if (cell->is_locally_owned()) own.push_back(estimates[cell->active_cell_index()]);
  std::vector<double> all;
  for (const auto& part : MPI::all_gather(communicator, own))
    all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end(), std::greater<>());
  double total = 0, sum = 0;
  for (const double estimate : all) total += estimate * estimate;
  // Jumps that are round-off say nothing.
  constexpr double round_off = 1e-8;
  if (!(total > round_off * round_off * jumps.scale)) return 0;
  const double most =
      std::max(0., (parameters.largest_cells - static_cast<double>(all.size())) / ((1 << dim) - 1));
  std::size_t n = 0;
  while (n < all.size() && sum < parameters.refinement_fraction * total)
    sum += all[n] * all[n], ++n;
  constexpr double alike = 0.99;
  double threshold = alike * all[n - 1];
  // Those that are alike are refined together or not at all.
  const auto n_above = [&] {
    return std::count_if(all.begin(), all.end(), [&](double e) { return e >= threshold; });
  };
  while (static_cast<double>(n_above()) > most) {
    const auto above =
        std::count_if(all.begin(), all.end(), [&](double e) { return alike * e > threshold; });
    if (above == 0) return 0;
    threshold = alike * all[static_cast<std::size_t>(above) - 1];
  }
  std::uint64_t n_flagged = 0;
  for (const auto& cell : mesh.active_cell_iterators()) {
    if (!cell->is_locally_owned() || cell->level() >= static_cast<int>(finest) ||
        !(estimates[cell->active_cell_index()] >= threshold))
      continue;
    cell->set_refine_flag();
    ++n_flagged;
  }
  return MPI::sum(n_flagged, communicator);
}

template std::uint64_t mark_cells(const BoundaryValueProblem<2>&, const TractionJumps&,
                                  const LoadStepParameters&, unsigned int);
template std::uint64_t mark_cells(const BoundaryValueProblem<3>&, const TractionJumps&,
                                  const LoadStepParameters&, unsigned int);

}  // namespace seco::macro
