// Callers in C and Fortran, built against the installation, get what the program seco gives.
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "run_program.h"
#include "seco/materials/mandel.h"

using namespace seco::test;
using seco::materials::MandelMatrix;

namespace {

const std::string model = SECO_BINARIES "/prefix/share/seco/models/composite_3d";

/// The numbers of all lines that begin with one.
std::vector<double> numbers(const std::string& output) {
  std::vector<double> result;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    for (double value; words >> value;) result.push_back(value);
  }
  return result;
}

/// A parameter file whose material is an RVE file homogenized by the network, and what the program
/// seco says of that RVE.
struct Case {
  explicit Case(const std::string& name) : folder(new_folder(name)) {
    parameters = (folder / "material.prm").string();
    write_text(parameters,
               "subsection Material 0\n  subsection homogenized\n"
               "    set Engine = s-eco\n    set Surrogate model = " +
                   model + "\n    set RVE = file\n    set RVE file = " +
                   SECO_TEST_DATA "/fibres_32.h5\n  end\nend\n");
    const auto json = (folder / "out.json").string();
    const auto outcome = run_program("prefix/bin/seco", "homogenize " SECO_TEST_DATA
                                                        "/fibres_32.h5 --engine s-eco "
                                                        "--model " +
                                                            model + " --json " + json);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    const auto result = read_json(json);
    gap = result["gap"];
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j) stiffness(i, j) = result["stiffness"][i][j];
  }
  /// Stiffness for engineering strains, components in the given order.
  MandelMatrix voigt(const std::array<int, 6>& order) const {
    MandelMatrix result(6, 6);
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j)
        result(i, j) =
            stiffness(order[i], order[j]) * (i < 3 ? 1 : M_SQRT1_2) * (j < 3 ? 1 : M_SQRT1_2);
    return result;
  }

  std::filesystem::path folder;
  std::string parameters;
  MandelMatrix stiffness = MandelMatrix(6, 6);
  double gap = 0;
};

constexpr std::array<int, 6> voigt_order{0, 1, 2, 3, 4, 5}, abaqus_order{0, 1, 2, 5, 4, 3};

}  // namespace

TEST(Umat, TheProgramInCGetsWhatSecoHomogenizeGives) {
  const Case c("points");
  const auto outcome = run_program("umat/build/points", c.parameters + " 'Material 0/homogenized'");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto values = numbers(outcome.output);
  ASSERT_EQ(values.size(), 3u * 6 + 36 + 1) << outcome.output;
  const MandelMatrix expected = c.voigt(voigt_order);
  const double scale = expected.norm();
  const double strains[3][6] = {
      {1e-3, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 1e-3}, {1e-3, -2e-4, 5e-4, 1e-4, -3e-4, 2e-4}};
  for (int p = 0; p < 3; ++p)
    for (int i = 0; i < 6; ++i) {
      double stress = 0;
      for (int j = 0; j < 6; ++j) stress += expected(i, j) * strains[p][j];
      EXPECT_NEAR(values[6 * p + i], stress, 1e-9 * scale);
    }
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j) EXPECT_NEAR(values[18 + 6 * i + j], expected(i, j), 1e-6 * scale);
  EXPECT_NEAR(values[54], c.gap, 1e-6);
}

TEST(Umat, TheUserMaterialInFortranGetsWhatSecoHomogenizeGives) {
  if (!std::filesystem::exists(SECO_BINARIES "/umat/build/umat_driver"))
    GTEST_SKIP() << "built without a Fortran compiler";
  const Case c("umat");
  const auto outcome =
      run_program("umat/build/umat_driver", "", 0, "SECO_PARAMETERS=" + c.parameters);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto values = numbers(outcome.output);
  ASSERT_EQ(values.size(), 6u + 36 + 2 + 4 + 16 + 2) << outcome.output;
  const MandelMatrix expected = c.voigt(abaqus_order);
  const double scale = expected.norm(), strain[6] = {1e-3, -2e-4, 5e-4, 2e-4, -3e-4, 1e-4},
               plane[4] = {1e-3, -2e-4, 0, 2e-4};
  double energy = 0;
  for (int i = 0; i < 6; ++i) {
    double stress = 0;
    for (int j = 0; j < 6; ++j) {
      stress += expected(i, j) * strain[j];
      EXPECT_NEAR(values[6 + 6 * i + j], expected(i, j), 1e-6 * scale);
    }
    EXPECT_NEAR(values[i], stress, 1e-9 * scale);
    energy += stress * strain[i] / 2;
  }
  EXPECT_NEAR(values[42], c.gap, 1e-6);
  EXPECT_NEAR(values[43], energy, 1e-6 * energy);
  // Plane strain is a part of it.
  for (int i = 0; i < 4; ++i) {
    double stress = 0;
    for (int j = 0; j < 4; ++j) stress += expected(i, j) * plane[j];
    EXPECT_NEAR(values[44 + i], stress, 1e-9 * scale);
  }
}

