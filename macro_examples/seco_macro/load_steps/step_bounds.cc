#include "step_bounds.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "cell_gradients.h"
#include "inner_forces.h"
#include "seco/plugin/agree.h"

namespace seco::macro {
namespace {

namespace MPI = dealii::Utilities::MPI;

/// C : strain with the coefficients of a StiffnessField.
template <int dim>
dealii::SymmetricTensor<2, dim> times(const double* coefficients,
                                      const dealii::SymmetricTensor<2, dim>& strain) {
  constexpr unsigned int n = StiffnessField<dim>::n_strains;
  const auto pair = [](unsigned int a) -> std::pair<unsigned int, unsigned int> {
    if (a < dim) return {a, a};
    if (dim == 2) return {0, 1};
    return a == 3 ? std::pair(1u, 2u) : a == 4 ? std::pair(0u, 2u) : std::pair(0u, 1u);
  };
  const double root = std::sqrt(2.);
  double e[n], s[n] = {};
  for (unsigned int a = 0; a < n; ++a)
    e[a] = strain[pair(a).first][pair(a).second] * (a < dim ? 1. : root);
  for (unsigned int a = 0; a < n; ++a)
    for (unsigned int b = a; b < n; ++b, ++coefficients) {
      s[a] += *coefficients * e[b];
      if (a != b) s[b] += *coefficients * e[a];
    }
  dealii::SymmetricTensor<2, dim> result;
  for (unsigned int a = 0; a < n; ++a)
    result[pair(a).first][pair(a).second] = s[a] / (a < dim ? 1. : root);
  return result;
}

}  // namespace

template <int dim>
double StepCertificate<dim>::spring_norm(const Vector& displacement) const {
  dealii::Vector<double> local(problem_.element().n_dofs_per_cell()), forces(local.size());
  double energy = 0;
  std::size_t number = 0;
  materials_.for_local_cells([&](const auto& cell, auto, auto) {
    const auto k = number++;
    if (!problem_.spring_matrices().of_cell(k)) return;
    cell->get_dof_values(displacement, local);
    energy += problem_.spring_matrices().add_forces(k, local, forces);
  });
  return std::sqrt(2 * MPI::sum(energy, problem_.mesh().get_communicator()));
}

template <int dim>
std::optional<typename StepCertificate<dim>::Equilibrium> StepCertificate<dim>::equilibrated(
    const StepResponse<dim>& response, std::string& reason) {
  Equilibrium equilibrium;
  auto& stress = equilibrium.stress;
  for (const auto& answer : response.answers) stress.push_back(answer.stress);
  equilibrium.inner_forces = response.inner_forces;
  if (response.residual.l2_norm() == 0) return equilibrium;
  const auto n_points = problem_.quadrature().size();
  CellGradients<dim> gradients(problem_);

  // What is left of the residual after the solve is small, but not zero.
  constexpr double accuracy = 1e-4;
  const auto correction =
      tangent_solver_.solve(response.residual, accuracy * response.residual.l2_norm());
  if (!correction) {
    reason = tangent_solver_.failure();
    return std::nullopt;
  }
  const auto& tangent = tangent_solver_.tangent();
  auto rest = response.residual;
  rest -= inner_forces(problem_, tangent, *correction);

  // Any stiffness does for the balance cell by cell; this one is positive definite everywhere.
  constexpr unsigned int n_strains = StiffnessField<dim>::n_strains;
  double isotropic[StiffnessField<dim>::n_coefficients] = {};
  for (unsigned int a = 0, place = 0; a < n_strains; place += n_strains - a++) isotropic[place] = 1;
  const auto stiffness =
      StiffnessField<dim>::constant(isotropic, static_cast<unsigned int>(n_points));
  if (!residual_energy_)
    residual_energy_ = std::make_unique<ResidualEnergy<dim>>(problem_.discretization());
  const auto balance = residual_energy_->balance(stiffness, rest);
  if (!balance) {
    reason = "a part of the body hangs on others by nodes or edges alone";
    return std::nullopt;
  }
  dealii::Vector<double> local(problem_.element().n_dofs_per_cell()), force(local.size());
  std::vector<dealii::types::global_dof_index> indices(local.size());
  CellCoefficients gathered;
  std::size_t number = 0;
  materials_.for_local_cells([&](const auto& cell, auto m, auto first) {
    const auto k = number++;
    cell->get_dof_values(*correction, local);
    gradients.reinit(cell);
    const double* c = tangent.cell(k, gathered);
    force = 0;
    for (unsigned int q = 0; q < n_points; ++q, c += StiffnessField<dim>::n_coefficients) {
      const auto change = times<dim>(c, gradients.strain(local, q)) +
                          gradients.strain(balance->displacements[k], q);
      stress[m][first + q] += change;
      gradients.add_forces(change, q, force);
    }
    if (problem_.spring_matrices().of_cell(k))
      problem_.spring_matrices().add_forces(k, local, force);
    cell->get_dof_indices(indices);
    equilibrium.inner_forces.add(indices, force);
  });
  equilibrium.inner_forces.compress(dealii::VectorOperation::add);
  equilibrium.correction = *correction;
  equilibrium.springs = spring_norm(*correction) + std::sqrt(balance->springs);
  return equilibrium;
}

template <int dim>
typename StepCertificate<dim>::Gap StepCertificate<dim>::gap(const plugin::LoadStep& step,
                                                             const StepResponse<dim>& response,
                                                             const Equilibrium& equilibrium,
                                                             double factor) const {
  const auto communicator = problem_.mesh().get_communicator();
  Stresses scaled = equilibrium.stress;
  if (factor != 1)
    for (auto& list : scaled)
      for (auto& s : list) s *= factor;
  std::vector<std::vector<double>> dual(materials_.n_materials());
  plugin::run_together(communicator, [&] {
    for (std::size_t m = 0; m < dual.size(); ++m)
      materials_.in_material(m, [&] {
        dual[m] = materials_.material(m).dual_energy(step, scaled[m]);
        if (dual[m].size() != scaled[m].size())
          throw std::logic_error("dual_energy() has not answered all points");
      });
  });
  Gap gap;
  for (const auto& energies : dual) gap.shares.emplace_back(energies.size());
  CellGradients<dim> gradients(problem_);
  std::size_t infinite_material = 0;
  materials_.for_local_cells([&](const auto& cell, auto m, auto first) {
    gradients.reinit(cell);
    for (unsigned int q = 0; q < problem_.quadrature().size(); ++q) {
      const auto point = first + q;
      ++gap.n_points;
      if (!std::isfinite(dual[m][point])) {
        ++gap.n_infinite;
        infinite_material = m;
        continue;
      }
      const auto &s = scaled[m][point], &strain = response.strain[m][point];
      const double energy = response.answers[m].energy[point];
      // What round-off may hide of the gap counts as gap.
      constexpr double round_off = 32 * std::numeric_limits<double>::epsilon();
      double size = std::abs(energy) + std::abs(dual[m][point]);
      for (unsigned int i = 0; i < dim; ++i)
        for (unsigned int j = 0; j < dim; ++j) size += std::abs(s[i][j] * strain[i][j]);
      gap.shares[m][point] =
          gradients.weight(q) *
          (std::max(0., energy + dual[m][point] - s * strain) + round_off * size);
      gap.value += gap.shares[m][point];
    }
  });
  gap.value = MPI::sum(gap.value, communicator) + 0.5 * std::pow(equilibrium.springs, 2);
  const auto material =
      MPI::max(gap.n_infinite > 0 ? static_cast<int>(infinite_material) : -1, communicator);
  gap.n_infinite = MPI::sum(gap.n_infinite, communicator);
  gap.n_points = MPI::sum(gap.n_points, communicator);
  if (material >= 0) gap.material = materials_.section(static_cast<std::size_t>(material));
  return gap;
}

template <int dim>
StepBounds<dim> StepCertificate<dim>::bounds(const plugin::LoadStep& step, const Loads& loads,
                                             const StepResponse<dim>& response) {
  StepBounds<dim> result;
  if (!response.has_energy()) {
    result.no_lower_bound = "a material has no energy";
    return result;
  }
  result.upper = response.potential() + response.round_off();
  std::string reason;
  // Without loads, a smaller stress is in equilibrium as well, and may be inside of what the dual
  // energy is finite for. Springs would have to take less, too.
  const bool unloaded = loads.total.linfty_norm() == 0 && problem_.foundations().empty();
  // The tangent that was solved with last is near enough, unless a dual energy is infinite.
  for (const bool own_tangent : {false, true}) {
    if (own_tangent && !tangent_solver_.set(response.tangent)) {
      reason = tangent_solver_.failure();
      break;
    }
    if (!own_tangent && !tangent_solver_.has_tangent()) continue;
    auto equilibrium = equilibrated(response, reason);
    if (!equilibrium) continue;
    for (double less = 0; less <= (unloaded ? 1.1e-2 : 0.); less = less > 0 ? 10 * less : 1e-9) {
      auto found = gap(step, response, *equilibrium, 1 - less);
      result.some_infinite = found.n_infinite > 0 && found.n_infinite < found.n_points;
      if (found.n_infinite == 0) {
        result.shares = std::move(found.shares);
        result.inner_forces = std::move(equilibrium->inner_forces);
        result.correction = std::move(equilibrium->correction);
        if (less > 0) result.inner_forces *= 1 - less;
        result.lower = response.potential() - response.round_off() - found.value;
        return result;
      }
      reason = fmt::format("the dual energy of {} is infinite at {} points", found.material,
                           found.n_infinite);
    }
  }
  result.no_lower_bound = reason;
  return result;
}

template class StepCertificate<2>;
template class StepCertificate<3>;

}  // namespace seco::macro
