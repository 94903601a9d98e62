#include "matrices.h"

namespace seco::surrogate {

materials::MandelMatrix to_matrix(const torch::Tensor& values) {
  const auto contiguous = values.to(torch::kCPU, torch::kDouble).contiguous();
  return Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
      contiguous.data_ptr<double>(), contiguous.size(0), contiguous.size(1));
}

LameConstants isotropic_part(const materials::MandelMatrix& stiffness) {
  const auto m = stiffness.rows();
  const int d = m == 3 ? 2 : 3;
  const double bulk = stiffness.topLeftCorner(d, d).sum() / (d * d);
  const double mu = (stiffness.trace() - d * bulk) / (2. * static_cast<double>(m - 1));
  return {bulk - 2. * mu / d, mu};
}

materials::MandelMatrix isotropic_stiffness(const LameConstants& constants, int dimension) {
  const auto m = materials::n_mandel_components(dimension);
  materials::MandelMatrix stiffness = 2. * constants.mu * materials::MandelMatrix::Identity(m, m);
  stiffness.topLeftCorner(dimension, dimension).array() += constants.lambda;
  return stiffness;
}

}  // namespace seco::surrogate
