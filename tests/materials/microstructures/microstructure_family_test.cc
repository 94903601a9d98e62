#include "seco/materials/microstructure_family.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "seco/materials/parameter_file.h"

using namespace seco::materials;

namespace {

MicrostructureFamily read(const std::string& content) {
  ParameterFile file("subsection M\n" + content + "end\n", "x.prm");
  auto family = read_microstructure_family(file, "M");
  file.check_all_used();
  return family;
}

MicrostructureFamily composites() {
  // Inclusions differ from the matrix by the factor alone.
  return read(
      "set Grid = 12, 12, 12\n set Types = inclusions, fibres\n set Volume fraction = 0.05\n set "
      "Largest volume fraction = 0.25\n set Matrix = epoxy\n set Inclusion = epoxy\n set Inclusion "
      "factor = 0.01\n set Largest inclusion factor = 100\n set Random axis = true\n set Number of "
      "inclusions = 2\n set Largest number of inclusions = 5\n set Seed = 3\n");
}

std::string refusal(const std::string& content) {
  try {
    read(content);
  } catch (const ParameterError& error) {
    return error.what();
  }
  return "no error";
}

double fraction(const Rve& rve) {
  return static_cast<double>(std::count(rve.phase.begin(), rve.phase.end(), 1)) /
         static_cast<double>(rve.phase.size());
}

/// The phase does not change along this axis.
bool constant_along(const Rve& rve, int axis) {
  const int n = rve.shape[0];  // all axes alike
  std::size_t stride = 1;
  for (int i = 2; i > axis; --i) stride *= static_cast<std::size_t>(n);
  for (std::size_t v = 0; v < rve.phase.size(); ++v)
    if (v / stride % n != 0 && rve.phase[v] != rve.phase[v - stride]) return false;
  return true;
}

}  // namespace

TEST(MicrostructureFamily, AMemberDependsOnSeedAndIndexOnly) {
  const auto family = composites();
  std::vector<Rve> forward;
  for (std::size_t i = 0; i < 6; ++i) forward.push_back(draw(family, i));
  for (std::size_t i = 6; i-- > 0;) EXPECT_TRUE(draw(family, i) == forward[i]);
  std::set<std::uint64_t> hashes;
  for (const auto& rve : forward) hashes.insert(hash(rve));
  EXPECT_EQ(hashes.size(), 6u);
  auto other = family;
  other.base.seed = 4;
  EXPECT_FALSE(draw(other, 0) == forward[0]);
}

TEST(MicrostructureFamily, PropertiesFollowTheirDistributions) {
  const auto family = composites();
  constexpr int n = 1000;
  double mean = 0, factor = 0, square = 0;
  int balls = 0;
  std::array<int, 3> fibres{0, 0, 0};
  for (int i = 0; i < n; ++i) {
    const Rve rve = draw(family, static_cast<std::size_t>(i));
    ASSERT_EQ(rve.shape, family.base.shape);
    ASSERT_EQ(rve.lengths, family.base.lengths);
    ASSERT_EQ(rve.unit, family.base.unit);
    ASSERT_EQ(rve.stiffness[0], family.base.matrix);
    const double contrast = rve.stiffness[1](0, 0) / rve.stiffness[0](0, 0);
    EXPECT_LT((rve.stiffness[1] - contrast * rve.stiffness[0]).norm(),
              1e-12 * rve.stiffness[1].norm());
    EXPECT_GE(contrast, 0.01 * (1 - 1e-12));
    EXPECT_LE(contrast, 100 * (1 + 1e-12));
    EXPECT_GE(fraction(rve), 0.05 - 1. / 144);
    EXPECT_LE(fraction(rve), 0.25 + 1. / 144);
    mean += fraction(rve) / n;
    factor += std::log10(contrast) / n;
    square += std::pow(std::log10(contrast), 2) / n;
    bool is_fibre = false;
    for (int axis = 0; axis < 3 && !is_fibre; ++axis) {
      is_fibre = constant_along(rve, axis);
      fibres[axis] += is_fibre;
    }
    balls += !is_fibre;
  }
  // Uniform between 0.05 and 0.25; log10 uniform between -2 and 2, with variance 4/3. Allowed are
  // four standard deviations of the sample.
  EXPECT_NEAR(mean, 0.15, 0.0075);
  EXPECT_NEAR(factor, 0, 0.15);
  EXPECT_NEAR(square, 4. / 3., 0.15);
  EXPECT_NEAR(balls, n / 2., 64);
  for (const int count : fibres) EXPECT_NEAR(count, n / 6., 48);
}

