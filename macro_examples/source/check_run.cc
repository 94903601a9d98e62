// Checks of a run that need no computing, and what the run would do.
#include <fmt/format.h>

#include <filesystem>

#include "elasticity_problem.h"

namespace seco::macro {

using dealii::Utilities::MPI::sum;

template <int dim>
std::vector<std::string> ElasticityProblem<dim>::check() {
  std::vector<std::string> problems;
  const Attempt attempt = [&](const std::function<void()>& action) {
    try {
      action();
      return true;
    } catch (const std::exception& error) {
      problems.push_back(error.what());
      return false;
    }
  };
  attempt([&] { make_output_folders(); });
  remove_new_folders();
  if (parameters_.checkpoint.restart)
    attempt([&] {
      if (finds_checkpoint()) check_identity(CheckpointReader(parameters_.checkpoint.file));
    });
  print_material_notes();

  if (!attempt([&] { make_unknowns(); })) return problems;
  out_ << fmt::format("== mesh: {} cells, {} unknowns of degree {}, {}\n",
                      mesh_.n_global_active_cells(), dof_handler_.n_dofs(), parameters_.degree,
                      parameters_.linear_algebra)
       << std::flush;
  check_boundaries(attempt, problems);
  attempt([&] {
    const Vector zero(owned_, relevant_, communicator_);
    displacements_at_points(zero);
  });
  check_materials(attempt);
  return problems;
}

template <int dim>
void ElasticityProblem<dim>::check_boundaries(const Attempt& attempt,
                                              std::vector<std::string>& problems) {
  const auto unknown = unknown_boundaries();
  problems.insert(problems.end(), unknown.begin(), unknown.end());
  // Whether the body is held depends on all boundaries.
  if (!unknown.empty() || parameters_.displacement.empty()) return;
  if (attempt([&] { set_constraints(); })) attempt([&] { check_certification(); });
}

template <int dim>
void ElasticityProblem<dim>::check_materials(const Attempt& attempt) {
  bool all_made = true;
  for (const auto& material : parameters_.materials) all_made &= material != nullptr;
  if (all_made) attempt([&] { local_quantities_.prepare(); });
  std::vector<std::vector<plugin::MaterialPoint<dim>>> points;
  if (!attempt([&] { points = material_points(); })) return;
  for (std::size_t m = 0; m < points.size(); ++m) {
    const auto n_points = sum(static_cast<std::uint64_t>(points[m].size()), communicator_);
    if (n_points == 0) note(fmt::format("no cell has the material of section 'Material {}'", m));
    if (!parameters_.materials[m]) continue;
    std::uint64_t n_rves = 0;
    if (attempt([&] {
          in_material(m, [&] {
            n_rves = parameters_.materials[m]->check_points(points[m], communicator_);
          });
        }))
      out_ << fmt::format("== material {} ('{}'): {} quadrature points, {} RVEs\n", m,
                          parameters_.model_names[m], n_points, n_rves)
           << std::flush;
  }
}

template std::vector<std::string> ElasticityProblem<2>::check();
template std::vector<std::string> ElasticityProblem<3>::check();

}  // namespace seco::macro
