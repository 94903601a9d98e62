#include "seco/materials/generators.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/parameter_file.h"
#include "support/message_of.h"

using namespace seco::materials;
using seco::test::message_of;

namespace {

GeneratorSettings settings(const std::string& type, std::vector<int> shape) {
  GeneratorSettings s;
  s.type = type;
  s.shape = shape;
  s.lengths.assign(shape.size(), 1.);
  s.crystal = elastic_constants("Cu").stiffness;
  s.matrix = elastic_constants("epoxy").stiffness;
  s.inclusion = elastic_constants("E-glass").stiffness;
  s.layers = {s.matrix, s.inclusion};
  s.fractions = {0.25, 0.75};
  return s;
}

double fraction(const Rve& rve, int phase) {
  return static_cast<double>(std::count(rve.phase.begin(), rve.phase.end(), phase)) /
         static_cast<double>(rve.phase.size());
}

}  // namespace

TEST(Generators, SeedsDetermineTheMicrostructure) {
  for (const std::string type : {"polycrystal", "inclusions", "overlapping", "grains", "fibres"}) {
    auto s = settings(type, {15, 16, 17});
    const Rve first = generate(s), again = generate(s);
    EXPECT_TRUE(first == again) << type;
    EXPECT_EQ(hash(first), hash(again)) << type;
    s.seed = 2;
    const Rve other = generate(s);
    EXPECT_FALSE(first == other) << type;
    EXPECT_NE(hash(first), hash(other)) << type;
  }
}

TEST(Generators, VolumeFractionsAreMetToOneVoxel) {
  for (const double wanted : {0., 0.05, 0.2, 0.3}) {
    for (const auto& shape : {std::vector<int>{33, 32}, std::vector<int>{24, 25, 26}}) {
      auto s = settings("inclusions", shape);
      s.volume_fraction = wanted;
      s.radius_ratio = 0.5;
      for (const char* type : {"inclusions", "overlapping"}) {
        s.type = type;
        const Rve rve = generate(s);
        EXPECT_NEAR(fraction(rve, 1), wanted, 1. / static_cast<double>(rve.phase.size())) << type;
      }
    }
    auto s = settings("fibres", {8, 32, 32});
    s.volume_fraction = wanted;
    EXPECT_NEAR(fraction(generate(s), 1), wanted, 1. / 1024);
  }
}

// Far beyond what random places without overlap reach, and in fewer and larger pieces.
TEST(Generators, OverlappingInclusionsFillMoreThanSeparateOnes) {
  auto s = settings("overlapping", {24, 24, 24});
  s.volume_fraction = 0.7;
  s.n_inclusions = 40;
  const Rve rve = generate(s);
  EXPECT_NEAR(fraction(rve, 1), 0.7, 1e-3);
  EXPECT_EQ(rve.stiffness.size(), 2u);
  s.type = "inclusions";
  EXPECT_THROW(generate(s), PackingError);
}

TEST(Generators, GrainsOfTwoPhasesAreGrainsOfThePolycrystal) {
  for (const double wanted : {0.2, 0.5}) {
    auto s = settings("grains", {20, 21, 19});
    s.n_grains = 30;
    s.volume_fraction = wanted;
    s.inclusion_factor = 3.;
    const Rve rve = generate(s);
    // Half of the smallest grain, at worst half of a mean one.
    EXPECT_NEAR(fraction(rve, 1), wanted, 0.5 / 30);
    EXPECT_LT((rve.stiffness[1] - 3. * s.inclusion).norm(), 1e-12 * rve.stiffness[1].norm());
    s.type = "polycrystal";
    const Rve crystals = generate(s);
    std::vector<int> phase_of(30, -1);
    for (std::size_t v = 0; v < rve.phase.size(); ++v) {
      int& phase = phase_of[crystals.phase[v]];
      if (phase < 0) phase = rve.phase[v];
      EXPECT_EQ(phase, rve.phase[v]);
    }
  }
  auto few = settings("grains", {8, 8});
  few.n_grains = 2;
  few.volume_fraction = 0.01;
  EXPECT_NE(message_of([&] { generate(few); }).find("2 grains do not reach"), std::string::npos);
}

