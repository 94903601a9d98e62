#include "linear_solver.h"

#include <stdexcept>

namespace seco::macro {

template <int dim>
std::unique_ptr<LinearSolver<dim>> make_linear_solver(const std::string& name,
                                                      const Discretization<dim>& discretization) {
  if (name == "PETSc") return make_petsc_solver(discretization);
  if (name == "Trilinos") return make_trilinos_solver(discretization);
  if (name == "matrix-free") return make_matrix_free_solver(discretization);
  if (name == "direct") return make_direct_solver(discretization);
  throw std::invalid_argument("linear algebra '" + name +
                              "' is unknown; allowed are PETSc, Trilinos, matrix-free and direct");
}

template std::unique_ptr<LinearSolver<2>> make_linear_solver(const std::string&,
                                                             const Discretization<2>&);
template std::unique_ptr<LinearSolver<3>> make_linear_solver(const std::string&,
                                                             const Discretization<3>&);

}  // namespace seco::macro
