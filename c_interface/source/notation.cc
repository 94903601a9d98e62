#include "notation.h"

#include <fmt/format.h>

#include <cmath>
#include <stdexcept>

#include "seco/seco.h"

namespace seco::c_interface {

Notation::Notation(int notation, int dimension)
    : n_components_(materials::n_mandel_components(dimension)), order_{0, 1, 2, 3, 4, 5} {
  if (notation != SECO_VOIGT && notation != SECO_ABAQUS && notation != SECO_MANDEL)
    throw std::invalid_argument(fmt::format(
        "argument notation is {}; allowed are SECO_VOIGT ({}), SECO_ABAQUS ({}) and SECO_MANDEL "
        "({})",
        notation, static_cast<int>(SECO_VOIGT), static_cast<int>(SECO_ABAQUS),
        static_cast<int>(SECO_MANDEL)));
  if (notation == SECO_ABAQUS && dimension == 3) order_ = {0, 1, 2, 5, 4, 3};
  for (int i = 0; i < 6; ++i)
    scale_[static_cast<std::size_t>(i)] =
        notation != SECO_MANDEL && i >= dimension ? std::sqrt(0.5) : 1.;
}

materials::MandelMatrix Notation::stiffness(const materials::MandelMatrix& mandel) const {
  materials::MandelMatrix result(n_components_, n_components_);
  for (int i = 0; i < n_components_; ++i)
    for (int j = 0; j < n_components_; ++j) {
      const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
      result(i, j) = scale_[a] * mandel(order_[a], order_[b]) * scale_[b];
    }
  return result;
}

materials::MandelVector Notation::mandel_strain(const double* strain) const {
  materials::MandelVector result(n_components_);
  for (int i = 0; i < n_components_; ++i) {
    const auto a = static_cast<std::size_t>(i);
    result(order_[a]) = scale_[a] * strain[i];
  }
  return result;
}

void Notation::write_stress(const materials::MandelVector& mandel, double* stress) const {
  for (int i = 0; i < n_components_; ++i) {
    const auto a = static_cast<std::size_t>(i);
    stress[i] = scale_[a] * mandel(order_[a]);
  }
}

void copy_symmetric(const materials::MandelMatrix& matrix, double* values) {
  for (Eigen::Index i = 0; i < matrix.rows(); ++i)
    for (Eigen::Index j = 0; j < matrix.cols(); ++j)
      values[i * matrix.cols() + j] = 0.5 * (matrix(i, j) + matrix(j, i));
}

}  // namespace seco::c_interface
