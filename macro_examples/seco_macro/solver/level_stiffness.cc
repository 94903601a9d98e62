#include "level_stiffness.h"

#include <deal.II/base/quadrature_lib.h>
#include <deal.II/fe/fe_dgq.h>
#include <deal.II/fe/fe_values.h>

#include <algorithm>

namespace seco::macro {

template <int dim>
LevelStiffness<dim>::LevelStiffness(
    const std::vector<std::shared_ptr<const dealii::Triangulation<dim>>>& meshes)
    : meshes_(meshes), sums_(meshes.size()) {
  const dealii::FE_DGQ<dim> element(0);
  for (std::size_t level = 0; level < meshes.size(); ++level) {
    constants_.push_back(std::make_unique<dealii::DoFHandler<dim>>(*meshes[level]));
    constants_.back()->distribute_dofs(element);
    if (level > 0)
      sums_[level].reinit_geometric_transfer(*constants_[level], *constants_[level - 1]);
  }
}

template <int dim>
std::vector<StiffnessField<dim>> LevelStiffness<dim>::averages(const StiffnessField<dim>& stiffness,
                                                               unsigned int points_per_axis) const {
  constexpr unsigned int n = StiffnessField<dim>::n_coefficients;
  constexpr unsigned int n_coarse_points = 1 << dim;
  std::vector<StiffnessField<dim>> result(meshes_.size() - 1);
  if (result.empty()) return result;
  // Volume times average of each coefficient, and the volume itself.
  const auto number_of = [](const auto& cell) {
    std::vector<dealii::types::global_dof_index> index(1);
    cell->get_dof_indices(index);
    return index[0];
  };
  std::vector<Vector> integrals(n + 1);
  for (auto& vector : integrals)
    vector.reinit(constants_.back()->locally_owned_dofs(), constants_.back()->get_communicator());
  dealii::FEValues<dim> values(constants_.back()->get_fe(), dealii::QGauss<dim>(points_per_axis),
                               dealii::update_JxW_values);
  CellCoefficients gathered;
  std::size_t k = 0;
  for (const auto& cell : constants_.back()->active_cell_iterators()) {
    if (!cell->is_locally_owned()) continue;
    values.reinit(cell);
    const double* c = stiffness.cell(k++, gathered);
    const auto index = number_of(cell);
    for (const auto q : values.quadrature_point_indices()) {
      integrals[n](index) += values.JxW(q);
      for (unsigned int i = 0; i < n; ++i) integrals[i](index) += *c++ * values.JxW(q);
    }
  }
  for (std::size_t level = meshes_.size() - 1; level > 0; --level) {
    const auto& coarse = *constants_[level - 1];
    for (auto& fine : integrals) {
      Vector sum(coarse.locally_owned_dofs(), coarse.get_communicator());
      sums_[level].restrict_and_add(sum, fine);
      fine.swap(sum);
    }
    std::size_t n_cells = 0;
    for (const auto& cell : coarse.active_cell_iterators()) n_cells += cell->is_locally_owned();
    auto& field = result[level - 1] = StiffnessField<dim>::per_cell(n_cells, n_coarse_points);
    k = 0;
    for (const auto& cell : coarse.active_cell_iterators()) {
      if (!cell->is_locally_owned()) continue;
      const auto index = number_of(cell);
      double* c = field.own(k++);
      for (unsigned int i = 0; i < n; ++i) c[i] = integrals[i](index) / integrals[n](index);
    }
  }
  return result;
}

template <int dim>
StiffnessField<dim> on_two_points(const StiffnessField<dim>& stiffness, std::size_t n_cells,
                                  unsigned int points_per_axis) {
  constexpr unsigned int n = StiffnessField<dim>::n_coefficients;
  const dealii::QGauss<1> gauss(points_per_axis);
  // Share of every point in each half of the axis.
  std::vector<std::array<double, 2>> shares;
  double start = 0;
  for (unsigned int q = 0; q < points_per_axis; ++q) {
    const double end = start + gauss.weight(q);
    const double first = std::clamp(0.5 - start, 0., end - start);
    shares.push_back({2 * first, 2 * (end - start - first)});
    start = end;
  }
  const unsigned int n_points = dealii::Utilities::pow(points_per_axis, dim);
  StiffnessField<dim> result(n_cells, 1 << dim);
  CellCoefficients gathered;
  for (std::size_t k = 0; k < n_cells; ++k) {
    const double* c = stiffness.cell(k, gathered);
    for (unsigned int q = 0; q < n_points; ++q, c += n)
      for (unsigned int half = 0; half < (1 << dim); ++half) {
        double share = 1;
        unsigned int rest = q;
        for (unsigned int d = 0; d < dim; ++d, rest /= points_per_axis)
          share *= shares[rest % points_per_axis][half >> d & 1];
        if (share == 0) continue;
        double* const sum = result.own(k) + half * n;
        for (unsigned int i = 0; i < n; ++i) sum[i] += share * c[i];
      }
  }
  return result;
}

template class LevelStiffness<2>;
template class LevelStiffness<3>;
template StiffnessField<2> on_two_points(const StiffnessField<2>&, std::size_t, unsigned int);
template StiffnessField<3> on_two_points(const StiffnessField<3>&, std::size_t, unsigned int);

}  // namespace seco::macro
