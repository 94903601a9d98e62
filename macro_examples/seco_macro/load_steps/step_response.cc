#include "step_response.h"

#include <algorithm>
#include <boost/serialization/string.hpp>
#include <boost/serialization/utility.hpp>

#include "cell_gradients.h"
#include "interruption.h"
#include "seco/plugin/agree.h"

namespace seco::macro {
namespace {

/// Fraction of a step that is tried where a material fails and names none.
constexpr double half = 0.5;

/// Lets every material answer the strains of the response. @return on this rank only
template <int dim>
void ask_materials(const MaterialField<dim>& materials, const plugin::LoadStep& step,
                   StepResponse<dim>& response) {
  for (std::size_t m = 0; m < materials.n_materials(); ++m) {
    auto& answer = response.answers[m];
    const auto& strain = response.strain[m];
    materials.in_material(m, [&] {
      materials.material(m).evaluate(step, strain, plugin::Request::tangent, answer);
      if (answer.stress.size() != strain.size() || answer.tangent.size() != strain.size() ||
          answer.energy.size() != strain.size())
        throw std::logic_error("evaluate() has not answered all points: it resizes the response");
    });
    double fraction = answer.step_fraction;
    if (std::any_of(answer.status.begin(), answer.status.end(),
                    [](auto status) { return status == plugin::PointStatus::failed; }))
      fraction = std::min(fraction, half);
    if (fraction < response.step_fraction) {
      response.step_fraction = fraction;
      response.refusal = materials.section(m) + " has no answer at a point" +
                         (answer.failure.empty() ? "" : ": " + answer.failure);
    }
  }
}

}  // namespace

template <int dim>
std::vector<std::vector<dealii::SymmetricTensor<2, dim>>> strains_of(
    const BoundaryValueProblem<dim>& problem, const MaterialField<dim>& materials,
    const typename BoundaryValueProblem<dim>::Vector& displacement) {
  std::vector<std::vector<dealii::SymmetricTensor<2, dim>>> strain;
  for (const auto& values : materials.zero_values()) strain.emplace_back(values.size());
  CellGradients<dim> gradients(problem);
  dealii::Vector<double> local(problem.element().n_dofs_per_cell());
  materials.for_local_cells([&](const auto& cell, auto m, auto first) {
    cell->get_dof_values(displacement, local);
    gradients.reinit(cell);
    for (unsigned int q = 0; q < problem.quadrature().size(); ++q)
      strain[m][first + q] = gradients.strain(local, q);
  });
  return strain;
}

template <int dim>
StepResponse<dim> respond(const BoundaryValueProblem<dim>& problem,
                          const MaterialField<dim>& materials, const plugin::LoadStep& step,
                          const typename BoundaryValueProblem<dim>::Loads& loads,
                          const typename BoundaryValueProblem<dim>::Vector& displacement) {
  const auto communicator = problem.mesh().get_communicator();
  StepResponse<dim> response;
  response.strain = strains_of(problem, materials, displacement);
  response.answers.resize(materials.n_materials());
  plugin::run_together(communicator, [&] {
    stop_if_noted();
    ask_materials(materials, step, response);
  });
  for (const auto& [fraction, refusal] : dealii::Utilities::MPI::all_gather(
           communicator, std::pair(response.step_fraction, response.refusal)))
    if (fraction < response.step_fraction) {
      response.step_fraction = fraction;
      response.refusal = refusal;
    }
  if (response.step_fraction < 1) return response;

  const unsigned int n = problem.element().n_dofs_per_cell(),
                     n_points = problem.quadrature().size();
  response.inner_forces = problem.zero_vector();
  response.residual = problem.zero_vector();
  response.tangent = StiffnessField<dim>(problem.mesh().n_locally_owned_active_cells(), n_points);
  CellGradients<dim> gradients(problem);
  dealii::Vector<double> force(n), local(n);
  std::vector<dealii::types::global_dof_index> indices(n);
  std::size_t number = 0;
  double energy = 0;
  materials.for_local_cells([&](const auto& cell, auto m, auto first) {
    const auto& answer = response.answers[m];
    double* coefficients = response.tangent.own(number++);
    gradients.reinit(cell);
    force = 0;
    for (unsigned int q = 0; q < n_points; ++q) {
      gradients.add_forces(answer.stress[first + q], q, force);
      energy += gradients.weight(q) * answer.energy[first + q];
      plugin::StiffnessTriangle<dim>(answer.tangent[first + q])
          .to_mandel(coefficients + q * StiffnessField<dim>::n_coefficients);
    }
    if (problem.spring_matrices().of_cell(number - 1)) {
      cell->get_dof_values(displacement, local);
      energy += problem.spring_matrices().add_forces(number - 1, local, force);
    }
    cell->get_dof_indices(indices);
    response.inner_forces.add(indices, force);
    problem.homogeneous_constraints().distribute_local_to_global(force, indices, response.residual);
  });
  // The field has them.
  for (auto& answer : response.answers) answer.tangent = {};
  response.inner_forces.compress(dealii::VectorOperation::add);
  response.residual.compress(dealii::VectorOperation::add);
  problem.homogeneous_constraints().set_zero(response.residual);
  response.residual.sadd(-1, 1, loads.condensed);
  response.energy = dealii::Utilities::MPI::sum(energy, communicator);
  response.work = loads.total * displacement;
  return response;
}

#define INSTANTIATE(dim)                                                                    \
  template std::vector<std::vector<dealii::SymmetricTensor<2, dim>>> strains_of(            \
      const BoundaryValueProblem<dim>&, const MaterialField<dim>&,                          \
      const BoundaryValueProblem<dim>::Vector&);                                            \
  template StepResponse<dim> respond(                                                       \
      const BoundaryValueProblem<dim>&, const MaterialField<dim>&, const plugin::LoadStep&, \
      const BoundaryValueProblem<dim>::Loads&, const BoundaryValueProblem<dim>::Vector&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
