#include "seco/materials/crystal_harmonics.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/rotation.h"

using namespace seco::materials;

namespace {

Eigen::VectorXd harmonics(const std::string& symmetry, const Rotation& rotation) {
  const auto values = crystal_harmonics(symmetry, to_euler(rotation));
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<long>(values.size()));
}

/// Rotations of the crystal class, in crystal axes.
std::vector<Rotation> point_group(const std::string& symmetry) {
  const auto turn = [](double angle, const Eigen::Vector3d& axis) {
    return Eigen::AngleAxisd(angle, axis.normalized()).toRotationMatrix();
  };
  const auto x = Eigen::Vector3d::UnitX(), z = Eigen::Vector3d::UnitZ();
  if (symmetry == "hexagonal") return {turn(M_PI / 3, z), turn(M_PI, x)};
  return {turn(M_PI / 2, z), turn(M_PI / 2, x), turn(2 * M_PI / 3, Eigen::Vector3d(1, 1, 1))};
}

struct Case {
  std::string symmetry, crystal;
};

class CrystalHarmonics : public ::testing::TestWithParam<Case> {};

}  // namespace

TEST_P(CrystalHarmonics, DoNotSeeTheRotationsOfTheCrystal) {
  RandomStream random(1);
  for (int i = 0; i < 20; ++i) {
    const Rotation r = random_rotation(random);
    const auto values = harmonics(GetParam().symmetry, r);
    EXPECT_EQ(values.size(), n_harmonics(GetParam().symmetry));
    for (const auto& s : point_group(GetParam().symmetry))
      EXPECT_LT((harmonics(GetParam().symmetry, r * s) - values).norm(), 1e-13);
    const Rotation tilt = Eigen::AngleAxisd(0.3, Eigen::Vector3d(1, 2, 3).normalized()).matrix();
    EXPECT_GT((harmonics(GetParam().symmetry, r * tilt) - values).norm(), 1e-2);
  }
}

TEST_P(CrystalHarmonics, AreOrthogonalOverTheRotationsAndHaveUnitLengthPerDegree) {
  // Mean over the rotation group by a quadrature that is exact for this degree of products (8): the
  // trapezoidal rule in phi1 and phi2, Gauss-Legendre with 9 points in cos(Phi).
  Eigen::Matrix<double, 9, 9> jacobi = Eigen::Matrix<double, 9, 9>::Zero();
  for (int i = 1; i < 9; ++i)  // Golub and Welsch 1969
    jacobi(i, i - 1) = jacobi(i - 1, i) = i / std::sqrt(4. * i * i - 1.);
  const Eigen::SelfAdjointEigenSolver<Eigen::Matrix<double, 9, 9>> gauss(jacobi);
  const int n = n_harmonics(GetParam().symmetry);
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(n, n);
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(n);
  constexpr int turns = 18;
  for (int p = 0; p < 9; ++p)
    for (int a = 0; a < turns; ++a)
      for (int b = 0; b < turns; ++b) {
        const double weight = std::pow(gauss.eigenvectors()(0, p), 2) / (turns * turns);
        const auto values = crystal_harmonics(
            GetParam().symmetry,
            {2 * M_PI * a / turns, std::acos(gauss.eigenvalues()[p]), 2 * M_PI * b / turns});
        const Eigen::Map<const Eigen::VectorXd> h(values.data(), n);
        gram += weight * h * h.transpose();
        mean += weight * h;
        if (n == 14) {
          EXPECT_NEAR(h.head(5).norm(), 1., 1e-13);
        }
        EXPECT_NEAR(h.tail(9).norm(), 1., 1e-13);
      }
  Eigen::VectorXd expected = Eigen::VectorXd::Constant(n, 1. / 9);
  if (n == 14) expected.head(5).setConstant(1. / 5);
  EXPECT_LT((gram - Eigen::MatrixXd(expected.asDiagonal())).norm(), 1e-13);
  EXPECT_LT(mean.norm(), 1e-13);
}

TEST_P(CrystalHarmonics, StiffnessIsAnAffineFunctionOfThem) {
  RandomStream random(2);
  const MandelMatrix crystal = elastic_constants(GetParam().crystal).stiffness;
  const int n = n_harmonics(GetParam().symmetry);
  const auto sample = [&](int count, Eigen::MatrixXd& features, Eigen::MatrixXd& stiffness) {
    features.resize(count, n + 1);
    stiffness.resize(count, 36);
    for (int i = 0; i < count; ++i) {
      const Rotation r = random_rotation(random);
      features(i, 0) = 1;
      features.row(i).tail(n) = harmonics(GetParam().symmetry, r);
      const MandelMatrix turned = rotate(crystal, r) / crystal.norm();
      stiffness.row(i) = Eigen::Map<const Eigen::RowVectorXd>(turned.data(), 36);
    }
  };
  Eigen::MatrixXd features, stiffness, other_features, other_stiffness;
  sample(200, features, stiffness);
  sample(200, other_features, other_stiffness);
  const Eigen::MatrixXd coefficients = features.colPivHouseholderQr().solve(stiffness);
  EXPECT_LT((other_features * coefficients - other_stiffness).cwiseAbs().maxCoeff(), 1e-12);
  // Every harmonic is needed.
  EXPECT_GT(coefficients.bottomRows(n).rowwise().norm().minCoeff(), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Classes, CrystalHarmonics,
                         ::testing::Values(Case{"cubic", "Cu"}, Case{"hexagonal", "Ti"}),
                         [](const auto& info) { return info.param.symmetry; });

TEST(CrystalHarmonicsOfTheCubicClass, AreTheRotatedCubicHarmonic) {
  // sum_m h_m(R) Y_4m(n) is proportional to x^4 + y^4 + z^4 - 3/5 with x, y, z = R^T n; the Y_4m(n)
  // are the last nine numbers of a hexagonal crystal whose c axis is n.
  RandomStream random(3);
  const auto cubic_harmonic = [](const Eigen::Vector3d& x) {
    return x.array().pow(4).sum() - 3. / 5.;
  };
  double ratio = 0;
  for (int i = 0; i < 50; ++i) {
    const Rotation r = random_rotation(random), direction = random_rotation(random);
    const Eigen::Vector3d n = direction.col(2);
    const double sum = harmonics("cubic", r).dot(harmonics("hexagonal", direction).tail(9));
    const double exact = cubic_harmonic(r.transpose() * n);
    if (i == 0) ratio = sum / exact;
    EXPECT_NEAR(sum, ratio * exact, 1e-13);
  }
  EXPECT_GT(std::abs(ratio), 0.1);
}

TEST(CrystalHarmonicsOfUnknownClasses, AreRefused) {
  for (const char* name : {"tetragonal", "", "Cubic"}) {
    EXPECT_THROW(n_harmonics(name), std::invalid_argument);
    try {
      crystal_harmonics(name, {0, 0, 0});
      FAIL();
    } catch (const std::invalid_argument& error) {
      EXPECT_NE(std::string(error.what()).find("cubic, hexagonal"), std::string::npos);
    }
  }
}
