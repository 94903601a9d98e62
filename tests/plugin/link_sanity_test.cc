// Before deal.II, whose macro Assert breaks the headers of LibTorch.
#include <torch/torch.h>

#include <deal.II/lac/dynamic_sparsity_pattern.h>
#include <deal.II/lac/generic_linear_algebra.h>
#include <deal.II/lac/solver_cg.h>
#include <gtest/gtest.h>

// PETSc, Trilinos and a batched double-precision product of LibTorch in one process: prebuilt
// LibTorch beside another BLAS has crashed here (symbol interposition).
namespace {
template <typename Matrix, typename Vector, typename Preconditioner>
double solve_laplace() {
  constexpr unsigned int n = 50;
  const auto all = dealii::complete_index_set(n);
  dealii::DynamicSparsityPattern pattern(all);
  for (unsigned int i = 0; i < n; ++i)
    for (unsigned int j = i > 0 ? i - 1 : 0; j < std::min(n, i + 2); ++j) pattern.add(i, j);
  Matrix matrix;
  matrix.reinit(all, all, pattern, MPI_COMM_SELF);
  Vector b(all, MPI_COMM_SELF), x(all, MPI_COMM_SELF);
  for (unsigned int i = 0; i < n; ++i) {
    for (unsigned int j = i > 0 ? i - 1 : 0; j < std::min(n, i + 2); ++j)
      matrix.add(i, j, i == j ? 2. : -1.);
    b(i) = 1.;
  }
  matrix.compress(dealii::VectorOperation::add);
  b.compress(dealii::VectorOperation::insert);
  Preconditioner preconditioner;
  preconditioner.initialize(matrix, typename Preconditioner::AdditionalData());
  dealii::SolverControl control(200, 1e-12);
  dealii::SolverCG<Vector> cg(control);
  cg.solve(matrix, x, b, preconditioner);
  return x(n / 2);
}
}  // namespace

TEST(LinkSanity, PetscTrilinosAndTorchShareOneProcess) {
  namespace P = dealii::LinearAlgebraPETSc::MPI;
  namespace T = dealii::LinearAlgebraTrilinos::MPI;
  const double exact = 0.5 * 26 * (51 - 26);  // of -u'' = 1: i (n + 1 - i) / 2 with i = 26, n = 50
  EXPECT_NEAR((solve_laplace<P::SparseMatrix, P::Vector, P::PreconditionAMG>()), exact, 1e-8);
  EXPECT_NEAR((solve_laplace<T::SparseMatrix, T::Vector, T::PreconditionAMG>()), exact, 1e-8);
  torch::manual_seed(1);
  const auto a = torch::randn({64, 32, 32}, torch::kDouble);
  const auto product = torch::bmm(a, torch::inverse(a));
  EXPECT_LT((product - torch::eye(32, torch::kDouble)).abs().max().item<double>(), 1e-8);
}
