// Finite element solution for one of the stiffnesses of the materials, and its energies.
#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "elasticity_problem.h"
#include "element_stiffness.h"
#include "interruption.h"
#include "seco/plugin/mandel_tensor.h"

namespace seco::macro {

using dealii::Utilities::MPI::min;
using dealii::Utilities::MPI::sum;

namespace {

/// Without the translation of a cell, which carries no force but whose round-off would.
template <int dim>
void subtract_translation(const ElementStiffness<dim>& element, dealii::Vector<double>& local) {
  for (unsigned int c = 0; c < dim; ++c) {
    const double translation = local(element.unknown(0, c));
    for (unsigned int a = 0; a < element.n_nodes(); ++a)
      local(element.unknown(a, c)) -= translation;
  }
}

}  // namespace

template <int dim>
const dealii::SymmetricTensor<4, dim>& ElasticityProblem<dim>::stiffness(
    Bound bound, const plugin::MaterialResponse<dim>& response, std::size_t point) const {
  if (bound == Bound::upper) return response.upper[point];
  return bound == Bound::lower ? response.lower[point] : response.tangent[point];
}

template <int dim>
StiffnessField<dim> ElasticityProblem<dim>::stiffness_field(Bound bound) {
  dealii::TimerOutput::Scope scope(timer_, "assembly");
  constexpr unsigned int n = StiffnessField<dim>::n_strains;
  StiffnessField<dim> field(mesh_.n_locally_owned_active_cells(), quadrature_.size());
  std::size_t number = 0;
  for_local_cells([&](const auto&, auto material, auto first) {
    double* coefficient = field.cell(number++);
    for (unsigned int q = 0; q < quadrature_.size(); ++q) {
      const auto matrix = plugin::to_mandel<dim>(stiffness(bound, responses_[material], first + q));
      for (unsigned int i = 0; i < n; ++i)
        for (unsigned int j = i; j < n; ++j) *coefficient++ = matrix(i, j);
    }
  });
  return field;
}

template <int dim>
void ElasticityProblem<dim>::assemble_loads() {
  dealii::TimerOutput::Scope scope(timer_, "assembly");
  loads_.reinit(owned_, relevant_, communicator_);
  condensed_loads_.reinit(loads_);
  const unsigned int n = element_.n_dofs_per_cell();
  dealii::FEValues<dim> values(
      element_, quadrature_,
      dealii::update_values | dealii::update_quadrature_points | dealii::update_JxW_values);
  dealii::FEFaceValues<dim> face_values(
      element_, face_quadrature_,
      dealii::update_values | dealii::update_quadrature_points | dealii::update_JxW_values);
  dealii::Vector<double> cell_vector(n), load(dim);
  std::vector<dealii::types::global_dof_index> indices(n);
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    cell_vector = 0;
    const auto add = [&](const auto& here, const dealii::Function<dim>& function) {
      for (const auto q : here.quadrature_point_indices()) {
        function.vector_value(here.quadrature_point(q), load);
        for (unsigned int i = 0; i < n; ++i)
          cell_vector(i) += load(element_.system_to_component_index(i).first) *
                            here.shape_value(i, q) * here.JxW(q);
      }
    };
    values.reinit(cell);
    add(values, *parameters_.body_force);
    for (const auto f : cell->face_indices()) {
      if (!cell->face(f)->at_boundary()) continue;
      for (const auto& traction : parameters_.traction) {
        if (traction.id != cell->face(f)->boundary_id()) continue;
        face_values.reinit(cell, f);
        add(face_values, *traction.function);
      }
    }
    cell->get_dof_indices(indices);
    loads_.add(indices, cell_vector);
    homogeneous_constraints_.distribute_local_to_global(cell_vector, indices, condensed_loads_);
  }
  for (auto* vector : {&loads_, &condensed_loads_}) vector->compress(dealii::VectorOperation::add);
  homogeneous_constraints_.set_zero(condensed_loads_);
}

template <int dim>
typename ElasticityProblem<dim>::Vector ElasticityProblem<dim>::residual(
    const StiffnessField<dim>& stiffness, const Vector& displacement) {
  Vector result(owned_, relevant_, communicator_);
  const unsigned int n = element_.n_dofs_per_cell();
  dealii::Vector<double> local(n), force(n);
  std::vector<dealii::types::global_dof_index> indices(n);
  ElementStiffness<dim> cell_stiffness(element_, quadrature_);
  std::size_t number = 0;
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const auto k = number++;
    cell->get_dof_values(displacement, local);
    subtract_translation(cell_stiffness, local);
    if (local.all_zero()) continue;
    cell_stiffness.reinit(cell);
    cell_stiffness.forces(stiffness.cell(k), local, force);
    force *= -1;
    cell->get_dof_indices(indices);
    homogeneous_constraints_.distribute_local_to_global(force, indices, result);
  }
  result.compress(dealii::VectorOperation::add);
  homogeneous_constraints_.set_zero(result);
  result += condensed_loads_;
  return result;
}

