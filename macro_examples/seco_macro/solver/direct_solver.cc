// A solver with an assembled matrix and its factors, for bodies that multigrid cannot do.
#include <deal.II/lac/solver_cg.h>

#include "assembled_matrix.h"
#include "linear_solver.h"
#include "petsc_check.h"
#include "preconditioner.h"

namespace seco::macro {
namespace {

/// The factors L D L^T of a matrix, by MUMPS on all ranks together.
class Factors : public dealii::Subscriptor {
 public:
  explicit Factors(const PETSc::SparseMatrix& matrix) {
    const Mat mat = matrix;
    check_petsc(PCCreate(matrix.get_mpi_communicator(), &factors_));
    check_petsc(MatSetOption(mat, MAT_SYMMETRIC, PETSC_TRUE));
    check_petsc(PCSetType(factors_, PCCHOLESKY));
    check_petsc(PCSetOperators(factors_, mat, mat));
    check_petsc(PCFactorSetMatSolverType(factors_, MATSOLVERMUMPS));
    check_petsc(PCFactorSetUpMatSolverType(factors_));
    Mat factor = nullptr;
    check_petsc(PCFactorGetMatrix(factors_, &factor));
    // Room for pivoting: twice what is estimated without.
    check_petsc(MatMumpsSetIcntl(factor, 14, 100));
    check_petsc(PCSetUp(factors_));
    PCFailedReason reason = PC_NOERROR;
    check_petsc(PCGetFailedReason(factors_, &reason));
    if (reason == PC_NOERROR) return;
    PetscInt code = 0;
    check_petsc(MatMumpsGetInfog(factor, 1, &code));
    PCDestroy(&factors_);
    throw std::runtime_error(
        code == -9 || code == -13 || code == -19
            ? "the direct solver MUMPS has not enough memory for the factors of the matrix"
            : "the direct solver MUMPS cannot factorize the matrix (INFOG(1) = " +
                  std::to_string(code) + ")");
  }
  ~Factors() override {
    if (factors_) PCDestroy(&factors_);
  }
  Factors(const Factors&) = delete;
  Factors& operator=(const Factors&) = delete;

  void vmult(dealii::PETScWrappers::VectorBase& destination,
             const dealii::PETScWrappers::VectorBase& source) const {
    check_petsc(PCApply(factors_, source, destination));
  }

 private:
  PC factors_ = nullptr;
};

template <int dim>
class DirectSolver final : public LinearSolver<dim> {
 public:
  using Vector = typename LinearSolver<dim>::Vector;

  explicit DirectSolver(const Discretization<dim>& discretization)
      : discretization_(discretization),
        owned_(discretization.dof_handler.locally_owned_dofs()),
        communicator_(discretization.dof_handler.get_communicator()) {}

  void set_stiffness(const StiffnessField<dim>& stiffness, dealii::TimerOutput& timer) override {
    {
      dealii::TimerOutput::Scope scope(timer, "assembly");
      if (matrix_.m() == 0) reinit_matrix(discretization_, matrix_);
      assemble_matrix(discretization_, stiffness, matrix_);
    }
    dealii::TimerOutput::Scope scope(timer, "factorization");
    factors_.reset();
    factors_ = std::make_unique<Factors>(matrix_);
  }

  void solve(Vector& x, const Vector& right_hand_side, dealii::SolverControl& control) override {
    typename PETSc::Vector solution(owned_, communicator_), load(owned_, communicator_);
    unsigned int k = 0;
    for (const auto i : owned_) load(i) = right_hand_side.local_element(k++);
    load.compress(dealii::VectorOperation::insert);
    // The factors of an ill-conditioned matrix are not exact; what is left is found by few steps of
    // CG, or by nobody.
    dealii::SolverControl steps(std::min(most_steps, control.max_steps()), control.tolerance());
    dealii::SolverCG<PETSc::Vector> cg(steps);
    try {
      cg.solve(matrix_, solution, load, *factors_);
    } catch (const dealii::SolverControl::NoConvergence&) {
      // The caller looks at the residual itself.
    }
    control.check(steps.last_step(), 0.);
    k = 0;
    for (const auto i : owned_) x.local_element(k++) = solution(i);
  }

 private:
  static constexpr unsigned int most_steps = 4;

  Discretization<dim> discretization_;
  dealii::IndexSet owned_;
  MPI_Comm communicator_;
  PETSc::SparseMatrix matrix_;
  std::unique_ptr<Factors> factors_;
};

}  // namespace

template <int dim>
std::unique_ptr<LinearSolver<dim>> make_direct_solver(const Discretization<dim>& discretization) {
  return std::make_unique<DirectSolver<dim>>(discretization);
}

template std::unique_ptr<LinearSolver<2>> make_direct_solver(const Discretization<2>&);
template std::unique_ptr<LinearSolver<3>> make_direct_solver(const Discretization<3>&);

}  // namespace seco::macro
