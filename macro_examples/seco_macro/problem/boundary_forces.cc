#include "boundary_forces.h"

#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <algorithm>

namespace seco::macro {
namespace {

template <int dim>
std::string name_of(const BoundaryData<dim>& entry) {
  return entry.name.empty() ? fmt::format("{}", entry.id) : entry.name;
}

/// Area of a boundary, integral of the displacement over it and of a traction, one after the other.
/// Collective.
template <int dim>
std::vector<double> integrals(const BoundaryValueProblem<dim>& problem,
                              dealii::types::boundary_id id,
                              const typename BoundaryValueProblem<dim>::Vector& displacement,
                              const dealii::Function<dim>* traction) {
  std::vector<double> sums(1 + 2 * dim, 0.), result(sums.size());
  dealii::FEFaceValues<dim> values(
      problem.element(), problem.face_quadrature(),
      dealii::update_values | dealii::update_quadrature_points | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector u(0);
  std::vector<dealii::Tensor<1, dim>> here(problem.face_quadrature().size());
  dealii::Vector<double> load(dim);
  for (const auto& cell : problem.dof_handler().active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    for (const auto f : cell->face_indices()) {
      if (!cell->at_boundary(f) || cell->face(f)->boundary_id() != id) continue;
      values.reinit(cell, f);
      values[u].get_function_values(displacement, here);
      for (const auto q : values.quadrature_point_indices()) {
        sums[0] += values.JxW(q);
        if (traction) traction->vector_value(values.quadrature_point(q), load);
        for (unsigned int c = 0; c < dim; ++c) {
          sums[1 + c] += here[q][c] * values.JxW(q);
          if (traction) sums[1 + dim + c] += load(c) * values.JxW(q);
        }
      }
    }
  }
  dealii::Utilities::MPI::sum(sums, problem.mesh().get_communicator(), result);
  return result;
}

}  // namespace

nlohmann::json to_json(const BoundaryForce& boundary) {
  return {{"boundary", boundary.name},
          {"force", boundary.force},
          {"mean_displacement", boundary.displacement}};
}

BoundaryForce boundary_force_from_json(const nlohmann::json& boundary) {
  return {boundary.at("boundary").get<std::string>(),
          boundary.at("force").get<std::vector<double>>(),
          boundary.at("mean_displacement").get<std::vector<double>>()};
}

template <int dim>
std::vector<BoundaryForce> boundary_forces(
    const BoundaryValueProblem<dim>& problem,
    const typename BoundaryValueProblem<dim>::Vector& inner_forces,
    const typename BoundaryValueProblem<dim>::Vector& loads,
    const typename BoundaryValueProblem<dim>::Vector& displacement) {
  const auto& tractions = problem.traction();
  const auto traction_on = [&](dealii::types::boundary_id id) -> const dealii::Function<dim>* {
    const auto found = std::find_if(tractions.begin(), tractions.end(),
                                    [&](const auto& entry) { return entry.id == id; });
    return found == tractions.end() ? nullptr : found->function.get();
  };
  std::vector<BoundaryForce> result;
  const auto add = [&](const BoundaryData<dim>& entry, std::vector<double> reaction) {
    const auto sums = integrals(problem, entry.id, displacement, traction_on(entry.id));
    BoundaryForce boundary{name_of(entry), std::move(reaction), std::vector<double>(dim)};
    for (unsigned int c = 0; c < dim; ++c) {
      boundary.force[c] += sums[1 + dim + c];
      boundary.displacement[c] = sums[1 + c] / sums[0];
    }
    result.push_back(std::move(boundary));
  };
  dealii::IndexSet counted(problem.dof_handler().n_dofs());
  for (const auto& entry : problem.displacement()) {
    std::vector<double> own(dim, 0.), reaction(dim);
    for (unsigned int c = 0; c < dim; ++c) {
      if (!entry.prescribed[c]) continue;
      dealii::ComponentMask mask(dim, false);
      mask.set(c, true);
      auto unknowns =
          dealii::DoFTools::extract_boundary_dofs(problem.dof_handler(), mask, {entry.id}) &
          problem.owned();
      unknowns.subtract_set(counted);
      for (const auto i : unknowns) own[c] += inner_forces(i) - loads(i);
      counted.add_indices(unknowns);
    }
    dealii::Utilities::MPI::sum(own, problem.mesh().get_communicator(), reaction);
    add(entry, reaction);
  }
  for (const auto& entry : tractions)
    if (std::none_of(problem.displacement().begin(), problem.displacement().end(),
                     [&](const auto& other) { return other.id == entry.id; }))
      add(entry, std::vector<double>(dim, 0.));
  return result;
}

#define INSTANTIATE(dim)                                                          \
  template std::vector<BoundaryForce> boundary_forces(                            \
      const BoundaryValueProblem<dim>&, const BoundaryValueProblem<dim>::Vector&, \
      const BoundaryValueProblem<dim>::Vector&, const BoundaryValueProblem<dim>::Vector&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
