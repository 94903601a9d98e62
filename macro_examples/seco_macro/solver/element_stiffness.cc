#include "element_stiffness.h"

#include <cmath>

namespace seco::macro {
namespace {

using Block = simd::Vector<double>;
constexpr unsigned int n_lanes = simd::lanes<double>;

/// Number of the strain component i j in Mandel notation.
template <int dim>
constexpr unsigned int strain_index(unsigned int i, unsigned int j) {
  return i == j ? i : dim == 2 ? 2 : 6 - i - j;
}

/// Place of an entry in the upper triangle, row by row.
template <int dim>
constexpr unsigned int triangle_index(unsigned int row, unsigned int column) {
  constexpr unsigned int n = StiffnessField<dim>::n_strains;
  return row <= column ? row * n - row * (row + 1) / 2 + column
                       : column * n - column * (column + 1) / 2 + row;
}

/// C[i j k l] of the Mandel coefficients.
template <int dim>
[[gnu::always_inline]] inline double stiffness(const double* coefficients, unsigned int i,
                                               unsigned int j, unsigned int k, unsigned int l) {
  constexpr double root = 0.70710678118654752440;
  return coefficients[triangle_index<dim>(strain_index<dim>(i, j), strain_index<dim>(k, l))] *
         (i == j ? 1. : root) * (k == l ? 1. : root);
}

template <int dim>
constexpr unsigned int n_pairs = dim*(dim + 1) / 2;

/// w C[i j k l] g[l] of all nodes, at all points, for all pairs i <= k.
template <int dim>
[[gnu::always_inline]] inline void stresses_of(const double* coefficients, const double* weights,
                                               const Block* gradients, unsigned int n_points,
                                               unsigned int n_blocks, Block* stresses) {
  for (unsigned int q = 0; q < n_points; ++q) {
    const double* const c = coefficients + q * StiffnessField<dim>::n_coefficients;
    const Block* const g = gradients + q * dim * n_blocks;
    unsigned int pair = 0;
    for (unsigned int i = 0; i < dim; ++i)
      for (unsigned int k = i; k < dim; ++k, ++pair)
        for (unsigned int j = 0; j < dim; ++j) {
          double row[dim];
          for (unsigned int l = 0; l < dim; ++l)
            row[l] = weights[q] * stiffness<dim>(c, i, j, k, l);
          Block* const out = stresses + ((pair * n_points + q) * dim + j) * n_blocks;
          for (unsigned int b = 0; b < n_blocks; ++b) {
            Block sum = row[0] * g[b];
            for (unsigned int l = 1; l < dim; ++l) sum += row[l] * g[l * n_blocks + b];
            out[b] = sum;
          }
        }
  }
}

/// Gradients^T stresses, for rows of nodes and blocks of columns.
template <int dim>
[[gnu::always_inline]] inline void multiply(const Block* gradients, const Block* stresses,
                                            unsigned int n_rows, unsigned int n_sums,
                                            unsigned int n_blocks, Block* products) {
  const auto* const g = reinterpret_cast<const double*>(gradients);
  const unsigned int stride = n_blocks * n_lanes;
  constexpr unsigned int rows = 4;
  for (unsigned int pair = 0; pair < n_pairs<dim>; ++pair)
    for (unsigned int b = 0; b < n_blocks; ++b) {
      const Block* const s = stresses + pair * n_sums * n_blocks + b;
      for (unsigned int a = 0; a < n_rows; a += rows) {
        Block sums[rows] = {};
        for (unsigned int k = 0; k < n_sums; ++k) {
          const Block stress = s[k * n_blocks];
          for (unsigned int r = 0; r < rows; ++r) sums[r] += g[k * stride + a + r] * stress;
        }
        for (unsigned int r = 0; r < rows; ++r)
          products[(pair * stride + a + r) * n_blocks + b] = sums[r];
      }
    }
}

#define PRODUCTS(dim)                                                                     \
  SECO_SIMD_CLONES void products_##dim(const double* coefficients, const double* weights, \
                                       const Block* gradients, unsigned int n_points,     \
                                       unsigned int n_nodes, unsigned int n_blocks,       \
                                       Block* stresses, Block* products) {                \
    stresses_of<dim>(coefficients, weights, gradients, n_points, n_blocks, stresses);     \
    multiply<dim>(gradients, stresses, n_nodes, n_points * dim, n_blocks, products);      \
  }
PRODUCTS(2)
PRODUCTS(3)
#undef PRODUCTS

}  // namespace

template <int dim>
ElementStiffness<dim>::ElementStiffness(const dealii::FESystem<dim>& element,
                                        const dealii::Quadrature<dim>& quadrature)
    : values_(element.base_element(0), quadrature,
              dealii::update_gradients | dealii::update_JxW_values),
      n_nodes_(element.base_element(0).n_dofs_per_cell()),
      n_points_(quadrature.size()),
      n_blocks_((n_nodes_ + n_lanes - 1) / n_lanes),
      weights_(n_points_),
      gradients_(n_points_ * dim * n_blocks_),
      stresses_(n_pairs<dim> * n_points_ * dim * n_blocks_),
      products_(n_pairs<dim> * n_blocks_ * n_lanes * n_blocks_),
      by_nodes_(n_nodes_ * dim * n_nodes_ * dim) {
  for (unsigned int a = 0; a < n_nodes_; ++a)
    for (unsigned int c = 0; c < dim; ++c)
      unknown_.push_back(element.component_to_system_index(c, a));
}

