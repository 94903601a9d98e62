#include "hypercircle.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

namespace seco::surrogate {
namespace {

using Matrix = EnergyProducts::Matrix;
using materials::MandelMatrix;

constexpr double unit = 0x1p-53;

// Pseudo-inverse of a symmetric matrix of products, scaled to unit norms first. What is lost in
// their round-off is left out: bounds hold for any coefficients.
Eigen::MatrixXd pseudo_inverse(const Eigen::MatrixXd& products, double cutoff) {
  Eigen::VectorXd scale = products.diagonal().cwiseMax(0.).cwiseSqrt();
  for (auto& value : scale) value = value > 0 ? 1. / value : 0.;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(scale.asDiagonal() * products *
                                                              scale.asDiagonal());
  Eigen::VectorXd reciprocal = solver.eigenvalues();
  const double limit = std::max(cutoff, 1e-13) * std::max(reciprocal.maxCoeff(), 0.);
  for (auto& value : reciprocal) value = value > limit ? 1. / value : 0.;
  return scale.asDiagonal() * solver.eigenvectors() * reciprocal.asDiagonal() *
         solver.eigenvectors().transpose() * scale.asDiagonal();
}

/// From above: energies of the combinations `sum_f c_if x_f` of the exact fields.
///
/// With p_i the sum of `|c_if| ||x_f||`, products move the energy of any combination a of the loads
/// by at most `form_error (sum |a_i| p_i)^2`, and `(sum |a_i| p_i)^2 <= m sum a_i^2 p_i^2`. An
/// error e of the field in the norm takes the energy R to `(sqrt(R) + e)^2 <= (1 + t) R + (1 + 1/t)
/// e^2` for every t > 0.
Matrix from_above(const EnergyProducts& fields, const Matrix& coefficients) {
  const auto m = coefficients.rows(), n = coefficients.cols();
  Matrix energy = coefficients * fields.products * coefficients.transpose();
  const long double factor = static_cast<long double>(m);
  Eigen::Matrix<long double, Eigen::Dynamic, 1> size = energy.diagonal() * 0.L, error = size;
  for (Eigen::Index i = 0; i < m; ++i)
    for (Eigen::Index f = 0; f < n; ++f) {
      const long double weight = std::abs(coefficients(i, f));
      size[i] += weight * std::sqrt(std::max(fields.products(f, f), 0.L));
      error[i] += weight * fields.field_error[static_cast<std::size_t>(f)];
    }
  const long double largest = energy.diagonal().maxCoeff(), largest_error = error.maxCoeff();
  energy.diagonal() += factor * (fields.form_error + 16 * unit) * size.cwiseAbs2();
  if (largest_error > 0) {
    const long double share =
        largest > 0 ? std::sqrt(factor) * largest_error / std::sqrt(largest) : 1.L;
    energy *= 1 + share;
    energy.diagonal() += (1 + 1 / share) * factor * error.cwiseAbs2();
  }
  return energy;
}

bool usable(const Matrix& matrix) {
  return matrix.allFinite();
}

MandelMatrix rounded(const Matrix& matrix) {
  const Matrix symmetric = 0.5L * (matrix + matrix.transpose());
  return symmetric.cast<double>();
}

}  // namespace

MandelMatrix potential_from_above(const EnergyProducts& strains) {
  const auto m = strains.products.rows() / 2;
  const auto& k = strains.products;
  const auto voigt = k.bottomRightCorner(m, m);
  const auto total = k.topLeftCorner(m, m);
  const auto mean = k.topRightCorner(m, m);
  // Of the fluctuations t_j - E_j among each other and with t_i.
  const Eigen::MatrixXd gram = (total - mean - mean.transpose() + voigt).cast<double>();
  const Eigen::MatrixXd coupling = (total - mean).cast<double>();
  const double noise =
      4. * strains.form_error *
      static_cast<double>((total.diagonal() + voigt.diagonal()).cwiseAbs().maxCoeff()) /
      std::max(gram.diagonal().maxCoeff(), std::numeric_limits<double>::min());
  const Matrix step = (coupling * pseudo_inverse(gram, noise)).cast<long double>();
  Matrix coefficients = Matrix::Zero(m, 2 * m);
  coefficients.leftCols(m).setIdentity();
  Matrix best = from_above(strains, coefficients);
  // Voigt's energies are upper bounds too, and all there is of fields that mean nothing.
  const auto weight = [&](const Matrix& energy) -> long double {
    if (!usable(energy)) return std::numeric_limits<long double>::infinity();
    return (energy.diagonal().array() / voigt.diagonal().array()).sum();
  };
  const auto consider = [&](const Matrix& other) {
    if (weight(other) < weight(best)) best = other;
  };
  coefficients.leftCols(m) -= step;
  coefficients.rightCols(m) = step;
  if (usable(coefficients)) consider(from_above(strains, coefficients));
  coefficients.leftCols(m).setZero();
  coefficients.rightCols(m).setIdentity();
  consider(from_above(strains, coefficients));
  return rounded(best);
}

MandelMatrix complementary_from_below(const EnergyProducts& stresses, const Matrix& means,
                                      double inverse_defect) {
  const auto m = means.cols();
  if (!(inverse_defect < 0.5)) return MandelMatrix::Zero(m, m);
  const auto& k = stresses.products;
  Matrix best;
  long double best_weight = -std::numeric_limits<long double>::infinity();
  // The loads are weighted alike: by the Reuss bound.
  const Eigen::MatrixXd reuss = pseudo_inverse(k.bottomRightCorner(m, m).cast<double>(), 0.);
  const auto consider = [&](const Matrix& coefficients) {
    if (!coefficients.allFinite()) return;
    const Matrix energy = from_above(stresses, coefficients) / (1.L - inverse_defect);
    const Matrix work = coefficients * means;
    Matrix bound = work + work.transpose() - energy;
    bound.diagonal() -= 16 * unit * (work.cwiseAbs().rowwise().sum() + energy.diagonal());
    if (!usable(bound)) return;
    const long double weight =
        (bound.diagonal().array() / reuss.cast<long double>().diagonal().array()).sum();
    if (weight > best_weight) {
      best_weight = weight;
      best = bound;
    }
  };
  Matrix coefficients = Matrix::Zero(m, 2 * m);
  // The stresses as they are: those of the unit strains.
  coefficients.leftCols(m).setIdentity();
  consider(coefficients);
  // Their best combination, without and with constant stresses.
  coefficients.leftCols(m) = (means.topRows(m).transpose().cast<double>() *
                              pseudo_inverse(k.topLeftCorner(m, m).cast<double>(), 0.))
                                 .cast<long double>();
  consider(coefficients);
  consider((means.transpose().cast<double>() * pseudo_inverse(k.cast<double>(), 0.))
               .cast<long double>());
  coefficients.setZero();
  coefficients.rightCols(m) = reuss.cast<long double>();
  consider(coefficients);
  if (best.size() == 0) return MandelMatrix::Zero(m, m);
  const MandelMatrix lower = rounded(best);
  // Scaled, since stiffnesses along the axes may differ by orders of magnitude.
  if (!(lower.diagonal().minCoeff() > 0)) return MandelMatrix::Zero(m, m);
  const materials::MandelVector scale = lower.diagonal().cwiseSqrt().cwiseInverse();
  const MandelMatrix scaled = scale.asDiagonal() * lower * scale.asDiagonal();
  const Eigen::SelfAdjointEigenSolver<MandelMatrix> solver(scaled, Eigen::EigenvaluesOnly);
  return solver.eigenvalues().minCoeff() > 0 ? lower : MandelMatrix::Zero(m, m);
}

}  // namespace seco::surrogate
