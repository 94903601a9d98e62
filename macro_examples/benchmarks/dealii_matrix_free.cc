#include "dealii_matrix_free.h"

#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/mapping_q1.h>
#include <deal.II/lac/precondition.h>
#include <deal.II/lac/solver_cg.h>
#include <deal.II/matrix_free/fe_evaluation.h>
#include <deal.II/matrix_free/matrix_free.h>
#include <deal.II/matrix_free/tools.h>
#include <deal.II/multigrid/mg_coarse.h>
#include <deal.II/multigrid/mg_matrix.h>
#include <deal.II/multigrid/mg_smoother.h>
#include <deal.II/multigrid/mg_transfer_global_coarsening.h>
#include <deal.II/multigrid/multigrid.h>
#include <fmt/format.h>

#include "level_stiffness.h"

namespace seco::benchmarks {
namespace {

constexpr int dim = 3;
using Field = macro::StiffnessField<dim>;

/// Stress of a strain; `c` is the upper triangle of the Mandel matrix.
template <typename Block>
dealii::SymmetricTensor<2, dim, Block> stress_of(
    const Block* c, const dealii::SymmetricTensor<2, dim, Block>& strain) {
  using Number = typename Block::value_type;
  constexpr unsigned int n = Field::n_strains;
  const Number root = Number(1.41421356237309504880);
  const Block e[n] = {strain[0][0],        strain[1][1],        strain[2][2],
                      root * strain[1][2], root * strain[0][2], root * strain[0][1]};
  Block s[n] = {};
  for (unsigned int i = 0; i < n; ++i) {
    s[i] += *c++ * e[i];
    for (unsigned int j = i + 1; j < n; ++j, ++c) {
      s[i] += *c * e[j];
      s[j] += *c * e[i];
    }
  }
  dealii::SymmetricTensor<2, dim, Block> stress;
  for (unsigned int i = 0; i < dim; ++i) stress[i][i] = s[i];
  stress[1][2] = s[3] * (1 / root);
  stress[0][2] = s[4] * (1 / root);
  stress[0][1] = s[5] * (1 / root);
  return stress;
}

template <int degree, typename Number>
class ElasticOperator final : public DealiiOperator<Number> {
 public:
  using Vector = typename DealiiOperator<Number>::Vector;
  using Diagonal = typename DealiiOperator<Number>::Diagonal;

  ElasticOperator(const dealii::DoFHandler<dim>& dof_handler,
                  const dealii::AffineConstraints<double>& constraints) {
    typename MatrixFree::AdditionalData data;
    data.tasks_parallel_scheme = MatrixFree::AdditionalData::none;
    data.mapping_update_flags = dealii::update_gradients | dealii::update_JxW_values;
    matrix_free_.reinit(dealii::MappingQ1<dim>(), dof_handler, constraints,
                        dealii::QGauss<1>(degree + 1), data);
  }

  void set_stiffness(const Field& stiffness, bool per_cell) override {
    const auto& dof_handler = matrix_free_.get_dof_handler();
    std::vector<std::size_t> number(dof_handler.get_triangulation().n_active_cells());
    std::size_t n_cells = 0;
    for (const auto& cell : dof_handler.active_cell_iterators())
      if (cell->is_locally_owned()) number[cell->active_cell_index()] = n_cells++;
    n_points_ = per_cell ? 1 : dealii::Utilities::pow(degree + 1, dim);
    const std::size_t stride = n_points_ * Field::n_coefficients;
    stiffness_.resize_fast(0);
    stiffness_.resize(matrix_free_.n_cell_batches() * stride);
    macro::CellCoefficients gathered;
    for (unsigned int batch = 0; batch < matrix_free_.n_cell_batches(); ++batch)
      for (unsigned int lane = 0; lane < matrix_free_.n_active_entries_per_cell_batch(batch);
           ++lane) {
        const auto cell = matrix_free_.get_cell_iterator(batch, lane);
        const double* c = stiffness.cell(number[cell->active_cell_index()], gathered);
        for (std::size_t i = 0; i < stride; ++i)
          stiffness_[batch * stride + i][lane] = static_cast<Number>(c[i]);
      }
  }

  void vmult(Vector& destination, const Vector& source) const override {
    const std::function<void(const MatrixFree&, Vector&, const Vector&, const Range&)> cells =
        [this](const auto& matrix_free, auto& to, const auto& from, const auto& range) {
          Evaluation values(matrix_free);
          for (unsigned int batch = range.first; batch < range.second; ++batch) {
            values.reinit(batch);
            values.read_dof_values(from);
            apply(values);
            values.distribute_local_to_global(to);
          }
        };
    matrix_free_.cell_loop(cells, destination, source, /*zero_dst_vector=*/true);
    for (const auto i : matrix_free_.get_constrained_dofs())
      destination.local_element(i) = source.local_element(i);
  }

