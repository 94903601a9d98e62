#include "seco/materials/symmetry_axis.h"

#include <Eigen/Eigenvalues>
#include <Eigen/Geometry>
#include <array>
#include <cmath>
#include <vector>

namespace seco::materials {
namespace {

constexpr double tolerance = 1e-3;

bool unchanged(const MandelMatrix& stiffness, double degrees, const Eigen::Vector3d& axis) {
  const Rotation turn = Eigen::AngleAxisd(degrees * M_PI / 180., axis).toRotationMatrix();
  return (rotate(stiffness, turn) - stiffness).cwiseAbs().maxCoeff() <=
         tolerance * stiffness.cwiseAbs().maxCoeff();
}

bool is_axis(const MandelMatrix& stiffness, const Eigen::Vector3d& axis) {
  return unchanged(stiffness, 90., axis) || unchanged(stiffness, 120., axis);
}

/// C_ijkk and C_ikjk.
std::array<Eigen::Matrix3d, 2> contractions(const MandelMatrix& c) {
  static const int component[3][3] = {{0, 5, 4}, {5, 1, 3}, {4, 3, 2}};
  const auto entry = [&](int i, int j, int k, int l) {
    return c(component[i][j], component[k][l]) * (i == j ? 1. : M_SQRT1_2) *
           (k == l ? 1. : M_SQRT1_2);
  };
  std::array<Eigen::Matrix3d, 2> result{Eigen::Matrix3d::Zero(), Eigen::Matrix3d::Zero()};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k) {
        result[0](i, j) += entry(i, j, k, k);
        result[1](i, j) += entry(i, k, j, k);
      }
  return result;
}

/// Eigenvectors whose eigenvalue no other has.
std::vector<Eigen::Vector3d> distinct_eigenvectors(const Eigen::Matrix3d& matrix) {
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d> solver(matrix);
  const auto& values = solver.eigenvalues();
  const double gap = 10. * tolerance * values.cwiseAbs().maxCoeff();
  std::vector<Eigen::Vector3d> result;
  for (int i = 0; i < 3; ++i)
    if ((i == 0 || values[i] - values[i - 1] > gap) && (i == 2 || values[i + 1] - values[i] > gap))
      result.emplace_back(solver.eigenvectors().col(i));
  return result;
}

std::string name_about(const MandelMatrix& stiffness, const Eigen::Vector3d& axis) {
  const bool four = unchanged(stiffness, 90., axis), three = unchanged(stiffness, 120., axis);
  return four && three ? "transversely isotropic" : four ? "tetragonal" : "trigonal";
}

/// The index of a coordinate axis, or -1.
int coordinate(const Eigen::Vector3d& direction) {
  for (int i = 0; i < 3; ++i)
    if (std::abs(direction[i]) > 1. - 1e-12) return i;
  return -1;
}

}  // namespace

ElasticSymmetry elastic_symmetry(const MandelMatrix& stiffness) {
  const auto [bulk, shear] = isotropic_part(stiffness);
  MandelMatrix isotropic = 2. * shear * MandelMatrix::Identity(6, 6);
  isotropic.topLeftCorner(3, 3).array() += bulk - 2. / 3. * shear;
  if ((stiffness - isotropic).cwiseAbs().maxCoeff() <= tolerance * stiffness.cwiseAbs().maxCoeff())
    return {"isotropic", std::nullopt};
  std::vector<Eigen::Vector3d> axes;
  for (int i = 0; i < 3; ++i)
    if (const Eigen::Vector3d axis = Eigen::Vector3d::Unit(i); is_axis(stiffness, axis))
      axes.push_back(axis);
  if (axes.size() == 1) return {name_about(stiffness, axes[0]), axes[0]};
  if (axes.size() > 1) return {"cubic", std::nullopt};
  for (const auto& contraction : contractions(stiffness))
    for (const auto& axis : distinct_eigenvectors(contraction))
      if (is_axis(stiffness, axis)) return {name_about(stiffness, axis), axis};
  const bool orthotropic = unchanged(stiffness, 180., Eigen::Vector3d::UnitX()) &&
                           unchanged(stiffness, 180., Eigen::Vector3d::UnitZ());
  return {orthotropic ? "orthotropic" : "of lower symmetry", std::nullopt};
}

Rotation rotation_between(const Eigen::Vector3d& from, const Eigen::Vector3d& to) {
  const int i = coordinate(from), j = coordinate(to);
  if (i < 0 || j < 0) return Eigen::Quaterniond::FromTwoVectors(from, to).toRotationMatrix();
  Rotation rotation = Rotation::Zero();
  for (int k = 0; k < 3; ++k) rotation((k + j - i + 3) % 3, k) = 1.;
  return rotation;
}

}  // namespace seco::materials
