#include "cell_operator.h"

#include <deal.II/base/polynomial.h>
#include <deal.II/base/quadrature_lib.h>
#include <deal.II/dofs/dof_tools.h>
#include <deal.II/fe/fe_q.h>
#include <deal.II/fe/fe_system.h>
#include <deal.II/fe/fe_values.h>

#include "cell_kernel.h"
#include "element_stiffness.h"

namespace seco::macro {

template <int dim, typename Number>
CellOperator<dim, Number>::CellOperator(const dealii::DoFHandler<dim>& dof_handler,
                                        const dealii::AffineConstraints<double>& constraints,
                                        const SpringMatrices<dim>* springs)
    : dof_handler_(dof_handler), degree_(dof_handler.get_fe().degree) {
  const auto& element = dof_handler.get_fe();
  const auto& scalar = dynamic_cast<const dealii::FE_Q<dim>&>(element.base_element(0));
  const unsigned int n = degree_ + 1;
  const dealii::QGauss<1> gauss(n);
  const auto nodes = dealii::QGaussLobatto<1>(n).get_points();
  const auto at_nodes = dealii::Polynomials::generate_complete_Lagrange_basis(nodes);
  const auto at_points = dealii::Polynomials::generate_complete_Lagrange_basis(gauss.get_points());
  for (unsigned int q = 0; q < n; ++q)
    for (unsigned int i = 0; i < n; ++i) {
      const double x = gauss.point(q)[0];
      shape_.push_back(static_cast<Number>(at_nodes[i].value(x)));
      derivative_.push_back(static_cast<Number>(at_points[i].derivative().value(x)));
    }

  dealii::IndexSet relevant;
  dealii::DoFTools::extract_locally_relevant_dofs(dof_handler, relevant);
  partitioner_ = std::make_shared<const dealii::Utilities::MPI::Partitioner>(
      dof_handler.locally_owned_dofs(), relevant, dof_handler.get_communicator());
  work_.reinit(partitioner_);

  const dealii::QGauss<dim> quadrature(n);
  n_points_ = quadrature.size();
  n_unknowns_ = element.n_dofs_per_cell();
  n_cells_ = 0;
  for (const auto& cell : dof_handler.active_cell_iterators())
    if (cell->is_locally_owned()) ++n_cells_;
  n_batches_ = (n_cells_ + n_lanes - 1) / n_lanes;
  unknowns_.assign(n_batches_ * n_unknowns_ * n_lanes, 0);
  weights_.resize(n_batches_ * n_points_);
  affine_.assign(n_batches_, 1);
  const auto lexicographic = scalar.get_poly_space_numbering_inverse();
  dealii::FEValues<dim> values(scalar, quadrature,
                               dealii::update_inverse_jacobians | dealii::update_JxW_values);
  std::vector<dealii::types::global_dof_index> indices(n_unknowns_);
  dealii::AlignedVector<Block> jacobians(n_points_ * dim * dim);
  auto* const entries = reinterpret_cast<Number*>(jacobians.data());
  auto* const weights = reinterpret_cast<Number*>(weights_.data());
  std::size_t k = 0;
  const auto finish_batch = [&](std::size_t batch) {
    jacobian_start_.push_back(inverse_jacobians_.size());
    inverse_jacobians_.insert_back(
        jacobians.begin(), affine_[batch] ? jacobians.begin() + dim * dim : jacobians.end());
    jacobians.fill();
  };
  for (const auto& cell : dof_handler.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    const std::size_t batch = k / n_lanes, lane = k % n_lanes;
    cell->get_dof_indices(indices);
    values.reinit(cell);
    for (unsigned int c = 0; c < dim; ++c)
      for (unsigned int a = 0; a < scalar.n_dofs_per_cell(); ++a)
        unknowns_[(batch * n_unknowns_ + c * scalar.n_dofs_per_cell() + a) * n_lanes + lane] =
            partitioner_->global_to_local(
                indices[element.component_to_system_index(c, lexicographic[a])]);
    if (const auto* matrix = springs ? springs->of_cell(k) : nullptr) {
      auto& spring_cell = spring_cells_.emplace_back();
      for (const auto index : indices)
        spring_cell.unknowns.push_back(partitioner_->global_to_local(index));
      for (unsigned int i = 0; i < n_unknowns_; ++i)
        for (unsigned int j = 0; j < n_unknowns_; ++j)
          spring_cell.matrix.push_back(static_cast<Number>((*matrix)(i, j)));
    }
    const auto& first = values.inverse_jacobian(0);
    for (unsigned int q = 0; q < n_points_; ++q) {
      weights[(batch * n_points_ + q) * n_lanes + lane] = static_cast<Number>(values.JxW(q));
      const auto& inverse = values.inverse_jacobian(q);
      for (unsigned int i = 0; i < dim; ++i)
        for (unsigned int j = 0; j < dim; ++j) {
          entries[((q * dim + i) * dim + j) * n_lanes + lane] = static_cast<Number>(inverse[i][j]);
          if (std::abs(inverse[i][j] - first[i][j]) > 1e-12 * first.norm()) affine_[batch] = 0;
        }
    }
    if (++k % n_lanes == 0 || k == n_cells_) finish_batch(batch);
  }

  master_start_.push_back(0);
  for (const auto& line : constraints.get_lines()) {
    bool here = relevant.is_element(line.index);
    // Unknowns of ghost cells alone may follow others that are out of sight; no cell here has them.
    for (const auto& [master, weight] : line.entries) here = here && relevant.is_element(master);
    if (!here) continue;
    constrained_.push_back(partitioner_->global_to_local(line.index));
    for (const auto& [master, weight] : line.entries) {
      masters_.push_back(partitioner_->global_to_local(master));
      master_weights_.push_back(static_cast<Number>(weight));
    }
    master_start_.push_back(masters_.size());
  }
}

template <int dim, typename Number>
void CellOperator<dim, Number>::set_stiffness(const StiffnessField<dim>& stiffness) {
  constexpr unsigned int n = StiffnessField<dim>::n_coefficients;
  stiffness_.resize(n_batches_ * n_points_ * n);
  auto* const out = reinterpret_cast<Number*>(stiffness_.data());
  const auto* const weights = reinterpret_cast<const Number*>(weights_.data());
  CellCoefficients gathered;
  for (std::size_t k = 0; k < n_cells_; ++k) {
    const std::size_t batch = k / n_lanes, lane = k % n_lanes;
    const double* c = stiffness.cell(k, gathered);
    for (std::size_t q = batch * n_points_; q < (batch + 1) * n_points_; ++q)
      for (unsigned int i = 0; i < n; ++i)
        out[(q * n + i) * n_lanes + lane] = static_cast<Number>(*c++ * weights[q * n_lanes + lane]);
  }
}

template <int dim, typename Number>
void CellOperator<dim, Number>::distribute(Vector& vector) const {
  for (std::size_t i = 0; i < constrained_.size(); ++i) {
    Number value = 0;
    for (auto k = master_start_[i]; k < master_start_[i + 1]; ++k)
      value += master_weights_[k] * vector.local_element(masters_[k]);
    vector.local_element(constrained_[i]) = value;
  }
}

template <int dim, typename Number>
void CellOperator<dim, Number>::condense(Vector& vector) const {
  for (std::size_t i = 0; i < constrained_.size(); ++i) {
    auto& force = vector.local_element(constrained_[i]);
    for (auto k = master_start_[i]; k < master_start_[i + 1]; ++k)
      vector.local_element(masters_[k]) += master_weights_[k] * force;
    force = 0;
  }
}

template <int dim, typename Number>
void CellOperator<dim, Number>::vmult(Vector& destination, const Vector& source) const {
  work_.copy_locally_owned_data_from(source);
  work_.update_ghost_values();
  distribute(work_);
  destination.zero_out_ghost_values();
  destination = Number(0);
  CellBatch<Number> batch;
  batch.shape = shape_.data();
  batch.derivative = derivative_.data();
  batch.source = work_.begin();
  batch.destination = destination.begin();
  for (std::size_t b = 0; b < n_batches_; ++b) {
    batch.unknowns = unknowns_.data() + b * n_unknowns_ * n_lanes;
    batch.n_filled_lanes = std::min<std::size_t>(n_lanes, n_cells_ - b * n_lanes);
    batch.stiffness = stiffness_.data() + b * n_points_ * StiffnessField<dim>::n_coefficients;
    batch.inverse_jacobian = inverse_jacobians_.data() + jacobian_start_[b];
    batch.affine = affine_[b];
    apply_cells<dim, Number>(degree_, batch);
  }
  for (const auto& [unknowns, matrix] : spring_cells_)
    for (unsigned int i = 0; i < n_unknowns_; ++i)
      for (unsigned int j = 0; j < n_unknowns_; ++j)
        destination.local_element(unknowns[i]) +=
            matrix[i * n_unknowns_ + j] * work_.local_element(unknowns[j]);
  condense(destination);
  work_.zero_out_ghost_values();
  destination.compress(dealii::VectorOperation::add);
  for (const auto i : constrained_)
    if (i < partitioner_->locally_owned_size())
      destination.local_element(i) = source.local_element(i);
}

template <int dim, typename Number>
std::shared_ptr<dealii::DiagonalMatrix<typename CellOperator<dim, Number>::Vector>>
CellOperator<dim, Number>::inverse_diagonal(const StiffnessField<dim>& stiffness) const {
  ElementStiffness<dim> local(dynamic_cast<const dealii::FESystem<dim>&>(dof_handler_.get_fe()),
                              dealii::QGauss<dim>(degree_ + 1));
  auto inverse = std::make_shared<dealii::DiagonalMatrix<Vector>>();
  auto& diagonal = inverse->get_vector();
  diagonal.reinit(partitioner_);
  dealii::Vector<double> cell_diagonal(n_unknowns_);
  CellCoefficients gathered;
  std::vector<dealii::types::global_dof_index> indices(n_unknowns_);
  std::size_t k = 0;
  for (const auto& cell : dof_handler_.active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    local.reinit(cell);
    local.diagonal(stiffness.cell(k++, gathered), cell_diagonal);
    cell->get_dof_indices(indices);
    for (unsigned int i = 0; i < n_unknowns_; ++i)
      diagonal.local_element(partitioner_->global_to_local(indices[i])) +=
          static_cast<Number>(cell_diagonal(i));
  }
  for (const auto& [unknowns, matrix] : spring_cells_)
    for (unsigned int i = 0; i < n_unknowns_; ++i)
      diagonal.local_element(unknowns[i]) += matrix[i * n_unknowns_ + i];
  for (std::size_t i = 0; i < constrained_.size(); ++i) {
    auto& entry = diagonal.local_element(constrained_[i]);
    for (auto m = master_start_[i]; m < master_start_[i + 1]; ++m)
      diagonal.local_element(masters_[m]) += master_weights_[m] * master_weights_[m] * entry;
    entry = 0;
  }
  diagonal.compress(dealii::VectorOperation::add);
  for (auto& entry : diagonal) entry = entry > 0 ? Number(1) / entry : Number(1);
  return inverse;
}

template <int dim, typename Number>
Number CellOperator<dim, Number>::el(unsigned int, unsigned int) const {
  AssertThrow(false, dealii::ExcNotImplemented());
  return 0;
}

template class CellOperator<2, double>;
template class CellOperator<3, double>;
template class CellOperator<2, float>;
template class CellOperator<3, float>;

}  // namespace seco::macro
