#pragma once

#include <cstddef>
#include <vector>

namespace seco::macro {

/// Stiffness of every quadrature point of the locally owned cells, contiguous in memory: cell by
/// cell in the order of the mesh, in each cell in the order of the quadrature. A point has the
/// upper triangle of its Mandel matrix, row by row (21 coefficients in 3D, 6 in 2D).
template <int dim>
class StiffnessField {
 public:
  static constexpr unsigned int n_strains = dim * (dim + 1) / 2;
  static constexpr unsigned int n_coefficients = n_strains * (n_strains + 1) / 2;

  StiffnessField() = default;
  StiffnessField(std::size_t n_cells, unsigned int points_per_cell)
      : cell_stride_(points_per_cell * n_coefficients), coefficients_(n_cells * cell_stride_) {}

  /// One stiffness everywhere, stored once for a cell.
  static StiffnessField constant(const double* coefficients, unsigned int points_per_cell) {
    StiffnessField field;
    for (unsigned int q = 0; q < points_per_cell; ++q)
      field.coefficients_.insert(field.coefficients_.end(), coefficients,
                                 coefficients + n_coefficients);
    return field;
  }

  /// Coefficients of the points of a cell, by its number among the locally owned ones.
  double* cell(std::size_t number) { return coefficients_.data() + number * cell_stride_; }
  const double* cell(std::size_t number) const {
    return coefficients_.data() + number * cell_stride_;
  }

 private:
  std::size_t cell_stride_ = 0;
  std::vector<double> coefficients_;
};

}  // namespace seco::macro