TEST(Generators, FibresAreConstantAlongTheirAxis) {
  auto s = settings("fibres", {6, 20, 20});
  const Rve rve = generate(s);
  for (std::size_t v = 0; v < 400; ++v)
    for (std::size_t i = 1; i < 6; ++i) EXPECT_EQ(rve.phase[v], rve.phase[i * 400 + v]);
}

TEST(Generators, PolycrystalIsPeriodic) {
  // Doubling the cell with the grains repeated is what a periodic tessellation looks like: a grain
  // that touches one face continues on the opposite one. Count grain faces across the boundary: in
  // a periodic structure they are as frequent as between inner planes.
  auto s = settings("polycrystal", {32, 32, 32});
  s.n_grains = 20;
  const Rve rve = generate(s);
  const auto changes = [&](int from, int to) {
    int n = 0;
    for (int v = 0; v < 1024; ++v) n += rve.phase[from * 1024 + v] != rve.phase[to * 1024 + v];
    return n;
  };
  int largest = 0;
  for (int i = 0; i + 1 < 32; ++i) largest = std::max(largest, changes(i, i + 1));
  EXPECT_LE(changes(31, 0), 1.5 * largest);
  EXPECT_GT(changes(16, 0), 2 * largest);
  EXPECT_EQ(std::set<int>(rve.phase.begin(), rve.phase.end()).size(), 20u);
}

TEST(Generators, OrientationsOfGrainsExplainTheirStiffness) {
  for (const auto& shape : {std::vector<int>{16, 16}, std::vector<int>{8, 8, 8}}) {
    auto s = settings("polycrystal", shape);
    s.crystal = elastic_constants("Ti").stiffness;
    const Rve rve = generate(s);
    ASSERT_EQ(rve.orientation.size(), rve.stiffness.size());
    for (std::size_t g = 0; g < rve.orientation.size(); ++g) {
      const auto& e = rve.orientation[g];
      const MandelMatrix turned = rotate(s.crystal, from_euler(e[0], e[1], e[2]));
      const MandelMatrix expected = shape.size() == 3 ? turned : plane_strain(turned);
      EXPECT_LT((rve.stiffness[g] - expected).norm(), 1e-13 * expected.norm());
    }
  }
  EXPECT_TRUE(generate(settings("inclusions", {16, 16})).orientation.empty());
}

TEST(Generators, FinerGridsShowTheSameMicrostructure) {
  auto coarse = settings("polycrystal", {16, 16, 16}), fine = settings("polycrystal", {48, 48, 48});
  const Rve a = generate(coarse), b = generate(fine);
  int same = 0;
  for (int i = 0; i < 16; ++i)
    for (int j = 0; j < 16; ++j)
      for (int k = 0; k < 16; ++k)
        same += a.phase[(i * 16 + j) * 16 + k] ==
                b.phase[((3 * i + 1) * 48 + 3 * j + 1) * 48 + 3 * k + 1];
  EXPECT_EQ(same, 4096);  // the centres of these voxels coincide
}

TEST(Generators, LaminateLayersHaveTheirShares) {
  auto s = settings("laminate", {4, 8, 4});
  s.axis = 1;
  const Rve rve = generate(s);
  EXPECT_DOUBLE_EQ(fraction(rve, 0), 0.25);
  for (int j = 0; j < 8; ++j) EXPECT_EQ(rve.phase[j * 4], j < 2 ? 0 : 1);
}

TEST(Generators, LayersOfAParameterFileHaveTheirFractions) {
  const auto thickness = [](const std::string& fractions, int layer) {
    ParameterFile file(
        "subsection M\nset Type = laminate\nset Grid = 12, 2, 2\n"
        "set Layers = 1, 0.3; 2, 0.3; 3, 0.3\n" +
            fractions + "end\n",
        "x.prm");
    return fraction(generate(read_generator_settings(file, "M")), layer);
  };
  const std::vector<double> shares{3, 1, 2};
  for (int layer = 0; layer < 3; ++layer) {
    EXPECT_DOUBLE_EQ(thickness("set Layer fractions = 3, 1, 2\n", layer),
                     shares[static_cast<std::size_t>(layer)] / 6);
    EXPECT_DOUBLE_EQ(thickness("", layer), 1. / 3);
  }
}

