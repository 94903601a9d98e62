// Solvers with an assembled matrix and algebraic multigrid.
#include <deal.II/lac/solver_cg.h>

#include <cmath>

#include "assembled_matrix.h"
#include "linear_solver.h"
#include "preconditioner.h"

namespace seco::macro {
namespace {

template <int dim, typename Library>
class AlgebraicSolver final : public LinearSolver<dim> {
 public:
  using Vector = typename LinearSolver<dim>::Vector;

  explicit AlgebraicSolver(const Discretization<dim>& discretization)
      : discretization_(discretization),
        owned_(discretization.dof_handler.locally_owned_dofs()),
        communicator_(discretization.dof_handler.get_communicator()) {}

  void set_stiffness(const StiffnessField<dim>& stiffness, dealii::TimerOutput& timer) override {
    {
      dealii::TimerOutput::Scope scope(timer, "assembly");
      if (matrix_.m() == 0) reinit_matrix(discretization_, matrix_);
      assemble_matrix(discretization_, stiffness, matrix_);
    }
    dealii::TimerOutput::Scope scope(timer, "preconditioner");
    auto traces = traces_of(stiffness);
    if (reusable(traces)) return;
    make_multigrid();
    traces_ = std::move(traces);
  }

  void forget() override {
    multigrid_.reset();
    first_rate_ = last_rate_ = 0;
  }

  void solve(Vector& x, const Vector& right_hand_side, dealii::SolverControl& control) override {
    typename Library::Vector solution(owned_, communicator_), load(owned_, communicator_);
    unsigned int k = 0;
    for (const auto i : owned_) load(i) = right_hand_side.local_element(k++);
    load.compress(dealii::VectorOperation::insert);
    dealii::SolverCG<typename Library::Vector> cg(control);
    try {
      cg.solve(matrix_, solution, load, *multigrid_);
    } catch (const dealii::SolverControl::NoConvergence&) {
      if (is_new_) throw;
      make_multigrid();
      solution = 0;
      cg.solve(matrix_, solution, load, *multigrid_);
    }
    k = 0;
    for (const auto i : owned_) x.local_element(k++) = solution(i);
    const double decades = std::log10(control.initial_value() / control.last_value());
    if (!(decades > 0)) return;
    last_rate_ = control.last_step() / decades;
    if (is_new_) first_rate_ = last_rate_;
    is_new_ = false;
  }

 private:
  void make_multigrid() {
    multigrid_ = std::make_unique<typename Library::Multigrid>();
    initialize_multigrid(*multigrid_, matrix_, discretization_.dof_handler,
                         discretization_.rigid_motions);
    is_new_ = true;
  }

  /// Sum of the eigenvalues of the stiffness at the points of every cell.
  std::vector<double> traces_of(const StiffnessField<dim>& stiffness) const {
    constexpr unsigned int n = StiffnessField<dim>::n_strains;
    const auto& mesh = discretization_.dof_handler.get_triangulation();
    std::vector<double> traces;
    CellCoefficients gathered;
    for (const auto& cell : mesh.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      const double* c = stiffness.cell(traces.size(), gathered);
      double trace = 0;
      for (unsigned int q = 0; q < discretization_.quadrature.size(); ++q)
        for (unsigned int i = 0; i < n; c += n - i++) trace += *c;
      traces.push_back(trace);
    }
    return traces;
  }

  /// The multigrid of one stiffness does for a similar one, until it is felt in the iterations.
  bool reusable(const std::vector<double>& traces) const {
    bool similar = multigrid_ != nullptr && last_rate_ <= slowdown * first_rate_ &&
                   traces.size() == traces_.size();
    for (std::size_t k = 0; similar && k < traces.size(); ++k)
      similar = std::abs(traces[k] - traces_[k]) <= change * traces_[k];
    return dealii::Utilities::MPI::min(similar ? 1 : 0, communicator_) == 1;
  }

  /// Iterations that an old multigrid may take, relative to a new one, and the relative change of
  /// stiffness: beyond, the eigenvalues that its smoothers rest on may be exceeded.
  static constexpr double slowdown = 1.3, change = 0.05;

  Discretization<dim> discretization_;
  dealii::IndexSet owned_;
  MPI_Comm communicator_;
  typename Library::SparseMatrix matrix_;
  std::unique_ptr<typename Library::Multigrid> multigrid_;
  bool is_new_ = true;
  std::vector<double> traces_;
  /// Iterations per decade of the residual, of the first solve with the multigrid and of the last.
  double first_rate_ = 0, last_rate_ = 0;
};

}  // namespace

template <int dim>
std::unique_ptr<LinearSolver<dim>> make_petsc_solver(const Discretization<dim>& discretization) {
  return std::make_unique<AlgebraicSolver<dim, PETSc>>(discretization);
}

template <int dim>
std::unique_ptr<LinearSolver<dim>> make_trilinos_solver(const Discretization<dim>& discretization) {
  return std::make_unique<AlgebraicSolver<dim, Trilinos>>(discretization);
}

#define INSTANTIATE(dim)                                                                     \
  template std::unique_ptr<LinearSolver<dim>> make_petsc_solver(const Discretization<dim>&); \
  template std::unique_ptr<LinearSolver<dim>> make_trilinos_solver(const Discretization<dim>&);
INSTANTIATE(2)
INSTANTIATE(3)
#undef INSTANTIATE

}  // namespace seco::macro
