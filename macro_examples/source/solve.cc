// Finite element solution for one of the stiffnesses of the materials, and its energies.
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/lac/generic_linear_algebra.h>
#include <deal.II/lac/solver_cg.h>
#include <deal.II/lac/sparsity_tools.h>
#include <fmt/format.h>

#include <cmath>

#include "elasticity_problem.h"
#include "preconditioner.h"
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
template <typename LinearAlgebra>
typename ElasticityProblem<dim>::Vector ElasticityProblem<dim>::solve_with(Bound bound) {
  typename LinearAlgebra::SparseMatrix matrix;
  typename LinearAlgebra::Vector right_hand_side(owned_, communicator_),
      solution(owned_, communicator_);
  {
    dealii::TimerOutput::Scope scope(timer_, "assembly");
    dealii::DynamicSparsityPattern pattern(relevant_);
    dealii::DoFTools::make_sparsity_pattern(dof_handler_, pattern, constraints_, false);
    dealii::SparsityTools::distribute_sparsity_pattern(pattern, owned_, communicator_, relevant_);
    matrix.reinit(owned_, owned_, pattern, communicator_);

    const unsigned int n = element_.n_dofs_per_cell();
    dealii::FullMatrix<double> cell_matrix(n, n);
    dealii::Vector<double> cell_vector(n), load(dim);
    std::vector<dealii::types::global_dof_index> indices(n);
    dealii::FEValues<dim> values(element_, quadrature_,
                                 dealii::update_values | dealii::update_gradients |
                                     dealii::update_quadrature_points | dealii::update_JxW_values);
    dealii::FEFaceValues<dim> face_values(
        element_, face_quadrature_,
        dealii::update_values | dealii::update_quadrature_points | dealii::update_JxW_values);
    const dealii::FEValuesExtractors::Vector u(0);
    std::vector<dealii::SymmetricTensor<2, dim>> strain(n), stress(n);
    for_local_cells([&](const auto& cell, auto material, auto first) {
      cell_matrix = 0;
      cell_vector = 0;
      values.reinit(cell);
      for (const auto q : values.quadrature_point_indices()) {
        const auto& C = stiffness(bound, responses_[material], first + q);
        for (unsigned int i = 0; i < n; ++i) {
          strain[i] = values[u].symmetric_gradient(i, q);
          stress[i] = C * strain[i];
        }
        parameters_.body_force->vector_value(values.quadrature_point(q), load);
        for (unsigned int i = 0; i < n; ++i) {
          for (unsigned int j = 0; j <= i; ++j)
            cell_matrix(i, j) += (strain[i] * stress[j]) * values.JxW(q);
          const auto c = element_.system_to_component_index(i).first;
          cell_vector(i) += load(c) * values.shape_value(i, q) * values.JxW(q);
        }
      }
      for (unsigned int i = 0; i < n; ++i)
        for (unsigned int j = i + 1; j < n; ++j) cell_matrix(i, j) = cell_matrix(j, i);
      for (const auto f : cell->face_indices()) {
        if (!cell->face(f)->at_boundary()) continue;
        for (const auto& traction : parameters_.traction) {
          if (traction.id != cell->face(f)->boundary_id()) continue;
          face_values.reinit(cell, f);
          for (const auto q : face_values.quadrature_point_indices()) {
            traction.function->vector_value(face_values.quadrature_point(q), load);
            for (unsigned int i = 0; i < n; ++i)
              cell_vector(i) += load(element_.system_to_component_index(i).first) *
                                face_values.shape_value(i, q) * face_values.JxW(q);
          }
        }
      }
      cell->get_dof_indices(indices);
      constraints_.distribute_local_to_global(cell_matrix, cell_vector, indices, matrix,
                                              right_hand_side);
    });
    matrix.compress(dealii::VectorOperation::add);
    right_hand_side.compress(dealii::VectorOperation::add);
  }

  dealii::TimerOutput::Scope scope(timer_, "linear solver");
  typename LinearAlgebra::PreconditionAMG preconditioner;
  if constexpr (std::is_same_v<LinearAlgebra, Trilinos>)
    initialize_preconditioner(preconditioner, matrix, dof_handler_, *rigid_motions_);
  else
    initialize_preconditioner(preconditioner, matrix, dof_handler_);
  const double load = right_hand_side.l2_norm();
  if (!std::isfinite(load))
    throw std::runtime_error(fmt::format(
        "{}: section 'Boundary conditions': the loads add up to {}; allowed are loads whose sum "
        "and square are finite numbers",
        parameters_.file, load));
  dealii::SolverControl control(parameters_.solver_iterations, parameters_.solver_tolerance * load);
  dealii::SolverCG<typename LinearAlgebra::Vector> cg(control);
  try {
    cg.solve(matrix, solution, right_hand_side, preconditioner);
  } catch (const dealii::SolverControl::NoConvergence& failure) {
    throw std::runtime_error(fmt::format(
        "{}: the linear solver reached a residual of {:.3g} in {} iterations, asked for {:.3g}. Is "
        "the body "
        "held firmly enough by 'Displacement' in section 'Boundary conditions'? Otherwise raise "
        "'Largest "
        "number of iterations' or 'Tolerance' in section 'Solver'",
        parameters_.file, failure.last_residual, failure.last_step, control.tolerance()));
  }
  solver_iterations_.push_back(control.last_step());
  const char* names[] = {"estimate", "upper bound", "lower bound"};
  out_ << fmt::format("== solve with the {} of the stiffness: {} iterations, {}\n",
                      names[static_cast<int>(bound)], control.last_step(),
                      parameters_.linear_algebra)
       << std::flush;
  constraints_.distribute(solution);
  Vector result(owned_, relevant_, communicator_);
  for (const auto i : owned_) result(i) = solution(i);
  result.update_ghost_values();
  return result;
}

