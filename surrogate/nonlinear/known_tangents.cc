#include "known_tangents.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>

namespace seco::surrogate {

using materials::MandelMatrix;

KnownTangent::KnownTangent(const MandelMatrix& mean_of_voxels) : mean(mean_of_voxels) {
  const Eigen::SelfAdjointEigenSolver<MandelMatrix> eigen(mean);
  const auto& values = eigen.eigenvalues();
  if (values.minCoeff() > 0) {
    largest_ = values.maxCoeff();
    inverse_root_ =
        values.cwiseSqrt().cwiseInverse().asDiagonal() * eigen.eigenvectors().transpose();
  } else {
    largest_ = mean.norm();
    inverse_root_ = MandelMatrix::Identity(mean.rows(), mean.cols()) / std::sqrt(largest_);
  }
}

double KnownTangent::distance(const MandelMatrix& other) const {
  return (inverse_root_ * (other - mean) * inverse_root_.transpose()).norm();
}

double KnownTangent::least_distance(const MandelMatrix& other) const {
  return (other - mean).norm() / largest_;
}

std::shared_ptr<const KnownTangent> KnownTangents::nearest(const MandelMatrix& mean) const {
  std::shared_ptr<const KnownTangent> result;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& weak : tangents_) {
    auto tangent = weak.lock();
    if (!tangent || tangent->least_distance(mean) >= least) continue;
    const double distance = tangent->distance(mean);
    if (distance >= least) continue;
    least = distance;
    result = std::move(tangent);
  }
  return result;
}

void KnownTangents::forget_unused() {
  std::erase_if(tangents_, [](const auto& tangent) { return tangent.expired(); });
}

}  // namespace seco::surrogate
