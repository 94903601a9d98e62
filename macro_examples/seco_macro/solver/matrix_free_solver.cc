// Conjugate gradients without a matrix, preconditioned by geometric multigrid.
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/lac/precondition.h>
#include <deal.II/lac/solver_cg.h>
#include <deal.II/multigrid/mg_coarse.h>
#include <deal.II/multigrid/mg_matrix.h>
#include <deal.II/multigrid/mg_smoother.h>
#include <deal.II/multigrid/mg_transfer_global_coarsening.h>
#include <deal.II/multigrid/multigrid.h>
#include <fmt/format.h>

#include "assembled_matrix.h"
#include "cell_operator.h"
#include "level_stiffness.h"
#include "linear_solver.h"
#include "preconditioner.h"

namespace seco::macro {
namespace {

using LevelVector = dealii::LinearAlgebra::distributed::Vector<float>;

/// One cycle of algebraic multigrid (exact if the level is small) on the coarsest level.
template <int dim>
class CoarsestLevel final : public dealii::MGCoarseGridBase<LevelVector> {
 public:
  CoarsestLevel(const Discretization<dim>& discretization, const RigidMotions<dim>& motions,
                const StiffnessField<dim>& stiffness) {
    reinit_matrix(discretization, matrix_);
    assemble_matrix(discretization, stiffness, matrix_);
    initialize_multigrid(multigrid_, matrix_, discretization.dof_handler, motions);
    for (auto* vector : {&source_, &destination_})
      vector->reinit(discretization.dof_handler.locally_owned_dofs(),
                     discretization.dof_handler.get_communicator());
  }

  void operator()(const unsigned int, LevelVector& destination,
                  const LevelVector& source) const override {
    double* const in = source_.trilinos_vector()[0];
    const double* const out = destination_.trilinos_vector()[0];
    for (unsigned int i = 0; i < source.locally_owned_size(); ++i) in[i] = source.local_element(i);
    multigrid_.vmult(destination_, source_);
    for (unsigned int i = 0; i < source.locally_owned_size(); ++i)
      destination.local_element(i) = static_cast<float>(out[i]);
  }

 private:
  Trilinos::SparseMatrix matrix_;
  Trilinos::Multigrid multigrid_;
  mutable Trilinos::Vector source_, destination_;
};

template <int dim>
class MatrixFreeSolver final : public LinearSolver<dim> {
 public:
  using Vector = typename LinearSolver<dim>::Vector;

  explicit MatrixFreeSolver(const Discretization<dim>& discretization);
  void set_stiffness(const StiffnessField<dim>& stiffness, dealii::TimerOutput& timer) override;
  void solve(Vector& x, const Vector& right_hand_side, dealii::SolverControl& control) override;
  std::size_t stiffness_memory() const override;

 private:
  using LevelOperator = CellOperator<dim, float>;
  using Smoother = dealii::PreconditionChebyshev<LevelOperator, LevelVector,
                                                 dealii::DiagonalMatrix<LevelVector>>;

  /// The levels: linear elements on coarser and coarser meshes, the given mesh last; above it
  /// elements of the given degree, if that is higher.
  void set_up_levels();

