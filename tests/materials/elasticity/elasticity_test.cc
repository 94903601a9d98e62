#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/rotation.h"

using namespace seco::materials;

namespace {

Rotation quarter_turn(const Eigen::Vector3d& axis) {
  return Eigen::AngleAxisd(M_PI / 2, axis).toRotationMatrix();
}

double relative_difference(const MandelMatrix& a, const MandelMatrix& b) {
  return (a - b).norm() / b.norm();
}

}  // namespace

TEST(Mandel, RotationIsOrthogonalAndAGroup) {
  RandomStream random(1);
  const Rotation a = random_rotation(random), b = random_rotation(random);
  const MandelMatrix qa = mandel_rotation(a);
  EXPECT_LT((qa * qa.transpose() - MandelMatrix::Identity(6, 6)).norm(), 1e-13);
  EXPECT_LT((mandel_rotation(a * b) - qa * mandel_rotation(b)).norm(), 1e-13);
}

TEST(Mandel, RotationAgreesWithTheTensorProduct) {
  RandomStream random(2);
  const Rotation r = random_rotation(random);
  Eigen::Matrix3d strain;
  strain << 1, 4, 5, 4, 2, 6, 5, 6, 3;
  const auto mandel = [](const Eigen::Matrix3d& e) {
    MandelVector v(6);
    const double s = std::sqrt(2.);
    v << e(0, 0), e(1, 1), e(2, 2), s * e(1, 2), s * e(0, 2), s * e(0, 1);
    return v;
  };
  EXPECT_LT((mandel_rotation(r) * mandel(strain) - mandel(r * strain * r.transpose())).norm(),
            1e-12);
}

TEST(ElasticSymmetry, ClassesAreInvariantUnderTheirRotations) {
  const auto z = Eigen::Vector3d::UnitZ();
  const MandelMatrix cube = cubic(168.4, 121.4, 75.4);
  EXPECT_LT(relative_difference(rotate(cube, quarter_turn(z)), cube), 1e-14);
  EXPECT_LT(relative_difference(rotate(cube, quarter_turn(Eigen::Vector3d::UnitX())), cube), 1e-14);
  EXPECT_GT(relative_difference(rotate(cube, Eigen::AngleAxisd(0.4, z).toRotationMatrix()), cube),
            1e-2);
  const MandelMatrix hexagon = hexagonal(162.4, 92, 69, 180.7, 46.7);
  EXPECT_LT(
      relative_difference(rotate(hexagon, Eigen::AngleAxisd(0.37, z).toRotationMatrix()), hexagon),
      1e-14);
  const MandelMatrix tetragon = tetragonal(270, 180, 150, 106, 60, 120);
  EXPECT_LT(relative_difference(rotate(tetragon, quarter_turn(z)), tetragon), 1e-14);
  RandomStream random(3);
  const MandelMatrix iso = isotropic(70, 0.3);
  EXPECT_LT(relative_difference(rotate(iso, random_rotation(random)), iso), 1e-14);
}

TEST(ElasticSymmetry, EngineeringConstantsAreRecovered) {
  const MandelMatrix c = transversely_isotropic(225, 15, 0.2, 15, 7);
  const MandelMatrix s = c.inverse();
  EXPECT_NEAR(1 / s(2, 2), 225, 1e-10);
  EXPECT_NEAR(1 / s(0, 0), 15, 1e-11);
  EXPECT_NEAR(-s(0, 2) / s(2, 2), 0.2, 1e-12);
  EXPECT_NEAR(c(3, 3) / 2, 15, 1e-11);
  EXPECT_NEAR(c(5, 5) / 2, 7, 1e-11);
  const auto [bulk, shear] = isotropic_part(isotropic(200, 0.25));
  EXPECT_NEAR(bulk, 200 / 1.5, 1e-10);
  EXPECT_NEAR(shear, 80, 1e-10);
}