template <int dim>
typename ElasticityProblem<dim>::Vector ElasticityProblem<dim>::solve(Bound bound) {
  return parameters_.linear_algebra == "PETSc" ? solve_with<PETSc>(bound)
                                               : solve_with<Trilinos>(bound);
}

template <int dim>
std::pair<double, double> ElasticityProblem<dim>::energies(Bound bound,
                                                           const Vector& displacement) {
  dealii::FEValues<dim> values(element_, quadrature_,
                               dealii::update_values | dealii::update_gradients |
                                   dealii::update_quadrature_points | dealii::update_JxW_values);
  dealii::FEFaceValues<dim> face_values(
      element_, face_quadrature_,
      dealii::update_values | dealii::update_quadrature_points | dealii::update_JxW_values);
  const dealii::FEValuesExtractors::Vector u(0);
  std::vector<dealii::SymmetricTensor<2, dim>> strain(quadrature_.size());
  std::vector<dealii::Tensor<1, dim>> displacements(quadrature_.size()),
      face_displacements(face_quadrature_.size());
  dealii::Vector<double> load(dim);
  double strain_energy = 0, work = 0;
  for_local_cells([&](const auto& cell, auto material, auto first) {
    values.reinit(cell);
    values[u].get_function_symmetric_gradients(displacement, strain);
    values[u].get_function_values(displacement, displacements);
    for (const auto q : values.quadrature_point_indices()) {
      strain_energy +=
          0.5 * (strain[q] * (stiffness(bound, responses_[material], first + q) * strain[q])) *
          values.JxW(q);
      parameters_.body_force->vector_value(values.quadrature_point(q), load);
      for (int c = 0; c < dim; ++c) work += load(c) * displacements[q][c] * values.JxW(q);
    }
    for (const auto f : cell->face_indices()) {
      if (!cell->face(f)->at_boundary()) continue;
      for (const auto& traction : parameters_.traction) {
        if (traction.id != cell->face(f)->boundary_id()) continue;
        face_values.reinit(cell, f);
        face_values[u].get_function_values(displacement, face_displacements);
        for (const auto q : face_values.quadrature_point_indices()) {
          traction.function->vector_value(face_values.quadrature_point(q), load);
          for (int c = 0; c < dim; ++c)
            work += load(c) * face_displacements[q][c] * face_values.JxW(q);
        }
      }
    }
  });
  const double total_work = sum(work, communicator_);
  return {sum(strain_energy, communicator_) - total_work, total_work};
}

template <int dim>
bool ElasticityProblem<dim>::lower_bound_usable() const {
  bool usable = true;
  for (const auto& response : responses_)
    for (const auto& lower : response.lower)
      usable &= materials::relative_smallest_eigenvalue(plugin::to_mandel<dim>(lower)) > 1e-12;
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
