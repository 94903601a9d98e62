#include "plain_program.h"

#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_values.h>
#include <deal.II/lac/dynamic_sparsity_pattern.h>
#include <deal.II/lac/generic_linear_algebra.h>
#include <deal.II/lac/solver_cg.h>
#include <deal.II/lac/sparsity_tools.h>

#include <chrono>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/mandel.h"

namespace seco::benchmarks {
namespace {

constexpr int dim = SampleProblem::dim;

double seconds_since(std::chrono::steady_clock::time_point start) {
  MPI_Barrier(MPI_COMM_WORLD);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <typename SparseMatrix>
void assemble(const SampleProblem& problem, SparseMatrix& matrix) {
  const auto& dof_handler = problem.dof_handler();
  const auto& constraints = problem.constraints();
  const auto owned = dof_handler.locally_owned_dofs();
  dealii::IndexSet relevant;
  dealii::DoFTools::extract_locally_relevant_dofs(dof_handler, relevant);
  dealii::DynamicSparsityPattern pattern(relevant);
  dealii::DoFTools::make_sparsity_pattern(dof_handler, pattern, constraints, false);
  dealii::SparsityTools::distribute_sparsity_pattern(pattern, owned, MPI_COMM_WORLD, relevant);
  matrix.reinit(owned, owned, pattern, MPI_COMM_WORLD);

  const auto [bulk, shear] =
      materials::isotropic_part(materials::elastic_constants("Cu").stiffness);
  const double mu = shear, lambda = bulk - 2. / 3. * shear;
  const auto& element = dof_handler.get_fe();
  dealii::FEValues<dim> values(element, problem.quadrature(),
                               dealii::update_gradients | dealii::update_JxW_values);
  const unsigned int n = element.n_dofs_per_cell();
  dealii::FullMatrix<double> cell_matrix(n, n);
  std::vector<dealii::types::global_dof_index> indices(n);
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    cell_matrix = 0;
    values.reinit(cell);
    for (unsigned int i = 0; i < n; ++i) {
      const auto component_i = element.system_to_component_index(i).first;
      for (unsigned int j = 0; j < n; ++j) {
        const auto component_j = element.system_to_component_index(j).first;
        for (const auto q : values.quadrature_point_indices())
          cell_matrix(i, j) +=
              (values.shape_grad(i, q)[component_i] * values.shape_grad(j, q)[component_j] *
                   lambda +
               values.shape_grad(i, q)[component_j] * values.shape_grad(j, q)[component_i] * mu +
               (component_i == component_j ? values.shape_grad(i, q) * values.shape_grad(j, q) * mu
                                           : 0)) *
              values.JxW(q);
      }
    }
    cell->get_dof_indices(indices);
    constraints.distribute_local_to_global(cell_matrix, indices, matrix);
  }
  matrix.compress(dealii::VectorOperation::add);
}

template <typename Vector, typename SparseMatrix, typename Preconditioner>
PlainResult run(const SampleProblem& problem, const SampleProblem::Vector& load,
                unsigned int iterations, double tolerance,
                const typename Preconditioner::AdditionalData& data) {
  PlainResult result;
  SparseMatrix matrix;
  auto start = std::chrono::steady_clock::now();
  assemble(problem, matrix);
  result.assembly = seconds_since(start);

  const auto owned = problem.dof_handler().locally_owned_dofs();
  Vector right_hand_side(owned, MPI_COMM_WORLD), solution(owned, MPI_COMM_WORLD);
  for (const auto i : owned) right_hand_side(i) = load(i);
  right_hand_side.compress(dealii::VectorOperation::insert);

  start = std::chrono::steady_clock::now();
  Preconditioner preconditioner;
  preconditioner.initialize(matrix, data);
  result.preconditioner = seconds_since(start);
  start = std::chrono::steady_clock::now();
  dealii::SolverControl control(iterations, tolerance * right_hand_side.l2_norm());
  dealii::SolverCG<Vector> cg(control);
  try {
    cg.solve(matrix, solution, right_hand_side, preconditioner);
  } catch (const dealii::SolverControl::NoConvergence&) {
    result.converged = false;
  }
  result.iterations = control.last_step();
  result.solve = seconds_since(start);
  return result;
}

}  // namespace

PlainResult run_plain_program(const std::string& name, const SampleProblem& problem,
                              const SampleProblem::Vector& load, unsigned int iterations,
                              double tolerance) {
  namespace P = dealii::LinearAlgebraPETSc::MPI;
  namespace T = dealii::LinearAlgebraTrilinos::MPI;
  if (name == "step-40 PETSc") {
    P::PreconditionAMG::AdditionalData data;
    data.symmetric_operator = true;
    return run<P::Vector, P::SparseMatrix, P::PreconditionAMG>(problem, load, iterations, tolerance,
                                                               data);
  }
  if (name == "step-40 Trilinos")
    return run<T::Vector, T::SparseMatrix, T::PreconditionAMG>(problem, load, iterations, tolerance,
                                                               {});
  if (name == "step-8")
    return run<T::Vector, T::SparseMatrix, dealii::TrilinosWrappers::PreconditionSSOR>(
        problem, load, iterations, tolerance, {1.2});
  throw std::invalid_argument("plain program '" + name +
                              "' is unknown; allowed are step-40 PETSc, step-40 Trilinos, step-8");
}

}  // namespace seco::benchmarks
