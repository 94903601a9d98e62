#include "boundary_forces.h"

#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/fe/mapping_q1.h>
#include <fmt/format.h>

#include <array>
#include <map>
#include <set>

namespace seco::macro {
namespace {

template <int dim>
constexpr unsigned int n_moments = dim == 2 ? 1 : 3;

/// Adds the moment of a force at a point about the origin.
template <int dim>
void add_moment(const dealii::Point<dim>& x, const dealii::Tensor<1, dim>& force, double* moment) {
  if constexpr (dim == 2) {
    moment[0] += x[0] * force[1] - x[1] * force[0];
  } else {
    const auto product = dealii::cross_product_3d(x, force);
    for (unsigned int c = 0; c < 3; ++c) moment[c] += product[c];
  }
}

/// Area of a boundary, integral of the displacement over it, and force and moment of what acts
/// there.
template <int dim>
struct Integrals {
  double area = 0;
  std::array<double, dim> displacement{}, force{};
  std::array<double, n_moments<dim>> moment{};
};

/// Collective.
template <int dim>
Integrals<dim> integrals(const BoundaryValueProblem<dim>& problem, dealii::types::boundary_id id,
                         const typename BoundaryValueProblem<dim>::Vector& displacement,
                         const typename BoundaryValueProblem<dim>::Vector& of_springs) {
  Integrals<dim> sums;
  dealii::FEFaceValues<dim> values(problem.element(), problem.face_quadrature(),
                                   dealii::update_values | dealii::update_quadrature_points |
                                       dealii::update_normal_vectors | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector u(0);
  std::vector<dealii::Tensor<1, dim>> here(problem.face_quadrature().size()), sprung(here);
  dealii::Vector<double> load(dim);
  for (const auto& cell : problem.dof_handler().active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    for (const auto f : cell->face_indices()) {
      if (!cell->at_boundary(f) || cell->face(f)->boundary_id() != id) continue;
      values.reinit(cell, f);
      values[u].get_function_values(displacement, here);
      values[u].get_function_values(of_springs, sprung);
      for (const auto q : values.quadrature_point_indices()) {
        const auto& point = values.quadrature_point(q);
        const auto& normal = values.normal_vector(q);
        dealii::Tensor<1, dim> traction =
            -(foundation_stiffness<dim>(problem.foundations(), id, point, normal) * sprung[q]);
        for (const auto& entry : problem.traction()) {
          if (entry.id != id) continue;
          entry.function->vector_value(point, load);
          for (unsigned int c = 0; c < dim; ++c) traction[c] += load(c);
        }
        for (const auto& entry : problem.pressure())
          if (entry.id == id) traction -= entry.function->value(point) * normal;
        traction *= values.JxW(q);
        sums.area += values.JxW(q);
        for (unsigned int c = 0; c < dim; ++c) {
          sums.displacement[c] += here[q][c] * values.JxW(q);
          sums.force[c] += traction[c];
        }
        add_moment<dim>(point, traction, sums.moment.data());
      }
    }
  }
  const auto communicator = problem.mesh().get_communicator();
  sums.area = dealii::Utilities::MPI::sum(sums.area, communicator);
  for (auto& value : sums.displacement) value = dealii::Utilities::MPI::sum(value, communicator);
  for (auto& value : sums.force) value = dealii::Utilities::MPI::sum(value, communicator);
  for (auto& value : sums.moment) value = dealii::Utilities::MPI::sum(value, communicator);
  return sums;
}

/// An unknown at a boundary.
template <int dim>
struct BoundaryNode {
  dealii::Point<dim> position;
  unsigned int component = 0;
};

/// The owned unknowns of a boundary.
template <int dim>
std::map<dealii::types::global_dof_index, BoundaryNode<dim>> nodes_of_boundary(
    const BoundaryValueProblem<dim>& problem, dealii::types::boundary_id id) {
  std::map<dealii::types::global_dof_index, BoundaryNode<dim>> result;
  const auto& element = problem.element();
  std::vector<dealii::types::global_dof_index> indices(element.n_dofs_per_cell());
  for (const auto& cell : problem.dof_handler().active_cell_iterators()) {
    // An owned node may lie on faces of ghost cells alone.
    if (cell->is_artificial()) continue;
    for (const auto f : cell->face_indices()) {
      if (!cell->at_boundary(f) || cell->face(f)->boundary_id() != id) continue;
      cell->get_dof_indices(indices);
      for (unsigned int i = 0; i < indices.size(); ++i)
        if (element.has_support_on_face(i, f) && problem.owned().is_element(indices[i]))
          result[indices[i]] = {dealii::StaticMappingQ1<dim>::mapping.transform_unit_to_real_cell(
                                    cell, element.unit_support_point(i)),
                                element.system_to_component_index(i).first};
    }
  }
  return result;
}

/// Inner forces less loads, those of hanging nodes passed on to the nodes that these follow: zero
/// but at supports. Collective.
template <int dim>
typename BoundaryValueProblem<dim>::Vector forces_of_supports(
    const BoundaryValueProblem<dim>& problem,
    const typename BoundaryValueProblem<dim>::Vector& inner_forces,
    const typename BoundaryValueProblem<dim>::Vector& loads) {
  dealii::AffineConstraints<double> hanging(problem.relevant());
  dealii::DoFTools::make_hanging_node_constraints(problem.dof_handler(), hanging);
  hanging.close();
  auto result = problem.zero_vector();
  for (const auto i : problem.owned()) {
    const double force = inner_forces(i) - loads(i);
    const auto* line = hanging.get_constraint_entries(i);
    if (!line) result(i) += force;
    if (!line) continue;
    for (const auto& [followed, weight] : *line) result(followed) += weight * force;
  }
  result.compress(dealii::VectorOperation::add);
  return result;
}

}  // namespace

std::string described(const BoundaryForce& boundary) {
  if (boundary.group.empty()) return boundary.name;
  return fmt::format("{} '{}'", boundary.id, boundary.group);
}

nlohmann::json to_json(const BoundaryForce& boundary) {
  nlohmann::json result = {{"boundary", boundary.name},
                           {"id", boundary.id},
                           {"force", boundary.force},
                           {"moment", boundary.moment},
                           {"mean_displacement", boundary.displacement}};
  if (!boundary.group.empty()) result["name"] = boundary.group;
  return result;
}

BoundaryForce boundary_force_from_json(const nlohmann::json& boundary) {
  return {boundary.at("boundary").get<std::string>(),
          boundary.at("id").get<std::int64_t>(),
          boundary.value("name", ""),
          boundary.at("force").get<std::vector<double>>(),
          boundary.at("moment").get<std::vector<double>>(),
          boundary.at("mean_displacement").get<std::vector<double>>()};
}

std::string name_of(const NamedBoundary& boundary) {
  return boundary.name.empty() ? fmt::format("{}", boundary.id) : boundary.name;
}

template <int dim>
std::vector<std::array<dealii::IndexSet, dim>> supported_unknowns(
    const BoundaryValueProblem<dim>& problem) {
  std::vector<std::array<dealii::IndexSet, dim>> result;
  dealii::IndexSet counted(problem.dof_handler().n_dofs());
  for (const auto& entry : problem.displacement()) {
    auto& unknowns = result.emplace_back();
    for (unsigned int c = 0; c < dim; ++c) {
      unknowns[c].set_size(counted.size());
      if (!entry.prescribed[c]) continue;
      dealii::ComponentMask mask(dim, false);
      mask.set(c, true);
      unknowns[c] =
          dealii::DoFTools::extract_boundary_dofs(problem.dof_handler(), mask, {entry.id}) &
          problem.owned();
      unknowns[c].subtract_set(counted);
      counted.add_indices(unknowns[c]);
    }
  }
  return result;
}

template <int dim>
std::vector<BoundaryForce> boundary_forces(
    const BoundaryValueProblem<dim>& problem,
    const typename BoundaryValueProblem<dim>::Vector& inner_forces,
    const typename BoundaryValueProblem<dim>::Vector& loads,
    const typename BoundaryValueProblem<dim>::Vector& displacement,
    const typename BoundaryValueProblem<dim>::Vector& of_springs) {
  const auto communicator = problem.mesh().get_communicator();
  const auto& names = problem.labels().boundaries;
  std::vector<BoundaryForce> result;
  std::set<dealii::types::boundary_id> listed;
  // With what the supports add to force and moment.
  const auto add = [&](const NamedBoundary& entry, const dealii::Tensor<1, dim>& reaction,
                       const std::array<double, n_moments<dim>>& moment) {
    if (!listed.insert(entry.id).second) return;
    const auto sums = integrals(problem, entry.id, displacement, of_springs);
    BoundaryForce boundary;
    boundary.name = name_of(entry);
    boundary.id = entry.id;
    if (const auto name = names.find(entry.id); name != names.end()) boundary.group = name->second;
    for (unsigned int c = 0; c < dim; ++c) {
      boundary.force.push_back(reaction[c] + sums.force[c]);
      boundary.displacement.push_back(sums.displacement[c] / sums.area);
    }
    for (unsigned int c = 0; c < n_moments<dim>; ++c)
      boundary.moment.push_back(moment[c] + sums.moment[c]);
    result.push_back(std::move(boundary));
  };
  const auto forces = forces_of_supports(problem, inner_forces, loads);
  std::set<dealii::types::global_dof_index> counted;
  const auto supported = supported_unknowns(problem);
  for (std::size_t k = 0; k < supported.size(); ++k) {
    const auto& entry = problem.displacement()[k];
    dealii::Tensor<1, dim> reaction;
    std::array<double, n_moments<dim>> moment{};
    for (unsigned int c = 0; c < dim; ++c) {
      if (!entry.prescribed[c]) continue;
      const auto nodes = nodes_of_boundary(problem, entry.id);
      for (const auto i : supported[k][c]) {
        counted.insert(i);
        dealii::Tensor<1, dim> force;
        force[c] = forces(i);
        reaction += force;
        add_moment<dim>(nodes.at(i).position, force, moment.data());
      }
    }
    for (unsigned int c = 0; c < dim; ++c)
      reaction[c] = dealii::Utilities::MPI::sum(reaction[c], communicator);
    for (auto& value : moment) value = dealii::Utilities::MPI::sum(value, communicator);
    add(entry, reaction, moment);
  }
  for (const auto& entry : problem.inclined_planes()) {
    dealii::Tensor<1, dim> reaction;
    std::array<double, n_moments<dim>> moment{};
    // Along the plane these forces are what is left of the residual.
    for (const auto& [i, node] : nodes_of_boundary(problem, entry.id)) {
      if (!counted.insert(i).second) continue;
      dealii::Tensor<1, dim> force;
      force[node.component] = forces(i);
      reaction += force;
      add_moment<dim>(node.position, force, moment.data());
    }
    for (unsigned int c = 0; c < dim; ++c)
      reaction[c] = dealii::Utilities::MPI::sum(reaction[c], communicator);
    for (auto& value : moment) value = dealii::Utilities::MPI::sum(value, communicator);
    add(entry, reaction, moment);
  }
  for (const auto& entry : problem.traction()) add(entry, {}, {});
  for (const auto& entry : problem.pressure()) add(entry, {}, {});
  for (const auto& entry : problem.springs()) add(entry, {}, {});
  return result;
}

#define INSTANTIATE(dim)                                                                  \
  template std::vector<std::array<dealii::IndexSet, dim>> supported_unknowns<dim>(        \
      const BoundaryValueProblem<dim>&);                                                  \
  template std::vector<BoundaryForce> boundary_forces(                                    \
      const BoundaryValueProblem<dim>&, const BoundaryValueProblem<dim>::Vector&,         \
      const BoundaryValueProblem<dim>::Vector&, const BoundaryValueProblem<dim>::Vector&, \
      const BoundaryValueProblem<dim>::Vector&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