template <int dim>
double ElasticityProblem<dim>::strain_energy(const StiffnessField<dim>& stiffness,
                                             const Vector& displacement) {
  ElementStiffness<dim> cell_stiffness(element_, quadrature_);
  dealii::Vector<double> local(element_.n_dofs_per_cell()), force(element_.n_dofs_per_cell());
  double energy = 0;
  std::size_t number = 0;
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    cell->get_dof_values(displacement, local);
    subtract_translation(cell_stiffness, local);
    cell_stiffness.reinit(cell);
    energy += cell_stiffness.forces(stiffness.cell(number++), local, force);
  }
  return sum(energy, communicator_);
}

template <int dim>
Discretization<dim> ElasticityProblem<dim>::discretization() const {
  return {dof_handler_, homogeneous_constraints_, quadrature_, *rigid_motions_,
          [this](const auto& dof_handler, auto& constraints) {
            constrain(dof_handler, constraints, /*homogeneous=*/true);
          }};
}

template <int dim>
bool ElasticityProblem<dim>::approach(const StiffnessField<dim>& stiffness, double goal,
                                      Solution& solution) {
  // The residual that a solver knows drifts away from the true one, which is computed anew after
  // every solve; the next solve is for the error that is left. Without progress of both the
  // residual and the potential energy, round-off is all that is left.
  constexpr unsigned int most_solves = 40;
  double last_decrease = std::numeric_limits<double>::infinity();
  auto unbalanced = residual(stiffness, solution.displacement);
  solution.residual = unbalanced.l2_norm();
  for (unsigned int solve = 0; solve < most_solves && solution.residual > goal; ++solve) {
    const unsigned int left = parameters_.solver_iterations - solution.iterations;
    InterruptibleControl control(left, goal, communicator_);
    Vector correction(owned_, relevant_, communicator_);
    try {
      solver_->solve(correction, unbalanced, control);
    } catch (const dealii::SolverControl::NoConvergence& failure) {
      solution.iterations += failure.last_step;
      // Restarts that no longer get there have met round-off.
      if (solve > 0) return false;
      solution.failure = fmt::format(
          "the linear solver reached a residual of {:.3g} in {} iterations, asked for {:.3g}",
          failure.last_residual, failure.last_step, goal);
      return false;
    }
    solution.iterations += control.last_step();
    auto next = solution.displacement;
    next.zero_out_ghost_values();
    next += correction;
    constraints_.distribute(next);
    next.update_ghost_values();
    auto next_unbalanced = residual(stiffness, next);
    const double norm = next_unbalanced.l2_norm();
    // Twice the decrease of the potential energy, which is the decrease of r . K^-1 r.
    const double decrease = correction * unbalanced + correction * next_unbalanced;
    if (!std::isfinite(norm) || !(decrease > 0)) return false;
    const bool stagnates = norm > 0.5 * solution.residual && decrease > 0.25 * last_decrease;
    last_decrease = decrease;
    solution.displacement = next;
    solution.residual = norm;
    unbalanced = next_unbalanced;
    if (stagnates) return false;
  }
  return solution.residual <= goal;
}

template <int dim>
typename ElasticityProblem<dim>::Solution ElasticityProblem<dim>::attempt(
    const StiffnessField<dim>& stiffness, const Vector& start, double load) {
  Solution solution;
  solution.displacement = start;
  solution.displacement.update_ghost_values();
  try {
    solver_->set_stiffness(stiffness, timer_);
    dealii::TimerOutput::Scope scope(timer_, "linear solver");
    double goal = parameters_.solver_tolerance * load;
    for (;;) {
      const bool held = approach(stiffness, goal, solution);
      if (!solution.failure.empty()) return solution;
      const auto unbalanced = residual(stiffness, solution.displacement);
      // The computed residual has a round-off of about its own size where nothing else is left.
      constexpr double safety = 4;
      solution.error = residual_energy_->bound(stiffness, unbalanced);
      if (solution.error) *solution.error *= safety;
      solution.strain_energy = strain_energy(stiffness, solution.displacement);
      const double relative = solution.relative_error();
      if (!held || !(relative > parameters_.equilibrium_tolerance) || !std::isfinite(relative))
        break;
      goal = solution.residual *
             std::clamp(0.5 * parameters_.equilibrium_tolerance / relative, 1e-4, 0.5);
    }
  } catch (const dealii::ExceptionBase& error) {
    solution.failure =
        fmt::format("the library of the linear solver reports {}", error.get_exc_name());
  } catch (const std::runtime_error& error) {
    solution.failure = error.what();
  }
  solution.work = loads_ * solution.displacement;
  return solution;
}

