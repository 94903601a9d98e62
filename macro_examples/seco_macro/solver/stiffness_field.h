#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "seco/plugin/stiffness_table.h"

namespace seco::macro {

/// Numbers of one cell, gathered.
using CellCoefficients = std::vector<double>;

/// Stiffness of every quadrature point of the locally owned cells, cell by cell in the order of the
/// mesh, in each cell in the order of the quadrature. A point has the upper triangle of its Mandel
/// matrix, row by row (21 coefficients in 3D, 6 in 2D). The field either has these numbers of its
/// own, or reads them from the tables of the materials.
template <int dim>
class StiffnessField {
 public:
  static constexpr unsigned int n_strains = dim * (dim + 1) / 2;
  static constexpr unsigned int n_coefficients = n_strains * (n_strains + 1) / 2;
  using Table = plugin::StiffnessTable<dim>;

  /// Where a cell finds its stiffnesses: the table of its material, and its first point there.
  struct Place {
    const Table* table = nullptr;
    std::size_t first_point = 0;
  };

  StiffnessField() = default;
  /// Numbers of its own, zero.
  StiffnessField(std::size_t n_cells, unsigned int points_per_cell)
      : StiffnessField(n_cells, points_per_cell, points_per_cell) {}
  /// One of the stiffnesses of tables, which must outlive the field.
  StiffnessField(std::vector<Place> cells, plugin::Bound bound, unsigned int points_per_cell)
      : points_per_cell_(points_per_cell), places_(std::move(cells)), bound_(bound) {}
  /// Numbers of its own, zero, which all points of a cell share.
  static StiffnessField per_cell(std::size_t n_cells, unsigned int points_per_cell) {
    return {n_cells, points_per_cell, 1};
  }
  /// One stiffness everywhere, stored for one cell.
  static StiffnessField constant(const double* coefficients, unsigned int points_per_cell) {
    StiffnessField field(1, points_per_cell);
    for (unsigned int q = 0; q < points_per_cell; ++q)
      std::copy(coefficients, coefficients + n_coefficients, field.own(0) + q * n_coefficients);
    field.cell_stride_ = 0;
    return field;
  }

  /// Coefficients of the points of a cell, by its number among the locally owned ones.
  /// @param gathered holds them if the field does not, until it is used again
  const double* cell(std::size_t number, CellCoefficients& gathered) const {
    const double* const own = coefficients_.data() + number * cell_stride_;
    if (n_own_points_ > 1) return own;
    gathered.resize(points_per_cell_ * n_coefficients);
    double* out = gathered.data();
    for (unsigned int q = 0; q < points_per_cell_; ++q, out += n_coefficients) {
      if (n_own_points_ == 1) {
        std::copy(own, own + n_coefficients, out);
      } else {
        const auto& [table, first] = places_[number];
        table->stiffness(table->entry_of(first + q), bound_).to_mandel(out);
      }
    }
    return gathered.data();
  }
  /// The numbers that a field has of its own for a cell.
  double* own(std::size_t number) { return coefficients_.data() + number * cell_stride_; }

  /// In bytes, without that of the tables.
  std::size_t memory_consumption() const {
    return sizeof(*this) + coefficients_.capacity() * sizeof(double) +
           places_.capacity() * sizeof(Place);
  }

 private:
  StiffnessField(std::size_t n_cells, unsigned int points_per_cell, unsigned int n_own_points)
      : points_per_cell_(points_per_cell),
        n_own_points_(n_own_points),
        cell_stride_(n_own_points * n_coefficients),
        coefficients_(n_cells * cell_stride_) {}

  /// Points of a cell, and those whose numbers are its own: all, one for all, or none.
  unsigned int points_per_cell_ = 0, n_own_points_ = 0;
  std::size_t cell_stride_ = 0;
  std::vector<double> coefficients_;
  std::vector<Place> places_;
  plugin::Bound bound_ = plugin::Bound::estimate;
};

}  // namespace seco::macro
