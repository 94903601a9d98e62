#include "seco/materials/symmetry_operations.h"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <set>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generators.h"

using namespace seco::materials;

namespace {

Eigen::MatrixXd matrix(const CubeSymmetry& symmetry) {
  const auto d = static_cast<int>(symmetry.axis.size());
  Eigen::MatrixXd r = Eigen::MatrixXd::Zero(d, d);
  for (int i = 0; i < d; ++i) r(i, symmetry.axis[i]) = symmetry.sign[i];
  return r;
}

/// The member of the group with this matrix; fails if there is none.
const CubeSymmetry& symmetry_of(const Eigen::MatrixXd& r) {
  const auto& all = cube_symmetries(static_cast<int>(r.rows()));
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const auto& s) { return matrix(s) == r; });
  if (found == all.end()) throw std::logic_error("not in the group");
  return *found;
}

/// Grid, lengths and crystal without any symmetry of their own.
Rve polycrystal(int dimension) {
  GeneratorSettings s;
  s.shape = dimension == 2 ? std::vector<int>{5, 7} : std::vector<int>{4, 5, 7};
  s.lengths = dimension == 2 ? std::vector<double>{1., 1.5} : std::vector<double>{1., 1.5, 0.8};
  s.n_grains = 6;
  s.crystal = elastic_constants("Ti").stiffness;
  return generate(s);
}

/// Phase at a point of the periodic cell, the origin at a corner.
int phase_at(const Rve& rve, const Eigen::VectorXd& x) {
  std::size_t v = 0;
  for (int i = 0; i < rve.dimension(); ++i) {
    const int n = rve.shape[i];
    const int k = static_cast<int>(std::floor(x[i] / rve.lengths[i] * n));
    v = v * n + (k % n + n) % n;
  }
  return rve.phase[v];
}

MandelVector mandel(const Eigen::MatrixXd& a) {
  const double s = std::sqrt(2.);
  if (a.rows() == 2) return Eigen::Vector3d(a(0, 0), a(1, 1), s * a(0, 1));
  MandelVector v(6);
  v << a(0, 0), a(1, 1), a(2, 2), s * a(1, 2), s * a(0, 2), s * a(0, 1);
  return v;
}

/// Effective stiffness of a 2D (plane strain) laminate of any anisotropy, layers normal to an axis:
/// the tractions on the layers and the strain along them are uniform (Milton 2002, The Theory of
/// Composites, chapter 9).
MandelMatrix laminate_stiffness(const Rve& rve, int normal) {
  const std::vector<int> across = normal == 0 ? std::vector<int>{0, 2} : std::vector<int>{1, 2};
  const int along = normal == 0 ? 1 : 0;
  Eigen::Matrix2d inverse = Eigen::Matrix2d::Zero();
  Eigen::Vector2d coupling = Eigen::Vector2d::Zero();
  double rest = 0;
  for (const auto phase : rve.phase) {
    const auto& c = rve.stiffness[phase];
    Eigen::Matrix2d aa;
    Eigen::Vector2d ab;
    for (int i = 0; i < 2; ++i) {
      ab[i] = c(across[i], along);
      for (int j = 0; j < 2; ++j) aa(i, j) = c(across[i], across[j]);
    }
    const Eigen::Matrix2d s = aa.inverse();
    const double share = 1. / static_cast<double>(rve.phase.size());
    inverse += share * s;
    coupling += share * (s * ab);
    rest += share * (c(along, along) - ab.dot(s * ab));
  }
  const Eigen::Matrix2d aa = inverse.inverse();
  const Eigen::Vector2d ab = aa * coupling;
  MandelMatrix result(3, 3);
  for (int i = 0; i < 2; ++i) {
    result(across[i], along) = result(along, across[i]) = ab[i];
    for (int j = 0; j < 2; ++j) result(across[i], across[j]) = aa(i, j);
  }
  result(along, along) = rest + coupling.dot(ab);
  return result;
}

}  // namespace