TEST(MicrostructureFamily, GrainsAndCrystalsAreDrawn) {
  const auto family = read(
      "set Grid = 8, 8, 8\n set Number of grains = 3\n set Largest number of grains = 6\n set "
      "Crystals = Cu; Ti; cubic: 200e3, 120e3, 100e3\n");
  ASSERT_EQ(family.crystals.size(), 3u);
  std::set<std::size_t> grains;
  std::set<long> traces;
  for (std::size_t i = 0; i < 60; ++i) {
    const Rve rve = draw(family, i);
    grains.insert(rve.stiffness.size());
    EXPECT_EQ(rve.orientation.size(), rve.stiffness.size());
    for (const auto& stiffness : rve.stiffness)  // the trace does not change under rotation
      EXPECT_NEAR(stiffness.trace(), rve.stiffness[0].trace(), 1e-9 * stiffness.trace());
    traces.insert(std::lround(rve.stiffness[0].trace()));
  }
  EXPECT_EQ(grains, (std::set<std::size_t>{3, 4, 5, 6}));
  std::set<long> expected;
  for (const auto& crystal : family.crystals) expected.insert(std::lround(crystal.trace()));
  EXPECT_EQ(traces, expected);
}

TEST(MicrostructureFamily, OneMoreRangeLeavesTheOtherDrawsAsTheyAre) {
  const std::string content =
      "set Grid = 16, 16\n set Type = inclusions\n set Inclusion = epoxy\n set Largest volume "
      "fraction = 0.3\n";
  const auto narrow = read(content), wide = read(content + "set Largest inclusion factor = 50\n");
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(draw(narrow, i).phase, draw(wide, i).phase);
}

TEST(MicrostructureFamily, WithoutRangesOnlyTheSeedVaries) {
  const auto family = read("set Grid = 10, 10\n set Type = inclusions\n set Seed = 9\n");
  auto settings = family.base;
  settings.seed = mix_seed(9, 5);
  EXPECT_TRUE(draw(family, 5) == generate(settings));
}

TEST(MicrostructureFamily, MembersThatCannotBePackedAreDrawnAgain) {
  // Random placement does not reach the upper half of this range.
  const std::string content =
      "set Grid = 16, 16\n set Type = inclusions\n set Number of inclusions = 30\n set Largest "
      "volume fraction = 0.7\n set Volume fraction = ";
  const auto family = read(content + "0.35\n");
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(draw(family, i) == draw(family, i));
  const auto dense = read(content + "0.69\n");
  try {
    draw(dense, 3);
    FAIL();
  } catch (const PackingError& error) {
    EXPECT_NE(std::string(error.what()).find("member 3"), std::string::npos) << error.what();
  }
}

TEST(MicrostructureFamily, BadParametersAreRefused) {
  EXPECT_NE(refusal("set Volume fraction = 0.2\n set Largest volume fraction = 0.1\n")
                .find("'Volume fraction', 0.2"),
            std::string::npos);
  EXPECT_NE(refusal("set Largest inclusion factor = 0.5\n").find("'Inclusion factor', 1"),
            std::string::npos);
  EXPECT_NE(refusal("set Inclusion factor = 0\n set Largest inclusion factor = 0.5\n")
                .find("if that is positive"),
            std::string::npos);
  EXPECT_NE(refusal("set Number of grains = 9\n set Largest number of grains = 8\n").find("9 to"),
            std::string::npos);
  EXPECT_NE(refusal("set Types = inclusions, fibers\n").find("Did you mean 'fibres'"),
            std::string::npos);
  EXPECT_NE(refusal("set Crystals = Cu; Tii\n").find("'Crystals'"), std::string::npos);
}

TEST(MicrostructureFamily, ConstantsOfMatrixAndInclusionsAreDrawnFromLists) {
  const auto family = read(
      "set Grid = 8, 8\n set Type = overlapping\n set Matrices = 3, 0.2; 5, 0.3; 7, 0.4\n set "
      "Inclusions = 30, 0.1; 50, 0.2\n set Volume fraction = 0.3\n");
  std::set<double> matrices, inclusions;
  for (std::size_t i = 0; i < 40; ++i) {
    const auto rve = draw(family, i);
    matrices.insert(rve.stiffness[0](0, 0));
    inclusions.insert(rve.stiffness[1](0, 0));
  }
  EXPECT_EQ(matrices.size(), 3u);
  EXPECT_EQ(inclusions.size(), 2u);
  EXPECT_NE(refusal("set Grid = 8, 8\n set Matrices = 3, 0.2; nonsense\n").find("Matrices"),
            std::string::npos);
}
