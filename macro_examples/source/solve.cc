// Finite element solution for one of the stiffnesses of the materials, and its energies.
#include <deal.II/fe/fe_values.h>
#include <fmt/format.h>

#include <cmath>

#include "elasticity_problem.h"
#include "element_stiffness.h"
#include "interruption.h"
#include "seco/plugin/mandel_tensor.h"

namespace seco::macro {

using dealii::Utilities::MPI::min;
using dealii::Utilities::MPI::sum;

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
typename ElasticityProblem<dim>::Vector ElasticityProblem<dim>::solve(Bound bound) {
  const auto field = stiffness_field(bound);
  if (!solver_) {
    assemble_loads();
    solver_ = make_linear_solver<dim>(
        parameters_.linear_algebra,
        {dof_handler_, homogeneous_constraints_, quadrature_, *rigid_motions_,
         [this](const auto& dof_handler, auto& constraints) {
           constrain(dof_handler, constraints, /*homogeneous=*/true);
         }});
  }
  solver_->set_stiffness(field, timer_);

  dealii::TimerOutput::Scope scope(timer_, "linear solver");
  // The displacement is the prescribed one, or that of the last stiffness, plus a correction.
  Vector displacement(owned_, relevant_, communicator_);
  constraints_.distribute(displacement);
  displacement.update_ghost_values();
  auto right_hand_side = residual(field, displacement);
  const double load = right_hand_side.l2_norm();
  if (!std::isfinite(load))
    throw std::runtime_error(fmt::format(
        "{}: section 'Boundary conditions': the loads add up to {}; allowed are loads whose sum "
        "and square are finite numbers",
        parameters_.file, load));
  if (last_displacement_.size() > 0) {
    displacement = last_displacement_;
    displacement.update_ghost_values();
    right_hand_side = residual(field, displacement);
  }
  InterruptibleControl control(parameters_.solver_iterations, parameters_.solver_tolerance * load,
                               communicator_);
  Vector correction(owned_, relevant_, communicator_);
  try {
    solver_->solve(correction, right_hand_side, control);
  } catch (const dealii::SolverControl::NoConvergence& failure) {
    throw std::runtime_error(fmt::format(
        "{}: the linear solver reached a residual of {:.3g} in {} iterations, asked for {:.3g}. Is "
        "the body held firmly enough by 'Displacement' in section 'Boundary conditions'? Otherwise "
        "raise 'Largest number of iterations' or 'Tolerance' in section 'Solver'",
        parameters_.file, failure.last_residual, failure.last_step, control.tolerance()));
  }
  solver_iterations_.push_back(control.last_step());
  const char* names[] = {"estimate", "upper bound", "lower bound"};
  out_ << fmt::format("== solve with the {} of the stiffness: {} iterations, {}\n",
                      names[static_cast<int>(bound)], control.last_step(),
                      parameters_.linear_algebra)
       << std::flush;
  displacement.zero_out_ghost_values();
  displacement += correction;
  constraints_.distribute(displacement);
  displacement.update_ghost_values();
  last_displacement_ = displacement;
  return displacement;
}

template <int dim>
std::pair<double, double> ElasticityProblem<dim>::energies(Bound bound,
                                                           const Vector& displacement) {
  const auto field = stiffness_field(bound);
  dealii::TimerOutput::Scope scope(timer_, "energies");
  ElementStiffness<dim> cell_stiffness(element_, quadrature_);
  dealii::Vector<double> local(element_.n_dofs_per_cell()), force(element_.n_dofs_per_cell());
  double strain_energy = 0;
  std::size_t number = 0;
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    cell->get_dof_values(displacement, local);
    cell_stiffness.reinit(cell);
    strain_energy += cell_stiffness.forces(field.cell(number++), local, force);
  }
  const double work = loads_ * displacement;
  return {sum(strain_energy, communicator_) - work, work};
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

#define INSTANTIATE(dim)                                                                     \
  template typename ElasticityProblem<dim>::Vector ElasticityProblem<dim>::solve(Bound);     \
  template std::pair<double, double> ElasticityProblem<dim>::energies(Bound, const Vector&); \
  template bool ElasticityProblem<dim>::lower_bound_usable() const;
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