TEST(CubeSymmetry, FormsAGroupWithTheIdentityFirst) {
  for (const int d : {2, 3}) {
    const auto& all = cube_symmetries(d);
    ASSERT_EQ(all.size(), d == 2 ? 8u : 48u);
    EXPECT_EQ(matrix(all[0]), Eigen::MatrixXd::Identity(d, d));
    int proper = 0;
    for (std::size_t a = 0; a < all.size(); ++a) {
      EXPECT_EQ(all[a].determinant(), std::lround(matrix(all[a]).determinant()));
      proper += all[a].determinant() == 1;
      EXPECT_NO_THROW(symmetry_of(matrix(all[a]).transpose()));
      for (std::size_t b = 0; b < all.size(); ++b) {
        EXPECT_NO_THROW(symmetry_of(matrix(all[a]) * matrix(all[b])));
        EXPECT_EQ(matrix(all[a]) == matrix(all[b]), a == b);
      }
    }
    EXPECT_EQ(proper, static_cast<int>(all.size()) / 2);
  }
  EXPECT_THROW(cube_symmetries(1), std::invalid_argument);
}

TEST(CubeSymmetry, MandelMatrixTurnsTensors) {
  for (const int d : {2, 3}) {
    Eigen::MatrixXd a(d, d);
    for (int i = 0; i < d; ++i)
      for (int j = 0; j < d; ++j) a(i, j) = std::cos(1. + i + j) + i * j;  // symmetric
    for (const auto& symmetry : cube_symmetries(d)) {
      const Eigen::MatrixXd r = matrix(symmetry);
      EXPECT_LT((symmetry.mandel() * mandel(a) - mandel(r * a * r.transpose())).norm(), 1e-14);
      EXPECT_EQ(symmetry.mandel() * symmetry.mandel().transpose(),
                MandelMatrix::Identity(n_mandel_components(d), n_mandel_components(d)));
    }
  }
}

TEST(CubeSymmetry, TransformedMicrostructuresFollowTheirPoints) {
  RandomStream random(3);
  for (const int d : {2, 3}) {
    const Rve rve = polycrystal(d);
    for (const auto& symmetry : cube_symmetries(d)) {
      const Rve turned = transformed(rve, symmetry);
      EXPECT_NO_THROW(check(turned, "transformed"));
      for (int t = 0; t < 50; ++t) {
        Eigen::VectorXd x(d);
        for (int i = 0; i < d; ++i) x[i] = random.uniform() * rve.lengths[i];
        EXPECT_EQ(phase_at(turned, matrix(symmetry) * x), phase_at(rve, x));
      }
    }
  }
}

TEST(CubeSymmetry, TransformedIsAnActionOfTheGroup) {
  for (const int d : {2, 3}) {
    Rve rve = polycrystal(d);
    rve.orientation.clear();  // angles agree to round-off only, everything else exactly
    EXPECT_TRUE(transformed(rve, cube_symmetries(d)[0]) == rve);
    for (const auto& a : cube_symmetries(d)) {
      const auto& inverse = symmetry_of(matrix(a).transpose());
      EXPECT_TRUE(transformed(transformed(rve, a), inverse) == rve);
      const auto& b = cube_symmetries(d)[5];
      EXPECT_TRUE(transformed(transformed(rve, a), b) ==
                  transformed(rve, symmetry_of(matrix(b) * matrix(a))));
    }
  }
}

TEST(CubeSymmetry, OrientationsExplainTheTurnedStiffness) {
  const MandelMatrix crystal = elastic_constants("Ti").stiffness;
  for (const int d : {2, 3}) {
    const Rve rve = polycrystal(d);
    for (const auto& symmetry : cube_symmetries(d)) {
      const Rve turned = transformed(rve, symmetry);
      ASSERT_EQ(turned.orientation.size(), turned.stiffness.size());
      for (std::size_t p = 0; p < turned.stiffness.size(); ++p) {
        const auto& e = turned.orientation[p];
        const MandelMatrix full = rotate(crystal, from_euler(e[0], e[1], e[2]));
        const MandelMatrix expected = d == 3 ? full : plane_strain(full);
        EXPECT_LT((turned.stiffness[p] - expected).norm(), 1e-13 * expected.norm());
      }
    }
  }
}

TEST(CubeSymmetry, StiffnessesOutOfThePlaneTurnAlong) {
  GeneratorSettings s;
  s.shape = {6, 6};
  s.lengths = {1., 1.};
  s.n_grains = 5;
  s.crystal = elastic_constants("Ti").stiffness;
  const Rve rve = generate(s);
  for (const auto& symmetry : cube_symmetries(2)) {
    const Rve turned = transformed(rve, symmetry);
    for (std::size_t p = 0; p < 5; ++p) {
      const auto spatial = spatial_stiffness(turned, p);
      ASSERT_TRUE(spatial);
      // What is normal to the plane stays there.
      EXPECT_NEAR((*spatial)(2, 2), rve.stiffness_3d[p](2, 2), 1e-9 * (*spatial)(2, 2));
    }
  }
  EXPECT_FALSE(spatial_stiffness(with_shear_error(rve, 0.1), 0));
}

