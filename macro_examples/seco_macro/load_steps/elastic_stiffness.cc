#include "elastic_stiffness.h"

#include <deal.II/dofs/dof_tools.h>
#include <fmt/format.h>

#include "boundary_forces.h"
#include "inner_forces.h"

namespace seco::macro {

nlohmann::json to_json(const BoundaryStiffness& boundary) {
  auto values = nlohmann::json::array();
  for (const auto& value : boundary.stiffness)
    values.push_back(value ? nlohmann::json(*value) : nlohmann::json(nullptr));
  return {{"boundary", boundary.name}, {"id", boundary.id}, {"stiffness", values}};
}

BoundaryStiffness boundary_stiffness_from_json(const nlohmann::json& boundary) {
  BoundaryStiffness result{
      boundary.at("boundary").get<std::string>(), boundary.at("id").get<std::int64_t>(), {}};
  for (const auto& value : boundary.at("stiffness"))
    result.stiffness.push_back(value.is_null() ? std::nullopt : std::optional(value.get<double>()));
  return result;
}

template <int dim>
std::vector<BoundaryStiffness> elastic_stiffness(const BoundaryValueProblem<dim>& problem,
                                                 TangentSolver<dim>& solver) {
  dealii::AffineConstraints<double> hanging(problem.relevant());
  dealii::DoFTools::make_hanging_node_constraints(problem.dof_handler(), hanging);
  hanging.close();
  std::vector<BoundaryStiffness> result;
  const auto unknowns = supported_unknowns(problem);
  for (std::size_t entry = 0; entry < unknowns.size(); ++entry) {
    const auto& boundary = problem.displacement()[entry];
    auto& stiffness = result.emplace_back();
    stiffness.id = boundary.id;
    stiffness.name = name_of(boundary);
    for (unsigned int c = 0; c < dim; ++c) {
      auto& value = stiffness.stiffness.emplace_back();
      if (!boundary.prescribed[c]) continue;
      auto displacement = problem.zero_vector();
      for (const auto i : unknowns[entry][c]) displacement(i) = 1;
      displacement.compress(dealii::VectorOperation::insert);
      hanging.distribute(displacement);
      displacement.update_ghost_values();
      auto forces = inner_forces(problem, solver.tangent(), displacement);
      const double size = forces.l2_norm();
      forces *= -1;
      // Any displacement bounds the least energy; the error counts squared.
      constexpr double accuracy = 1e-6;
      if (size > 0) {
        const auto rest = solver.solve(forces, accuracy * size);
        if (!rest) continue;
        displacement.zero_out_ghost_values();
        displacement += *rest;
        displacement.update_ghost_values();
      }
      value = displacement * all_inner_forces(problem, solver.tangent(), displacement);
    }
  }
  return result;
}

template std::vector<BoundaryStiffness> elastic_stiffness(const BoundaryValueProblem<2>&,
                                                          TangentSolver<2>&);
template std::vector<BoundaryStiffness> elastic_stiffness(const BoundaryValueProblem<3>&,
                                                          TangentSolver<3>&);

}  // namespace seco::macro