  std::shared_ptr<Diagonal> inverse_diagonal() const override {
    auto inverse = std::make_shared<Diagonal>();
    auto& diagonal = inverse->get_vector();
    initialize_dof_vector(diagonal);
    const std::function<void(Evaluation&)> cell = [this](auto& values) { apply(values); };
    dealii::MatrixFreeTools::compute_diagonal(matrix_free_, diagonal, cell);
    for (auto& entry : diagonal) entry = entry > 0 ? Number(1) / entry : Number(1);
    return inverse;
  }

  void initialize_dof_vector(Vector& vector) const override {
    matrix_free_.initialize_dof_vector(vector);
  }
  dealii::types::global_dof_index m() const override {
    return matrix_free_.get_dof_handler().n_dofs();
  }

 private:
  using MatrixFree = dealii::MatrixFree<dim, Number>;
  using Evaluation = dealii::FEEvaluation<dim, degree, degree + 1, dim, Number>;
  using Range = std::pair<unsigned int, unsigned int>;

  void apply(Evaluation& values) const {
    values.evaluate(dealii::EvaluationFlags::gradients);
    const auto* const cell =
        stiffness_.data() + values.get_current_cell_index() * n_points_ * Field::n_coefficients;
    for (unsigned int q = 0; q < values.n_q_points; ++q)
      values.submit_symmetric_gradient(
          stress_of(cell + (n_points_ > 1 ? q * Field::n_coefficients : 0),
                    values.get_symmetric_gradient(q)),
          q);
    values.integrate(dealii::EvaluationFlags::gradients);
  }

  MatrixFree matrix_free_;
  std::size_t n_points_ = 1;
  /// [batch][point][coefficient], a lane is a cell; one point if the stiffness is one per cell.
  dealii::AlignedVector<dealii::VectorizedArray<Number>> stiffness_;
};

using LevelVector = dealii::LinearAlgebra::distributed::Vector<float>;
using LevelOperator = DealiiOperator<float>;
using Smoother = dealii::PreconditionChebyshev<LevelOperator, LevelVector, LevelOperator::Diagonal>;
using Transfer = dealii::MGTransferGlobalCoarsening<dim, LevelVector>;
using CoarsestLevel = dealii::MGCoarseGridApplySmoother<LevelVector>;

class DealiiSolver final : public macro::LinearSolver<dim> {
 public:
  DealiiSolver(const macro::Discretization<dim>& discretization, bool per_cell)
      : discretization_(discretization),
        degree_(discretization.dof_handler.get_fe().degree),
        per_cell_(per_cell) {}

  void set_stiffness(const Field& stiffness, dealii::TimerOutput& timer) override;
  void solve(Vector& x, const Vector& right_hand_side, dealii::SolverControl& control) override;

 private:
  void set_up_levels();
  std::vector<Field> level_fields(const Field& stiffness) const;

