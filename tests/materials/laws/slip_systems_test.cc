// The slip systems of the lattices are those of the textbooks.
#include "slip_systems.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "support/message_of.h"

using namespace seco::materials;
using seco::test::message_of;

namespace {

using Vector6 = Eigen::Matrix<double, 6, 1>;
constexpr double axial_ratio = 1.587;

/// Whether the tensor or its negative is among them.
bool contains(const std::vector<SlipSystem>& systems, const SlipSystem& system) {
  const Vector6 p = schmid_tensor(system);
  for (const auto& other : systems) {
    const Vector6 q = schmid_tensor(other);
    if ((p - q).norm() < 1e-12 || (p + q).norm() < 1e-12) return true;
  }
  return false;
}

}  // namespace

TEST(SlipSystems, FamiliesHaveTheirNumbersOfSystems) {
  const std::map<std::string, std::map<std::string, std::size_t>> expected{
      {"fcc", {{"{111}<110>", 12}}},
      {"bcc", {{"{110}<111>", 12}, {"{112}<111>", 12}}},
      {"hcp",
       {{"basal <a>", 3},
        {"prismatic <a>", 3},
        {"pyramidal <a>", 6},
        {"pyramidal <c+a>", 12},
        {"second-order pyramidal <c+a>", 6}}}};
  for (const auto& [lattice, families] : expected) {
    EXPECT_EQ(slip_family_names(lattice).size(), families.size());
    for (const auto& [family, count] : families) {
      const auto systems = slip_systems(lattice, family, axial_ratio);
      EXPECT_EQ(systems.size(), count) << family;
      for (const auto& system : systems) {
        EXPECT_NEAR(system.direction.norm(), 1, 1e-14);
        EXPECT_NEAR(system.normal.norm(), 1, 1e-14);
        EXPECT_NEAR(system.direction.dot(system.normal), 0, 1e-14) << family;
        EXPECT_NEAR(schmid_tensor(system).norm(), std::sqrt(0.5), 1e-14);
      }
    }
  }
}

TEST(SlipSystems, CubicOnesAreThoseOfTheirIndices) {
  const Eigen::Vector3d normals[] = {{1, 1, 1}, {-1, 1, 1}, {1, -1, 1}, {1, 1, -1}};
  const Eigen::Vector3d directions[] = {{0, 1, 1},  {1, 0, 1},  {1, 1, 0},
                                        {0, 1, -1}, {1, 0, -1}, {1, -1, 0}};
  const auto fcc = slip_systems("fcc", "{111}<110>", 1);
  const auto bcc = slip_systems("bcc", "{110}<111>", 1);
  int found = 0;
  for (const auto& n : normals)
    for (const auto& b : directions) {
      if (std::abs(n.dot(b)) > 1e-12) continue;
      ++found;
      EXPECT_TRUE(contains(fcc, {b.normalized(), n.normalized()}));
      EXPECT_TRUE(contains(bcc, {n.normalized(), b.normalized()}));
    }
  EXPECT_EQ(found, 12);
  for (const auto& system : slip_systems("bcc", "{112}<111>", 1)) {
    const Eigen::Vector3d n = (system.normal * std::sqrt(6)).cwiseAbs(),
                          b = (system.direction * std::sqrt(3)).cwiseAbs();
    EXPECT_NEAR(n.maxCoeff(), 2, 1e-12);
    EXPECT_NEAR(n.minCoeff(), 1, 1e-12);
    EXPECT_LT((b - Eigen::Vector3d::Ones()).norm(), 1e-12);
  }
}

// Angles between planes and the basal plane, and of directions to the c axis, from the axial ratio.
TEST(SlipSystems, HexagonalOnesLieByTheAxialRatio) {
  const double c = axial_ratio, root = std::sqrt(3.);
  const struct {
    std::string family;
    double plane_slope, direction_slope;
  } expected[] = {{"basal <a>", 0, 0},
                  {"pyramidal <a>", 2 * c / root, 0},
                  {"pyramidal <c+a>", 2 * c / root, c},
                  {"second-order pyramidal <c+a>", c, c}};
  for (const auto& e : expected)
    for (const auto& system : slip_systems("hcp", e.family, c)) {
      const auto &n = system.normal, &b = system.direction;
      EXPECT_NEAR(std::hypot(n[0], n[1]), e.plane_slope * std::abs(n[2]), 1e-12) << e.family;
      EXPECT_NEAR(std::abs(b[2]), e.direction_slope * std::hypot(b[0], b[1]), 1e-12) << e.family;
      // The basal part is along an <a> axis: at a multiple of 60 degrees from x.
      EXPECT_NEAR(std::sin(3 * std::atan2(b[1], b[0])), 0, 1e-12) << e.family;
    }
  for (const auto& system : slip_systems("hcp", "prismatic <a>", c)) {
    EXPECT_NEAR(system.normal[2], 0, 1e-14);
    EXPECT_NEAR(system.direction[2], 0, 1e-14);
  }
}

TEST(SlipSystems, UnknownOnesAreRefused) {
  EXPECT_NE(message_of([] { slip_systems("fcc", "basal <a>", 1); }).find("{111}<110>"),
            std::string::npos);
  EXPECT_NE(message_of([] { slip_systems("diamond", "basal <a>", 1); }).find("fcc, bcc, hcp"),
            std::string::npos);
  EXPECT_NE(message_of([] { slip_systems("hcp", "basal <a>", 0); }).find("axial ratio 0"),
            std::string::npos);
}
