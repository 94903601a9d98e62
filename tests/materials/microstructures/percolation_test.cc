#include "seco/materials/percolation.h"

#include <gtest/gtest.h>

#include <functional>

#include "seco/materials/elastic_symmetry.h"

using namespace seco::materials;

namespace {

/// Solid where `solid(i, j, k)`, void elsewhere.
Rve rve_of(const std::vector<int>& shape, const std::function<bool(int, int, int)>& solid) {
  Rve rve;
  rve.shape = shape;
  rve.lengths.assign(shape.size(), 1.);
  rve.lengths.back() = 1.7;
  const int m = n_mandel_components(static_cast<int>(shape.size()));
  rve.stiffness = {MandelMatrix::Zero(m, m), MandelMatrix::Identity(m, m)};
  for (int i = 0; i < shape[0]; ++i)
    for (int j = 0; j < shape[1]; ++j)
      for (int k = 0; k < (shape.size() == 3 ? shape[2] : 1); ++k)
        rve.phase.push_back(solid(i, j, k) ? 1 : 0);
  return rve;
}

}  // namespace

TEST(Percolation, AVoidPlaneLeavesThreeStrainsWithoutStiffness) {
  for (int normal = 0; normal < 3; ++normal) {
    const auto found = percolation(rve_of({6, 5, 4}, [&](int i, int j, int k) {
      return std::array{i, j, k}[static_cast<std::size_t>(normal)] != 0;
    }));
    EXPECT_EQ(found.n_parts, 1);
    EXPECT_EQ(found.n_floating, 0);
    EXPECT_EQ(found.n_singular, 3);  // along the normal, and the two shears of it
    for (int axis = 0; axis < 3; ++axis) EXPECT_EQ(found.singular_axis[axis], axis == normal);
    EXPECT_NE(describe(found).find("does not percolate along axis " + std::to_string(normal)),
              std::string::npos);
  }
}

TEST(Percolation, FibresCarryOneStrainAndTheirMatrixAll) {
  const auto fibre = [](int, int j, int k) { return j > 0 && j < 4 && k > 0 && k < 4; };
  const auto alone = percolation(rve_of({4, 6, 6}, fibre));
  EXPECT_EQ(alone.n_singular, 5);
  EXPECT_FALSE(alone.singular_axis[0]);
  const auto around =
      percolation(rve_of({4, 6, 6}, [&](int i, int j, int k) { return !fibre(i, j, k); }));
  EXPECT_EQ(around.n_singular, 0);
  EXPECT_EQ(describe(around), "");
}

TEST(Percolation, FibresAcrossEachOtherCarryTheirAxes) {
  // Two layers of crossed fibres that touch: 11 and 22, not 33.
  const auto crossed = percolation(rve_of(
      {8, 8, 6}, [](int i, int j, int k) { return (k == 1 && j == 3) || (k == 2 && i == 3); }));
  EXPECT_EQ(crossed.n_parts, 1);
  EXPECT_EQ(crossed.n_singular, 3);
  EXPECT_TRUE(crossed.singular_axis[2]);
  // Apart they carry no shear in their plane either.
  const auto apart = percolation(rve_of(
      {8, 8, 6}, [](int i, int j, int k) { return (k == 0 && j == 3) || (k == 3 && i == 3); }));
  EXPECT_EQ(apart.n_parts, 2);
  EXPECT_EQ(apart.n_singular, 4);
}

TEST(Percolation, ADiagonalChainCarriesALoadThatNoAxisNames) {
  const auto chain = percolation(rve_of({6, 6}, [](int i, int j, int) { return i == j; }));
  EXPECT_EQ(chain.n_singular, 2);
  EXPECT_FALSE(chain.singular_axis[0]);
  EXPECT_FALSE(chain.singular_axis[1]);
  EXPECT_NE(describe(chain).find("2 of 3 independent"), std::string::npos);
}

TEST(Percolation, IslandsFloat) {
  const auto found = percolation(rve_of({12, 8, 8}, [](int i, int j, int k) {
    const bool matrix = i < 5;
    return matrix || (i == 8 && j == 3 && k == 3) || (i == 8 && j == 6 && k == 6);
  }));
  EXPECT_EQ(found.n_parts, 3);
  EXPECT_EQ(found.n_floating, 2);
  EXPECT_NE(describe(found).find("2 parts of the solid float"), std::string::npos);
}

TEST(Percolation, NothingToSayWithoutVoids) {
  const auto found = percolation(rve_of({4, 4}, [](int, int, int) { return true; }));
  EXPECT_EQ(found.n_parts, 0);
  EXPECT_EQ(describe(found), "");
}