template <int dim>
void ElementStiffness<dim>::reinit(const typename dealii::Triangulation<dim>::cell_iterator& cell) {
  values_.reinit(cell);
  auto* const g = reinterpret_cast<double*>(gradients_.data());
  const unsigned int stride = n_blocks_ * n_lanes;
  for (unsigned int q = 0; q < n_points_; ++q) {
    weights_[q] = values_.JxW(q);
    for (unsigned int a = 0; a < n_nodes_; ++a) {
      const auto& gradient = values_.shape_grad(a, q);
      for (unsigned int d = 0; d < dim; ++d) g[(q * dim + d) * stride + a] = gradient[d];
    }
  }
}

template <int dim>
const std::vector<double>& ElementStiffness<dim>::matrix_by_nodes(const double* coefficients) {
  (dim == 2 ? products_2 : products_3)(coefficients, weights_.data(), gradients_.data(), n_points_,
                                       n_nodes_, n_blocks_, stresses_.data(), products_.data());
  const auto* const products = reinterpret_cast<const double*>(products_.data());
  const unsigned int stride = n_blocks_ * n_lanes, n = n_nodes_ * dim;
  unsigned int pair = 0;
  for (unsigned int i = 0; i < dim; ++i)
    for (unsigned int k = i; k < dim; ++k, ++pair)
      for (unsigned int a = 0; a < n_nodes_; ++a) {
        const double* const row = products + (pair * stride + a) * stride;
        for (unsigned int b = 0; b < n_nodes_; ++b) {
          by_nodes_[(a * dim + i) * n + b * dim + k] = row[b];
          if (i != k) by_nodes_[(b * dim + k) * n + a * dim + i] = row[b];
        }
      }
  return by_nodes_;
}

template <int dim>
void ElementStiffness<dim>::matrix(const double* coefficients, dealii::FullMatrix<double>& result) {
  const auto& by_nodes = matrix_by_nodes(coefficients);
  const unsigned int n = n_nodes_ * dim;
  for (unsigned int i = 0; i < n; ++i)
    for (unsigned int j = 0; j < n; ++j) result(unknown_[i], unknown_[j]) = by_nodes[i * n + j];
}

template <int dim>
void ElementStiffness<dim>::diagonal(const double* coefficients,
                                     dealii::Vector<double>& result) const {
  const auto* const g = reinterpret_cast<const double*>(gradients_.data());
  const unsigned int stride = n_blocks_ * n_lanes;
  result = 0;
  for (unsigned int q = 0; q < n_points_; ++q) {
    const double* const c = coefficients + q * StiffnessField<dim>::n_coefficients;
    for (unsigned int i = 0; i < dim; ++i)
      for (unsigned int j = 0; j < dim; ++j)
        for (unsigned int l = 0; l < dim; ++l) {
          const double factor = weights_[q] * stiffness<dim>(c, i, j, i, l);
          for (unsigned int a = 0; a < n_nodes_; ++a)
            result(unknown_[a * dim + i]) +=
                factor * g[(q * dim + j) * stride + a] * g[(q * dim + l) * stride + a];
        }
  }
}

template <int dim>
double ElementStiffness<dim>::forces(const double* coefficients,
                                     const dealii::Vector<double>& displacement,
                                     dealii::Vector<double>& result) const {
  constexpr unsigned int n_strains = StiffnessField<dim>::n_strains;
  const auto* const g = reinterpret_cast<const double*>(gradients_.data());
  const unsigned int stride = n_blocks_ * n_lanes;
  const double root = std::sqrt(0.5);
  result = 0;
  double energy = 0;
  for (unsigned int q = 0; q < n_points_; ++q) {
    const double* const c = coefficients + q * StiffnessField<dim>::n_coefficients;
    double gradient[dim][dim] = {}, strain[n_strains], stress[n_strains], tensor[dim][dim];
    for (unsigned int d = 0; d < dim; ++d)
      for (unsigned int a = 0; a < n_nodes_; ++a)
        for (unsigned int i = 0; i < dim; ++i)
          gradient[i][d] += displacement(unknown_[a * dim + i]) * g[(q * dim + d) * stride + a];
    for (unsigned int i = 0; i < dim; ++i) {
      strain[i] = gradient[i][i];
      for (unsigned int j = i + 1; j < dim; ++j)
        strain[strain_index<dim>(i, j)] = root * (gradient[i][j] + gradient[j][i]);
    }
    for (unsigned int r = 0; r < n_strains; ++r) {
      stress[r] = 0;
      for (unsigned int s = 0; s < n_strains; ++s)
        stress[r] += c[triangle_index<dim>(r, s)] * strain[s];
      energy += 0.5 * weights_[q] * stress[r] * strain[r];
    }
    for (unsigned int i = 0; i < dim; ++i)
      for (unsigned int j = 0; j < dim; ++j)
        tensor[i][j] = weights_[q] * stress[strain_index<dim>(i, j)] * (i == j ? 1. : root);
    for (unsigned int a = 0; a < n_nodes_; ++a)
      for (unsigned int i = 0; i < dim; ++i) {
        double sum = 0;
        for (unsigned int d = 0; d < dim; ++d) sum += tensor[i][d] * g[(q * dim + d) * stride + a];
        result(unknown_[a * dim + i]) += sum;
      }
  }
  return energy;
}

template class ElementStiffness<2>;
template class ElementStiffness<3>;

}  // namespace seco::macro