  Discretization<dim> discretization_;
  unsigned int degree_;
  std::vector<std::shared_ptr<const dealii::Triangulation<dim>>> meshes_;
  std::vector<std::unique_ptr<dealii::DoFHandler<dim>>> own_dof_handlers_;
  std::vector<const dealii::DoFHandler<dim>*> dof_handlers_;
  std::vector<dealii::AffineConstraints<double>> constraints_;
  std::vector<std::unique_ptr<SpringMatrices<dim>>> own_springs_;
  /// Of the levels; null for none.
  std::vector<const SpringMatrices<dim>*> springs_;
  std::unique_ptr<CellOperator<dim, double>> operator_;
  std::unique_ptr<RigidMotions<dim>> coarsest_motions_;
  std::unique_ptr<LevelStiffness<dim>> level_stiffness_;
  dealii::MGLevelObject<std::unique_ptr<LevelOperator>> level_operators_;
  dealii::MGLevelObject<dealii::MGTwoLevelTransfer<dim, LevelVector>> two_level_transfers_;
  std::unique_ptr<dealii::MGTransferGlobalCoarsening<dim, LevelVector>> transfer_;
  std::unique_ptr<dealii::mg::Matrix<LevelVector>> level_matrices_;
  std::unique_ptr<CoarsestLevel<dim>> coarsest_;
  std::unique_ptr<dealii::MGSmootherPrecondition<LevelOperator, Smoother, LevelVector>> smoother_;
  std::unique_ptr<dealii::Multigrid<LevelVector>> multigrid_;
  std::unique_ptr<dealii::PreconditionMG<dim, LevelVector,
                                         dealii::MGTransferGlobalCoarsening<dim, LevelVector>>>
      preconditioner_;
};

template <int dim>
MatrixFreeSolver<dim>::MatrixFreeSolver(const Discretization<dim>& discretization)
    : discretization_(discretization), degree_(discretization.dof_handler.get_fe().degree) {
  if (degree_ > 3)
    throw std::invalid_argument(fmt::format(
        "matrix-free linear algebra has no elements of degree {}; allowed are 1 to 3", degree_));
}

template <int dim>
void MatrixFreeSolver<dim>::set_up_levels() {
  meshes_ = dealii::MGTransferGlobalCoarseningTools::create_geometric_coarsening_sequence(
      discretization_.dof_handler.get_triangulation());
  const dealii::FESystem<dim> linear(dealii::FE_Q<dim>(1), dim);
  for (std::size_t level = 0; level + (degree_ == 1 ? 1 : 0) < meshes_.size(); ++level) {
    own_dof_handlers_.push_back(std::make_unique<dealii::DoFHandler<dim>>(*meshes_[level]));
    own_dof_handlers_.back()->distribute_dofs(linear);
    dof_handlers_.push_back(own_dof_handlers_.back().get());
    discretization_.constrain(*dof_handlers_.back(), constraints_.emplace_back());
    springs_.push_back(nullptr);
    if (!discretization_.make_springs) continue;
    own_springs_.push_back(
        std::make_unique<SpringMatrices<dim>>(discretization_.make_springs(*dof_handlers_.back())));
    springs_.back() = own_springs_.back().get();
  }
  springs_.push_back(discretization_.springs);
  dof_handlers_.push_back(&discretization_.dof_handler);
  constraints_.emplace_back().copy_from(discretization_.constraints);
  level_stiffness_ = std::make_unique<LevelStiffness<dim>>(meshes_);
  coarsest_motions_ = std::make_unique<RigidMotions<dim>>(*dof_handlers_.front());

  const auto top = static_cast<unsigned int>(dof_handlers_.size() - 1);
  level_operators_.resize(0, top);
  two_level_transfers_.resize(0, top);
  std::vector<dealii::AffineConstraints<float>> constraints(top + 1);
  for (unsigned int level = 0; level <= top; ++level) {
    level_operators_[level] = std::make_unique<LevelOperator>(*dof_handlers_[level],
                                                              constraints_[level], springs_[level]);
    constraints[level].copy_from(constraints_[level]);
    if (level > 0)
      two_level_transfers_[level].reinit(*dof_handlers_[level], *dof_handlers_[level - 1],
                                         constraints[level], constraints[level - 1]);
  }
  transfer_ = std::make_unique<dealii::MGTransferGlobalCoarsening<dim, LevelVector>>(
      two_level_transfers_, [this](const unsigned int level, LevelVector& vector) {
        level_operators_[level]->initialize_dof_vector(vector);
      });
  level_matrices_ = std::make_unique<dealii::mg::Matrix<LevelVector>>(level_operators_);
}

template <int dim>
void MatrixFreeSolver<dim>::set_stiffness(const StiffnessField<dim>& stiffness,
                                          dealii::TimerOutput& timer) {
  {
    dealii::TimerOutput::Scope scope(timer, "assembly");
    if (!operator_)
      operator_ = std::make_unique<CellOperator<dim, double>>(
          discretization_.dof_handler, discretization_.constraints, discretization_.springs);
    operator_->set_stiffness(stiffness);
  }
  dealii::TimerOutput::Scope scope(timer, "preconditioner");
  if (meshes_.empty()) set_up_levels();
  const auto top = level_operators_.max_level();
  // Levels of linear elements, and the given one.
  auto fields = level_stiffness_->averages(stiffness, degree_ + 1);
  if (degree_ > 1) {
    std::size_t n_cells = 0;
    for (const auto& cell : discretization_.dof_handler.active_cell_iterators())
      n_cells += cell->is_locally_owned();
    fields.push_back(on_two_points(stiffness, n_cells, degree_ + 1));
  }
  const auto field = [&](unsigned int level) -> const StiffnessField<dim>& {
    return level < fields.size() ? fields[level] : stiffness;
  };
  dealii::MGLevelObject<typename Smoother::AdditionalData> settings(0, top);
  for (unsigned int level = 0; level <= top; ++level) {
    if (level == 0) {
      // Solved, not smoothed; deal.II wants a smoother of every level all the same.
      settings[0].preconditioner = std::make_shared<dealii::DiagonalMatrix<LevelVector>>();
      level_operators_[0]->initialize_dof_vector(settings[0].preconditioner->get_vector());
      continue;
    }
    level_operators_[level]->set_stiffness(field(level));
    settings[level].preconditioner = level_operators_[level]->inverse_diagonal(field(level));
    settings[level].degree = 4;
    settings[level].smoothing_range = 20;
    settings[level].eig_cg_n_iterations = 12;
  }
  const auto& coarsest_dofs = *dof_handlers_.front();
  const dealii::QGauss<dim> quadrature(top == 0 ? degree_ + 1 : 2);
  coarsest_ = std::make_unique<CoarsestLevel<dim>>(Discretization<dim>{coarsest_dofs,
                                                                       constraints_.front(),
                                                                       quadrature,
                                                                       *coarsest_motions_,
                                                                       {},
                                                                       springs_.front()},
                                                   *coarsest_motions_, field(0));
  smoother_ =
      std::make_unique<dealii::MGSmootherPrecondition<LevelOperator, Smoother, LevelVector>>();
  smoother_->initialize(level_operators_, settings);
  multigrid_ = std::make_unique<dealii::Multigrid<LevelVector>>(*level_matrices_, *coarsest_,
                                                                *transfer_, *smoother_, *smoother_);
  preconditioner_ = std::make_unique<dealii::PreconditionMG<
      dim, LevelVector, dealii::MGTransferGlobalCoarsening<dim, LevelVector>>>(
      discretization_.dof_handler, *multigrid_, *transfer_);
}

template <int dim>
void MatrixFreeSolver<dim>::solve(Vector& x, const Vector& right_hand_side,
                                  dealii::SolverControl& control) {
  dealii::SolverCG<Vector> cg(control);
  Vector load, solution;
  operator_->initialize_dof_vector(load);
  operator_->initialize_dof_vector(solution);
  load.copy_locally_owned_data_from(right_hand_side);
  cg.solve(*operator_, solution, load, *preconditioner_);
  x.copy_locally_owned_data_from(solution);
}

template <int dim>
std::size_t MatrixFreeSolver<dim>::stiffness_memory() const {
  std::size_t sum = operator_ ? operator_->stiffness_memory() : 0;
  if (meshes_.empty()) return sum;
  for (auto level = level_operators_.min_level(); level <= level_operators_.max_level(); ++level)
    sum += level_operators_[level]->stiffness_memory();
  return sum;
}

}  // namespace

template <int dim>
std::unique_ptr<LinearSolver<dim>> make_matrix_free_solver(
    const Discretization<dim>& discretization) {
  return std::make_unique<MatrixFreeSolver<dim>>(discretization);
}

template std::unique_ptr<LinearSolver<2>> make_matrix_free_solver(const Discretization<2>&);
template std::unique_ptr<LinearSolver<3>> make_matrix_free_solver(const Discretization<3>&);

}  // namespace seco::macro
