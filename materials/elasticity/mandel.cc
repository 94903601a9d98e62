#include "seco/materials/mandel.h"

#include <Eigen/Eigenvalues>
#include <array>
#include <cmath>

namespace seco::materials {
namespace {

constexpr std::array<std::pair<int, int>, 6> index_pairs{
    {{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}}};

}  // namespace

MandelMatrix mandel_rotation(const Rotation& r) {
  // Column q is the Mandel vector of R B_q R^T with B_q the orthonormal basis tensors.
  MandelMatrix q(6, 6);
  for (int column = 0; column < 6; ++column) {
    const auto [k, l] = index_pairs[column];
    for (int row = 0; row < 6; ++row) {
      const auto [i, j] = index_pairs[row];
      const double weight = (i == j ? 1. : std::sqrt(2.)) * (k == l ? 0.5 : std::sqrt(0.5));
      q(row, column) = weight * (r(i, k) * r(j, l) + r(i, l) * r(j, k));
    }
  }
  return q;
}

MandelMatrix rotate(const MandelMatrix& stiffness, const Rotation& rotation) {
  const MandelMatrix q = mandel_rotation(rotation);
  const MandelMatrix turned = q * stiffness * q.transpose();
  return 0.5 * (turned + turned.transpose());
}

MandelMatrix plane_strain(const MandelMatrix& stiffness) {
  constexpr std::array<int, 3> kept{0, 1, 5};
  MandelMatrix plane(3, 3);
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) plane(i, j) = stiffness(kept[i], kept[j]);
  return plane;
}

std::pair<double, double> isotropic_part(const MandelMatrix& stiffness) {
  const int d = dimension_of(stiffness), m = n_mandel_components(d);
  const double bulk = stiffness.topLeftCorner(d, d).sum() / (d * d);
  return {bulk, (stiffness.trace() - d * bulk) / (2. * (m - 1))};
}

double asymmetry(const MandelMatrix& matrix) {
  const double largest = matrix.cwiseAbs().maxCoeff();
  return largest == 0. ? 0. : (matrix - matrix.transpose()).cwiseAbs().maxCoeff() / largest;
}

double relative_smallest_eigenvalue(const MandelMatrix& matrix) {
  const double scale = matrix.cwiseAbs().maxCoeff();
  if (scale == 0.) return 0.;
  const MandelMatrix symmetric = (0.5 / scale) * (matrix + matrix.transpose());
  const Eigen::SelfAdjointEigenSolver<MandelMatrix> solver(symmetric, Eigen::EigenvaluesOnly);
  return solver.eigenvalues().minCoeff() / solver.eigenvalues().cwiseAbs().maxCoeff();
}

}  // namespace seco::materials