TEST(Generators, LayersAndInclusionsThatWouldVanishAreRefused) {
  auto s = settings("laminate", {4, 8, 4});
  s.axis = 1;
  s.fractions = {0.05, 0.95};  // 0.4 of 8 voxels, no centre
  auto message = message_of([&] { generate(s); });
  for (const std::string part : {"layer 0", "0.4 of 8 voxels", "axis 1"})
    EXPECT_NE(message.find(part), std::string::npos) << message;
  s.fractions = {0., 1.};
  EXPECT_NE(message_of([&] { generate(s); }).find("above 0"), std::string::npos);
  for (const std::string type : {"inclusions", "fibres"}) {
    s = settings(type, {8, 8, 8});
    s.n_inclusions = 1;
    s.volume_fraction = type == "inclusions" ? 0.4 / 512 : 0.4 / 64;
    message = message_of([&] { generate(s); });
    EXPECT_NE(message.find("0.4 of"), std::string::npos) << message;
    EXPECT_NE(message.find("inclusions would vanish"), std::string::npos) << message;
    s.volume_fraction *= 2;  // 0.8 of a voxel
    EXPECT_NEAR(fraction(generate(s), 1), type == "inclusions" ? 1. / 512 : 1. / 64, 1e-12);
  }
  s = settings("polycrystal", {4, 4, 4});
  s.n_grains = 65;
  EXPECT_NE(message_of([&] { generate(s); }).find("65 grains in 64 voxels"), std::string::npos);
}

TEST(Generators, FractionsThatAreReachedAreSaidWhereTheyDiffer) {
  const auto said = [](const GeneratorSettings& settings) {
    std::string text;
    for (const auto& note : notes_on(settings)) text += note + "\n";
    return text;
  };
  auto s = settings("laminate", {4, 8, 4});
  s.axis = 1;
  EXPECT_EQ(said(s), "");
  s.fractions = {0.3, 0.7};
  EXPECT_NE(said(s).find("0.25, 0.75, asked are 0.3, 0.7"), std::string::npos) << said(s);
  s = settings("fibres", {8, 8, 8});
  s.n_inclusions = 1;
  s.volume_fraction = 0.3;  // 19 of 64
  EXPECT_NE(said(s).find("19 of 64 voxels in the section"), std::string::npos) << said(s);
  EXPECT_NEAR(fraction(generate(s), 1), 19. / 64, 1e-12);
  s = settings("inclusions", {16, 16, 16});
  s.n_inclusions = 100;
  s.volume_fraction = 0.01;  // 41 voxels
  EXPECT_NE(said(s).find("at least 59 have none"), std::string::npos) << said(s);
  s = settings("polycrystal", {8, 8});
  EXPECT_NE(said(s).find("64 grains share 64 voxels"), std::string::npos) << said(s);
}

TEST(Generators, BadSettingsAreRefusedWithTheirValue) {
  auto s = settings("inclusions", {16, 16, 16});
  s.volume_fraction = 0.7;
  try {
    generate(s);
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_NE(std::string(error.what()).find("0.7"), std::string::npos) << error.what();
  }
  s = settings("poly", {16, 16, 16});
  EXPECT_THROW(generate(s), std::invalid_argument);
  s = settings("fibres", {16, 16});
  EXPECT_THROW(generate(s), std::invalid_argument);
  s = settings("polycrystal", {16, 0, 16});
  EXPECT_THROW(generate(s), std::invalid_argument);
}

TEST(Generators, AGridOfAbsurdSizeIsRefused) {
  const auto message = [](const std::string& grid) {
    ParameterFile file("subsection M\nset Grid = " + grid + "\nend\n", "x.prm");
    return message_of([&] { read_generator_settings(file, "M"); });
  };
  for (const std::string part : {"x.prm:2", "'Grid'", "'M'", "68719476736", "2147483648"})
    EXPECT_NE(message("4096, 4096, 4096").find(part), std::string::npos)
        << message("4096, 4096, 4096");
  EXPECT_EQ(message("4096, 4096"), "no error");
  EXPECT_EQ(message("2048, 1024, 1024"), "no error");
  EXPECT_NE(message("2048, 1024, 1025"), "no error");
}
