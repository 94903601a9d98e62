#include "assembled_matrix.h"

#include <deal.II/dofs/dof_tools.h>
#include <deal.II/lac/dynamic_sparsity_pattern.h>
#include <deal.II/lac/exceptions.h>
#include <deal.II/lac/sparsity_tools.h>

#include <algorithm>
#include <numeric>

#include "preconditioner.h"

namespace seco::macro {
namespace {

/// The entries of the owned columns in an owned row, columns by their local number, ascending.
struct Row {
  double* values;
  const int* columns;
  int size;
};

/// Direct access to the rows of a matrix with a finished pattern.
class TrilinosRows {
 public:
  explicit TrilinosRows(const Trilinos::SparseMatrix& matrix) : matrix_(matrix.trilinos_matrix()) {}
  Row operator[](int row) const {
    Row result{};
    int* columns = nullptr;
    matrix_.ExtractMyRowView(row, result.size, result.values, columns);
    result.columns = columns;
    return result;
  }

 private:
  const Epetra_CrsMatrix& matrix_;
};

class PetscRows {
 public:
  explicit PetscRows(const PETSc::SparseMatrix& matrix) {
    check(MatMPIAIJGetSeqAIJ(matrix, &block_, nullptr, nullptr));
    PetscBool done = PETSC_FALSE;
    check(MatGetRowIJ(block_, 0, PETSC_FALSE, PETSC_FALSE, &n_, &starts_, &columns_, &done));
    check(MatSeqAIJGetArray(block_, &values_));
  }
  ~PetscRows() {
    PetscBool done = PETSC_FALSE;
    MatSeqAIJRestoreArray(block_, &values_);
    MatRestoreRowIJ(block_, 0, PETSC_FALSE, PETSC_FALSE, &n_, &starts_, &columns_, &done);
  }
  PetscRows(const PetscRows&) = delete;
  PetscRows& operator=(const PetscRows&) = delete;
  Row operator[](int row) const {
    return {values_ + starts_[row], columns_ + starts_[row], starts_[row + 1] - starts_[row]};
  }

 private:
  static void check(PetscErrorCode error) { AssertThrow(error == 0, dealii::ExcPETScError(error)); }
  Mat block_ = nullptr;
  PetscInt n_ = 0;
  const PetscInt *starts_ = nullptr, *columns_ = nullptr;
  PetscScalar* values_ = nullptr;
};

TrilinosRows rows_of(const Trilinos::SparseMatrix& matrix) {
  return TrilinosRows(matrix);
}
PetscRows rows_of(const PETSc::SparseMatrix& matrix) {
  return PetscRows(matrix);
}

/// Adds an element matrix whose unknowns are owned and have the components of a node numbered
/// consecutively, `first` being the local number of the first. @param order nodes by ascending
/// number
template <int dim, typename Rows>
void add_by_nodes(const Rows& rows, const std::vector<double>& matrix,
                  const std::vector<int>& first, const std::vector<unsigned int>& order) {
  const std::size_t n = first.size() * dim;
  std::vector<int> places(first.size());
  for (const unsigned int a : order) {
    Row row = rows[first[a]];
    int place = 0;
    for (const unsigned int b : order) {
      while (row.columns[place] != first[b]) ++place;
      places[b] = place;
      place += dim;
    }
    for (unsigned int i = 0; i < dim; ++i) {
      if (i > 0) row = rows[first[a] + static_cast<int>(i)];
      const double* const entries = matrix.data() + (a * dim + i) * n;
      for (std::size_t b = 0; b < places.size(); ++b)
        for (unsigned int k = 0; k < dim; ++k) row.values[places[b] + k] += entries[b * dim + k];
    }
  }
}

}  // namespace

template <int dim, typename SparseMatrix>
void reinit_matrix(const Discretization<dim>& d, SparseMatrix& matrix) {
  const auto owned = d.dof_handler.locally_owned_dofs();
  dealii::IndexSet relevant;
  dealii::DoFTools::extract_locally_relevant_dofs(d.dof_handler, relevant);
  dealii::DynamicSparsityPattern pattern(relevant);
  dealii::DoFTools::make_sparsity_pattern(d.dof_handler, pattern, d.constraints, false);
  const auto communicator = d.dof_handler.get_communicator();
  dealii::SparsityTools::distribute_sparsity_pattern(pattern, owned, communicator, relevant);
  matrix.reinit(owned, owned, pattern, communicator);
}

template <int dim, typename SparseMatrix>
void assemble_matrix(const Discretization<dim>& d, const StiffnessField<dim>& stiffness,
                     SparseMatrix& matrix) {
  matrix = 0;
  const auto& element = dynamic_cast<const dealii::FESystem<dim>&>(d.dof_handler.get_fe());
  ElementStiffness<dim> local(element, d.quadrature);
  const unsigned int n = element.n_dofs_per_cell();
  const auto& owned = d.dof_handler.locally_owned_dofs();
  dealii::FullMatrix<double> cell_matrix(n, n);
  CellCoefficients gathered;
  std::vector<dealii::types::global_dof_index> indices(n);
  std::vector<int> first(local.n_nodes());
  std::vector<unsigned int> order(local.n_nodes());
  // Cells of the general path come last: libraries do not let both kinds of access alternate.
  std::vector<std::pair<typename dealii::DoFHandler<dim>::active_cell_iterator, std::size_t>> rest;
  {
    const auto rows = rows_of(matrix);
    std::size_t number = 0;
    for (const auto& cell : d.dof_handler.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      const auto k = number++;
      cell->get_dof_indices(indices);
      bool direct = !d.springs || !d.springs->of_cell(k);
      for (unsigned int a = 0; a < first.size() && direct; ++a) {
        const auto index = indices[local.unknown(a, 0)];
        for (unsigned int c = 0; c < dim; ++c)
          direct = direct && indices[local.unknown(a, c)] == index + c &&
                   owned.is_element(index + c) && !d.constraints.is_constrained(index + c);
        if (direct) first[a] = static_cast<int>(owned.index_within_set(index));
      }
      if (!direct) {
        rest.emplace_back(cell, k);
        continue;
      }
      std::iota(order.begin(), order.end(), 0u);
      std::sort(order.begin(), order.end(),
                [&](unsigned int a, unsigned int b) { return first[a] < first[b]; });
      local.reinit(cell);
      add_by_nodes<dim>(rows, local.matrix_by_nodes(stiffness.cell(k, gathered)), first, order);
    }
  }
  for (const auto& [cell, k] : rest) {
    local.reinit(cell);
    local.matrix(stiffness.cell(k, gathered), cell_matrix);
    if (const auto* springs = d.springs ? d.springs->of_cell(k) : nullptr)
      cell_matrix.add(1., *springs);
    cell->get_dof_indices(indices);
    d.constraints.distribute_local_to_global(cell_matrix, indices, matrix);
  }
  matrix.compress(dealii::VectorOperation::add);
}

#define INSTANTIATE(dim, library)                                                       \
  template void reinit_matrix(const Discretization<dim>&, library::SparseMatrix&);      \
  template void assemble_matrix(const Discretization<dim>&, const StiffnessField<dim>&, \
                                library::SparseMatrix&);
INSTANTIATE(2, PETSc)
INSTANTIATE(3, PETSc)
INSTANTIATE(2, Trilinos)
INSTANTIATE(3, Trilinos)
#undef INSTANTIATE

}  // namespace seco::macro