  macro::Discretization<dim> discretization_;
  unsigned int degree_;
  bool per_cell_;
  std::vector<std::shared_ptr<const dealii::Triangulation<dim>>> meshes_;
  std::vector<std::unique_ptr<dealii::DoFHandler<dim>>> own_dof_handlers_;
  std::unique_ptr<macro::LevelStiffness<dim>> level_stiffness_;
  std::unique_ptr<DealiiOperator<double>> operator_;
  dealii::MGLevelObject<std::unique_ptr<LevelOperator>> level_operators_;
  dealii::MGLevelObject<dealii::MGTwoLevelTransfer<dim, LevelVector>> two_level_transfers_;
  std::unique_ptr<Transfer> transfer_;
  std::unique_ptr<dealii::mg::Matrix<LevelVector>> level_matrices_;
  std::unique_ptr<dealii::MGSmootherPrecondition<LevelOperator, Smoother, LevelVector>> smoother_;
  CoarsestLevel coarsest_;
  std::unique_ptr<dealii::Multigrid<LevelVector>> multigrid_;
  std::unique_ptr<dealii::PreconditionMG<dim, LevelVector, Transfer>> preconditioner_;
};

void DealiiSolver::set_up_levels() {
  meshes_ = dealii::MGTransferGlobalCoarseningTools::create_geometric_coarsening_sequence(
      discretization_.dof_handler.get_triangulation());
  level_stiffness_ = std::make_unique<macro::LevelStiffness<dim>>(meshes_);
  const dealii::FESystem<dim> linear(dealii::FE_Q<dim>(1), dim);
  const auto top = static_cast<unsigned int>(meshes_.size() - (degree_ == 1 ? 1 : 0));
  std::vector<dealii::AffineConstraints<double>> constraints(top + 1);
  std::vector<dealii::AffineConstraints<float>> single(top + 1);
  std::vector<const dealii::DoFHandler<dim>*> dof_handlers;
  level_operators_.resize(0, top);
  two_level_transfers_.resize(0, top);
  for (unsigned int level = 0; level <= top; ++level) {
    if (level < top) {
      own_dof_handlers_.push_back(std::make_unique<dealii::DoFHandler<dim>>(*meshes_[level]));
      own_dof_handlers_.back()->distribute_dofs(linear);
    }
    dof_handlers.push_back(level < top ? own_dof_handlers_.back().get()
                                       : &discretization_.dof_handler);
    discretization_.constrain(*dof_handlers[level], constraints[level]);
    single[level].copy_from(constraints[level]);
    level_operators_[level] = make_dealii_operator<float>(*dof_handlers[level], constraints[level]);
    if (level > 0)
      two_level_transfers_[level].reinit(*dof_handlers[level], *dof_handlers[level - 1],
                                         single[level], single[level - 1]);
  }
  transfer_ = std::make_unique<Transfer>(two_level_transfers_,
                                         [this](const unsigned int level, LevelVector& vector) {
                                           level_operators_[level]->initialize_dof_vector(vector);
                                         });
  level_matrices_ = std::make_unique<dealii::mg::Matrix<LevelVector>>(level_operators_);
}

/// Of the levels below the given elements, all but the last constant in each cell.
std::vector<Field> DealiiSolver::level_fields(const Field& stiffness) const {
  auto fields = level_stiffness_->averages(stiffness, degree_ + 1);
  if (degree_ == 1) return fields;
  std::size_t n_cells = 0;
  for (const auto& cell : discretization_.dof_handler.active_cell_iterators())
    n_cells += cell->is_locally_owned();
  fields.push_back(macro::on_two_points(stiffness, n_cells, degree_ + 1));
  return fields;
}

void DealiiSolver::set_stiffness(const Field& stiffness, dealii::TimerOutput& timer) {
  {
    dealii::TimerOutput::Scope scope(timer, "assembly");
    if (!operator_)
      operator_ =
          make_dealii_operator<double>(discretization_.dof_handler, discretization_.constraints);
    operator_->set_stiffness(stiffness, per_cell_);
  }
  dealii::TimerOutput::Scope scope(timer, "preconditioner");
  if (meshes_.empty()) set_up_levels();
  const auto top = level_operators_.max_level();
  const auto fields = level_fields(stiffness);
  dealii::MGLevelObject<Smoother::AdditionalData> settings(0, top);
  for (unsigned int level = 0; level <= top; ++level) {
    level_operators_[level]->set_stiffness(level < fields.size() ? fields[level] : stiffness,
                                           per_cell_ || level + 1 < meshes_.size());
    settings[level].preconditioner = level_operators_[level]->inverse_diagonal();
    settings[level].degree = 4;
    settings[level].smoothing_range = 20;
    settings[level].eig_cg_n_iterations = 12;
  }
  // As many steps as reduce the error by this factor.
  settings[0].smoothing_range = 1e-3;
  settings[0].degree = dealii::numbers::invalid_unsigned_int;
  settings[0].eig_cg_n_iterations = 100;
  smoother_ =
      std::make_unique<dealii::MGSmootherPrecondition<LevelOperator, Smoother, LevelVector>>();
  smoother_->initialize(level_operators_, settings);
  coarsest_.initialize(*smoother_);
  multigrid_ = std::make_unique<dealii::Multigrid<LevelVector>>(*level_matrices_, coarsest_,
                                                                *transfer_, *smoother_, *smoother_);
  preconditioner_ = std::make_unique<dealii::PreconditionMG<dim, LevelVector, Transfer>>(
      discretization_.dof_handler, *multigrid_, *transfer_);
}

void DealiiSolver::solve(Vector& x, const Vector& right_hand_side, dealii::SolverControl& control) {
  dealii::SolverCG<Vector> cg(control);
  Vector load, solution;
  operator_->initialize_dof_vector(load);
  operator_->initialize_dof_vector(solution);
  load.copy_locally_owned_data_from(right_hand_side);
  cg.solve(*operator_, solution, load, *preconditioner_);
  x.copy_locally_owned_data_from(solution);
}

}  // namespace

template <typename Number>
Number DealiiOperator<Number>::el(unsigned int, unsigned int) const {
  AssertThrow(false, dealii::ExcNotImplemented());
  return 0;
}

template <typename Number>
std::unique_ptr<DealiiOperator<Number>> make_dealii_operator(
    const dealii::DoFHandler<3>& dof_handler,
    const dealii::AffineConstraints<double>& constraints) {
  switch (const auto degree = dof_handler.get_fe().degree) {
    case 1:
      return std::make_unique<ElasticOperator<1, Number>>(dof_handler, constraints);
    case 2:
      return std::make_unique<ElasticOperator<2, Number>>(dof_handler, constraints);
    default:
      throw std::invalid_argument(
          fmt::format("solver deal.II has no elements of degree {}; allowed are 1 and 2", degree));
  }
}

std::unique_ptr<macro::LinearSolver<3>> make_dealii_solver(
    const macro::Discretization<3>& discretization, bool per_cell) {
  return std::make_unique<DealiiSolver>(discretization, per_cell);
}

template class DealiiOperator<double>;
template class DealiiOperator<float>;
template std::unique_ptr<DealiiOperator<double>> make_dealii_operator(
    const dealii::DoFHandler<3>&, const dealii::AffineConstraints<double>&);
template std::unique_ptr<DealiiOperator<float>> make_dealii_operator(
    const dealii::DoFHandler<3>&, const dealii::AffineConstraints<double>&);

}  // namespace seco::benchmarks