TEST(ElasticSymmetry, RefusesWhatIsNotPositiveDefinite) {
  EXPECT_THROW(cubic(100, 120, 50), std::invalid_argument);
  EXPECT_THROW(isotropic(70, 0.5), std::invalid_argument);
  EXPECT_THROW(hexagonal(NAN, 92, 69, 180, 46), std::invalid_argument);
}

TEST(ElasticConstants, EveryEntryIsPositiveDefiniteAndSourced) {
  const auto names = elastic_constant_names();
  for (const char* wanted : {"Cu", "Al", "Ni", "Fe", "Ti", "Mg", "W", "Si", "epoxy", "E-glass",
                             "carbon fibre", "alumina"})
    EXPECT_NE(std::find(names.begin(), names.end(), wanted), names.end()) << wanted;
  for (const auto& name : names) {
    EXPECT_GT(relative_smallest_eigenvalue(elastic_constants(name).stiffness), 1e-3) << name;
    EXPECT_FALSE(elastic_constants(name).source.empty()) << name;
  }
}

TEST(ElasticConstants, UnknownNameIsAnsweredWithTheNearest) {
  try {
    elastic_constants("epxy");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("Did you mean 'epoxy'"), std::string::npos)
        << error.what();
  }
}

TEST(Rotation, EulerAnglesAndQuaternionsRoundTrip) {
  RandomStream random(4);
  for (int i = 0; i < 100; ++i) {
    const Rotation r = random_rotation(random);
    const auto e = to_euler(r);
    EXPECT_LT((from_euler(e[0], e[1], e[2]) - r).norm(), 1e-12);
    const auto q = to_quaternion(r);
    EXPECT_LT((from_quaternion(q[0], q[1], q[2], q[3]) - r).norm(), 1e-12);
  }
}

TEST(Rotation, EulerAnglesStandForTheirRotationAlsoNearTheirSingularity) {
  RandomStream random(14);
  for (const double Phi : {0., 1e-14, 1e-11, 1e-9, 1e-6, M_PI - 1e-9, M_PI})
    for (int i = 0; i < 20; ++i) {
      const Rotation r = from_euler(random.uniform(-3., 3.), Phi, random.uniform(-3., 3.));
      const auto e = to_euler(r);
      EXPECT_LT((from_euler(e[0], e[1], e[2]) - r).norm(), Phi == 1e-14 ? 1e-13 : 3e-14) << Phi;
    }
}

TEST(Rotation, RandomOrientationsAreUniform) {
  // The mean of a uniformly distributed rotation is zero, and R e3 is uniform on the sphere.
  RandomStream random(5);
  Eigen::Matrix3d mean = Eigen::Matrix3d::Zero();
  double square = 0;
  constexpr int n = 20000;
  for (int i = 0; i < n; ++i) {
    const Rotation r = random_rotation(random);
    mean += r / n;
    square += r(2, 2) * r(2, 2) / n;
  }
  EXPECT_LT(mean.cwiseAbs().maxCoeff(), 0.02);
  EXPECT_NEAR(square, 1. / 3., 0.01);
}

TEST(Rotation, TexturesWithoutSpreadAreExact) {
  RandomStream random(6);
  Texture component{.type = "component", .euler = {0.3, 0.5, 0.7}};
  EXPECT_LT((draw_orientation(component, random) - from_euler(0.3, 0.5, 0.7)).norm(), 1e-14);
  Texture fibre{.type = "fibre", .crystal_axis = {1, 1, 1}, .sample_axis = {0, 0, 2}};
  const Eigen::Vector3d axis = Eigen::Vector3d(1, 1, 1).normalized();
  EXPECT_LT((draw_orientation(fibre, random) * axis - Eigen::Vector3d::UnitZ()).norm(), 1e-13);
  EXPECT_GT((draw_orientation(fibre, random) - draw_orientation(fibre, random)).norm(), 1e-3);
}
