#include "mark_cells.h"

#include <deal.II/numerics/error_estimator.h>

#include <algorithm>

#include "cell_gradients.h"

namespace seco::macro {

namespace MPI = dealii::Utilities::MPI;

template <int dim>
std::uint64_t mark_cells(const BoundaryValueProblem<dim>& problem,
                         const typename BoundaryValueProblem<dim>::Vector& displacement,
                         const LoadStepParameters& parameters, unsigned int finest) {
  const auto& mesh = problem.mesh();
  const auto communicator = mesh.get_communicator();
  dealii::Vector<float> estimates(mesh.n_active_cells());
  dealii::KellyErrorEstimator<dim>::estimate(
      problem.dof_handler(), problem.face_quadrature(), {}, displacement, estimates, {}, nullptr,
      dealii::numbers::invalid_unsigned_int, mesh.locally_owned_subdomain());
  std::vector<double> own;
  CellGradients<dim> gradients(problem);
  dealii::Vector<double> local(problem.element().n_dofs_per_cell());
  double square_of_strain = 0;
  for (const auto& cell : problem.dof_handler().active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    own.push_back(estimates[cell->active_cell_index()]);
    cell->get_dof_values(displacement, local);
    gradients.reinit(cell);
    for (unsigned int q = 0; q < problem.quadrature().size(); ++q) {
      const auto strain = gradients.strain(local, q);
      square_of_strain += gradients.weight(q) * (strain * strain);
    }
  }
  std::vector<double> all;
  for (const auto& part : MPI::all_gather(communicator, own))
    all.insert(all.end(), part.begin(), part.end());
  std::sort(all.begin(), all.end(), std::greater<>());
  double total = 0, sum = 0;
  for (const double estimate : all) total += estimate * estimate;
  // Jumps that are round-off say nothing.
  constexpr double round_off = 1e-8;
  square_of_strain = MPI::sum(square_of_strain, communicator);
  if (!(total > round_off * round_off * square_of_strain)) return 0;
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

template std::uint64_t mark_cells(const BoundaryValueProblem<2>&,
                                  const BoundaryValueProblem<2>::Vector&, const LoadStepParameters&,
                                  unsigned int);
template std::uint64_t mark_cells(const BoundaryValueProblem<3>&,
                                  const BoundaryValueProblem<3>::Vector&, const LoadStepParameters&,
                                  unsigned int);

}  // namespace seco::macro