TEST(CubeSymmetry, EffectiveStiffnessOfALaminateTurnsAlong) {
  // Layers of a general plane anisotropy: the closed form for layers normal to the axis where the
  // operation takes them must equal Q C Q^T.
  GeneratorSettings s;
  s.type = "laminate";
  s.shape = {8, 4};
  s.lengths = {1., 1.};
  s.axis = 0;
  RandomStream random(8);
  for (int layer = 0; layer < 3; ++layer)
    s.layers.push_back(
        rotate(elastic_constants("Ti").stiffness * (1. + 3. * layer), random_rotation(random)));
  s.fractions = {0.25, 0.25, 0.5};
  const Rve rve = generate(s);
  const MandelMatrix stiffness = laminate_stiffness(rve, 0);
  for (const auto& symmetry : cube_symmetries(2)) {
    const MandelMatrix q = symmetry.mandel(), expected = q * stiffness * q.transpose();
    const int normal = symmetry.axis[0] == 0 ? 0 : 1;
    EXPECT_LT((laminate_stiffness(transformed(rve, symmetry), normal) - expected).norm(),
              1e-13 * expected.norm());
  }
}

TEST(Shifted, MovesPointsPeriodicallyAndBack) {
  for (const int d : {2, 3}) {
    const Rve rve = polycrystal(d);
    const std::vector<int> offset = d == 2 ? std::vector<int>{3, -9} : std::vector<int>{3, -9, 100};
    std::vector<int> back;
    Eigen::VectorXd distance(d), x(d);
    for (int i = 0; i < d; ++i) {
      back.push_back(-offset[i]);
      distance[i] = offset[i] * rve.lengths[i] / rve.shape[i];
    }
    const Rve moved = shifted(rve, offset);
    EXPECT_FALSE(moved == rve);
    EXPECT_TRUE(shifted(moved, back) == rve);
    EXPECT_TRUE(shifted(rve, rve.shape) == rve);
    std::size_t v = 0;
    for (int i = 0; i < rve.shape[0]; ++i)
      for (int j = 0; j < rve.shape[1]; ++j)
        for (int k = 0; k < (d == 3 ? rve.shape[2] : 1); ++k, ++v) {
          const std::array<int, 3> index{i, j, k};
          for (int a = 0; a < d; ++a) x[a] = (index[a] + 0.5) * rve.lengths[a] / rve.shape[a];
          EXPECT_EQ(phase_at(moved, x + distance), rve.phase[v]);
        }
    EXPECT_THROW(shifted(rve, {1}), std::invalid_argument);
  }
}

TEST(ShearError, ScalesShearAndKeepsBulkModuli) {
  for (const int d : {2, 3}) {
    Rve rve = polycrystal(d);
    const MandelMatrix glass = isotropic(70000, 0.2);
    rve.stiffness[0] = d == 3 ? glass : plane_strain(glass);
    for (const double error : {-0.2, 0.01, 0.05, 0.2}) {
      const Rve wrong = with_shear_error(rve, error);
      EXPECT_NO_THROW(check(wrong, "wrong moduli"));
      const auto [bulk, shear] = isotropic_part(rve.stiffness[0]);
      const auto [wrong_bulk, wrong_shear] = isotropic_part(wrong.stiffness[0]);
      EXPECT_NEAR(wrong_bulk, bulk, 1e-12 * bulk);
      EXPECT_NEAR(wrong_shear, (1 + error) * shear, 1e-12 * shear);
      // A pure shear of an anisotropic phase costs 1 + error times the energy.
      const int last = n_mandel_components(d) - 1;
      EXPECT_NEAR(wrong.stiffness[1](last, last), (1 + error) * rve.stiffness[1](last, last),
                  1e-9 * shear);
      EXPECT_EQ(wrong.phase, rve.phase);
    }
    const Rve same = with_shear_error(rve, 0.);
    for (std::size_t p = 0; p < rve.stiffness.size(); ++p)
      EXPECT_LT((same.stiffness[p] - rve.stiffness[p]).norm(), 1e-14 * rve.stiffness[p].norm());
    EXPECT_THROW(with_shear_error(rve, -1.), std::invalid_argument);
    EXPECT_THROW(with_shear_error(rve, NAN), std::invalid_argument);
  }
}