TEST(Umat, ARestartedAnalysisMakesTheMaterialToo) {
  if (!std::filesystem::exists(SECO_BINARIES "/umat/build/umat_driver"))
    GTEST_SKIP() << "built without a Fortran compiler";
  const Case c("umat_restart");
  const auto start =
                 run_program("umat/build/umat_driver", "", 0, "SECO_PARAMETERS=" + c.parameters),
             restart = run_program("umat/build/umat_driver", "restart", 0,
                                   "SECO_PARAMETERS=" + c.parameters);
  ASSERT_EQ(restart.exit_code, 0) << restart.output;
  const auto expected = numbers(start.output), values = numbers(restart.output);
  ASSERT_EQ(values.size(), 6u + 36 + 2 + 4 + 16 + 2) << restart.output;
  ASSERT_EQ(values.size(), expected.size()) << start.output;
  // Two runs of a network in single precision differ in their last bits where the machine gives
  // them other numbers of threads; the conjugate gradients after it keep that.
  const double scale = c.stiffness.norm();
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-6 * scale) << i;
}

TEST(Umat, TheUserMaterialWithAHistoryUnloadsElastically) {
  if (!std::filesystem::exists(SECO_BINARIES "/umat/build/laws_driver"))
    GTEST_SKIP() << "built without a Fortran compiler";
  const auto folder = new_folder("laws");
  const auto outcome =
      run_program("umat/build/laws_driver", "restart", 0,
                  "SECO_POINTS=2 SECO_PARAMETERS=" SECO_BINARIES "/umat/build/laws_material.prm",
                  folder.string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto values = numbers(outcome.output);
  ASSERT_EQ(values.size(), 6u * (6 + 36 + 4) + 4) << outcome.output;
  // Stress 11 of the first point at the end of each increment.
  const auto stress = [&](std::size_t increment) { return values[increment * 46]; };
  EXPECT_GT(stress(2), stress(1));
  // Strain 11 falls by 2e-3 and more.
  EXPECT_LT(stress(3), stress(2) - 2e-3 * 70e3);
  EXPECT_LT(stress(5), 0);
  // The guaranteed error of the stress.
  EXPECT_LE(values[values.size() - 4], 1e-3);
}

TEST(Umat, WrongFilesEndBothProgramsWithAMessage) {
  const auto outcome = run_program("umat/build/points", "/no/such.prm 'Material 0/homogenized'");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.output.find("/no/such.prm"), std::string::npos) << outcome.output;
  if (!std::filesystem::exists(SECO_BINARIES "/umat/build/umat_driver"))
    GTEST_SKIP() << "built without a Fortran compiler";
  const auto fortran = run_program("umat/build/umat_driver", "", 0, "SECO_PARAMETERS=/no/such.prm");
  EXPECT_NE(fortran.exit_code, 0);
  EXPECT_NE(fortran.output.find("/no/such.prm"), std::string::npos) << fortran.output;
}

TEST(Umat, TheShippedParametersGiveAStiffComposite) {
  const auto outcome = run_program(
      "umat/build/points", SECO_BINARIES "/umat/build/material.prm 'Material 0/homogenized'");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto values = numbers(outcome.output);
  ASSERT_EQ(values.size(), 3u * 6 + 36 + 1) << outcome.output;
  // Between epoxy, E (1 - nu) / ((1 + nu)(1 - 2 nu)), and the mean of both phases' moduli.
  const double epoxy = 3000 * 0.65 / (1.35 * 0.3), spheres = 60000 * 0.75 / (1.25 * 0.5);
  EXPECT_GT(values[18], epoxy);
  EXPECT_LT(values[18], 0.85 * epoxy + 0.15 * spheres);
  EXPECT_LT(values.back(), 0.05);
}
