// Checks of a run that need no computing, and what the run would do.
#include <fmt/format.h>

#include <functional>

#include "run.h"

namespace seco::macro {

template <int dim>
std::vector<std::string> Run<dim>::check() {
  std::vector<std::string> problems;
  const auto append = [&](const std::vector<std::string>& more) {
    problems.insert(problems.end(), more.begin(), more.end());
  };
  const auto attempt = [&](const std::function<void()>& action) {
    try {
      action();
      return true;
    } catch (const std::exception& error) {
      problems.emplace_back(error.what());
      return false;
    }
  };
  attempt([&] { folders_.make(); });
  folders_.remove_new();
  if (parameters_.checkpoint.restart)
    attempt([&] {
      if (checkpoint_.exists()) checkpoint_.open();
    });
  for (const auto& note : materials_.notes()) log_.note(note);

  if (!materials_.is_linear()) attempt([&] { check_load_steps(); });
  attempt([&] { check_load_cases(); });
  problem_.set_time(parameters_.load_steps.end_time);
  if (!attempt([&] { problem_.make_unknowns(); })) return problems;
  log_.print(fmt::format("== mesh: {} cells, {} unknowns of degree {}, {}\n",
                         problem_.mesh().n_global_active_cells(), problem_.dof_handler().n_dofs(),
                         parameters_.degree, parameters_.linear_algebra));
  append(check_boundaries());
  attempt([&] { output_.check_points(); });
  bool all_made = true;
  for (const auto& material : parameters_.materials) all_made &= material != nullptr;
  if (all_made) attempt([&] { output_.check_local_quantities(); });
  append(materials_.check());
  return problems;
}

template <int dim>
std::vector<std::string> Run<dim>::check_boundaries() {
  auto problems = problem_.unknown_boundaries();
  // Whether the body is held depends on all boundaries.
  const bool is_held = !parameters_.displacement.empty() || !parameters_.symmetry.empty() ||
                       !parameters_.springs.empty();
  if (!problems.empty() || !is_held) return problems;
  try {
    problem_.set_constraints();
    certification_.check();
    for (std::size_t k = 1; k < parameters_.load_cases.size(); ++k) problem_.set_load_case(k);
  } catch (const std::exception& error) {
    problems.emplace_back(error.what());
  }
  return problems;
}

template std::vector<std::string> Run<2>::check();
template std::vector<std::string> Run<3>::check();

}  // namespace seco::macro