template <int dim>
bool ElasticityProblem<dim>::direct_is_left(const Solution& solution) const {
  if (direct_ || dof_handler_.n_dofs() > parameters_.largest_direct) return false;
  // Of so few iterations nobody can tell whether more would do.
  constexpr unsigned int enough_iterations = 100;
  const bool can_tell = parameters_.solver_iterations >= enough_iterations;
  if (!solution.failure.empty()) return can_tell;
  // Without the residual that was asked for, though more iterations might bring it.
  if (can_tell && solution.iterations >= parameters_.solver_iterations) return true;
  return solution.error && solution.relative_error() > parameters_.equilibrium_tolerance;
}

template <int dim>
typename ElasticityProblem<dim>::Solution ElasticityProblem<dim>::solve(Bound bound) {
  const auto field = stiffness_field(bound);
  if (!solver_) {
    assemble_loads();
    direct_ = direct_ || parameters_.linear_algebra == "direct";
    solver_ =
        make_linear_solver<dim>(direct_ ? "direct" : parameters_.linear_algebra, discretization());
    residual_energy_ = std::make_unique<ResidualEnergy<dim>>(discretization());
  }
  // The displacement is the prescribed one, or that of the last stiffness, plus a correction.
  Vector start(owned_, relevant_, communicator_);
  constraints_.distribute(start);
  start.update_ghost_values();
  const double load = residual(field, start).l2_norm();
  if (!std::isfinite(load))
    throw std::runtime_error(fmt::format(
        "{}: section 'Boundary conditions': the loads add up to {}; allowed are loads whose sum "
        "and square are finite numbers",
        parameters_.file, load));
  if (last_displacement_.size() > 0) start = last_displacement_;

  auto solution = attempt(field, start, load);
  if (direct_is_left(solution)) {
    direct_reason_ = solution.failure.empty()
                         ? fmt::format(
                               "the linear solver left an error of up to {:.1e} of the "
                               "displacement in the energy norm after {} iterations",
                               solution.relative_error(), solution.iterations)
                         : solution.failure;
    direct_reason_ = fmt::format(
        "{} ({}); a direct solver took over, as 'Largest direct system' = {} in section 'Solver' "
        "allows",
        direct_reason_, parameters_.linear_algebra, parameters_.largest_direct);
    out_ << "== note: " << direct_reason_ << '\n' << std::flush;
    direct_ = true;
    solver_ = make_linear_solver<dim>("direct", discretization());
    auto other = attempt(field, solution.failure.empty() ? solution.displacement : start, load);
    other.iterations += solution.iterations;
    if (!other.failure.empty())
      out_ << "== note: " << other.failure << '\n' << std::flush;
    else if (!solution.failure.empty() || other.relative_error() < solution.relative_error())
      solution = std::move(other);
  }
  const std::string way_out =
      direct_ ? ""
              : " Otherwise raise 'Largest number of iterations' or 'Tolerance' in section "
                "'Solver', or set 'Linear algebra' = direct there";
  if (!solution.failure.empty())
    throw std::runtime_error(
        fmt::format("{}: {}. Is the body held firmly enough by 'Displacement' in section 'Boundary "
                    "conditions'?{}",
                    parameters_.file, solution.failure, way_out));
  if (!std::isfinite(solution.strain_energy) || solution.strain_energy < 0 ||
      (solution.error && !(solution.relative_error() <= 1)))
    throw std::runtime_error(fmt::format(
        "{}: the displacement is not in equilibrium: its strain energy is {:.3g}, and that of its "
        "error may be {:.3g}. The body is too slender, or its stiffnesses are too far apart, for "
        "numbers in double precision; or it is not held firmly enough by 'Displacement' in section "
        "'Boundary conditions'.{}",
        parameters_.file, solution.strain_energy, 0.5 * solution.error.value_or(0.), way_out));
  solver_iterations_.push_back(solution.iterations);
  equilibrium_errors_.push_back(solution.relative_error());
  const char* names[] = {"estimate", "upper bound", "lower bound"};
  out_ << fmt::format("== solve with the {} of the stiffness: {} iterations, {}, {}\n",
                      names[static_cast<int>(bound)], solution.iterations,
                      direct_ ? "direct" : parameters_.linear_algebra,
                      solution.error ? fmt::format("error in the energy norm below {:.1e}",
                                                   solution.relative_error())
                                     : "no guaranteed error")
       << std::flush;
  last_displacement_ = solution.displacement;
  last_displacement_.update_ghost_values();
  return solution;
}

template <int dim>
bool ElasticityProblem<dim>::lower_bound_usable() const {
  bool usable = true;
  for (const auto& response : responses_) {
    // Points that share an RVE mostly follow each other.
    const dealii::SymmetricTensor<4, dim>* last = nullptr;
    for (const auto& lower : response.lower) {
      if (last && lower == *last) continue;
      usable &= materials::relative_smallest_eigenvalue(plugin::to_mandel<dim>(lower)) > 1e-12;
      last = &lower;
    }
  }
  return min(usable ? 1 : 0, communicator_) == 1;
}

#define INSTANTIATE(dim)                                                                   \
  template typename ElasticityProblem<dim>::Solution ElasticityProblem<dim>::solve(Bound); \
  template bool ElasticityProblem<dim>::lower_bound_usable() const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
