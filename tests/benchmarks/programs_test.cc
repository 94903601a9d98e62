// The benchmark programs on tiny cases: that they run and write valid tables, not how fast.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "run_program.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/engine.h"

namespace {

using namespace seco;
using namespace seco::test;

std::size_t n_columns(const std::string& line) {
  return static_cast<std::size_t>(std::count(line.begin(), line.end(), '|')) - 1;
}

/// Rows of all tables; expects as many cells in each as in the head of its table.
std::size_t n_rows(const std::string& page) {
  std::istringstream lines(page);
  std::string line;
  std::size_t columns = 0, rows = 0;
  while (std::getline(lines, line)) {
    if (line.empty() || line.front() != '|') {
      columns = 0;
      continue;
    }
    if (columns == 0) {
      columns = n_columns(line);
      std::getline(lines, line);
      EXPECT_EQ(line.rfind("|---", 0), 0u) << line;
    } else {
      ++rows;
    }
    EXPECT_EQ(n_columns(line), columns) << line;
    EXPECT_EQ(line.back(), '|') << line;
    EXPECT_EQ(line.find("nan"), std::string::npos) << line;
  }
  return rows;
}

TEST(BenchmarkPrograms, MachineFloorsArePositiveAndInTables) {
  const auto folder = new_folder("machine_benchmark");
  const auto outcome = run_program(
      "machine_benchmark",
      "--seconds 0.001 --grids 8 --working-sets 0.1 --threads 1 --order 32 --batch 3 --json " +
          (folder / "values.json").string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  // One bandwidth, single and double precision of transforms and products.
  EXPECT_EQ(n_rows(outcome.output), 1u + 2u + 2u) << outcome.output;
  const auto values = read_json(folder / "values.json");
  EXPECT_GT(values["bandwidth"][0]["copy"]["median"], 0.);
  EXPECT_GT(values["fft"][0]["torch"]["median"], 0.);
  EXPECT_GT(values["matrix_product"][0]["flops_per_second"]["median"], 0.);
}

TEST(BenchmarkPrograms, DeformationsAreInTables) {
  const auto outcome =
      run_program("deformation_benchmark", "--grids 6 --rves 2 --seconds 0.01 --edge 4 --points 2");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  // Iterations of a grid, its path to a certified and an estimated error, a batch, and points of a
  // structure in five ways.
  EXPECT_EQ(n_rows(outcome.output), 1u + 2u + 1u + 5u) << outcome.output;

  const auto on_device = run_program("deformation_benchmark", "--device cpu --grids 6 --rves 2");
  ASSERT_EQ(on_device.exit_code, 0) << on_device.output;
  // Two families of RVEs, which the same processor answers equally.
  EXPECT_EQ(n_rows(on_device.output), 2u) << on_device.output;
  EXPECT_NE(on_device.output.find("| 0 |"), std::string::npos) << on_device.output;
}

TEST(BenchmarkPrograms, RefusesATransformThatDoesNotFit) {
  const auto outcome = run_program("machine_benchmark", "--grids 12");
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_NE(outcome.output.find("12 is not a positive multiple of 8"), std::string::npos)
      << outcome.output;
}

TEST(BenchmarkPrograms, SolverErrorsFallWithTheIterations) {
  const auto folder = new_folder("solver_benchmark");
  const auto outcome = run_program(
      "solver_benchmark", "--grids 8 --seconds 0.001 --threads 1 --rve-folder " + folder.string() +
                              " --json " + (folder / "values.json").string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_GT(n_rows(outcome.output), 3u * 2u * 4u) << outcome.output;
  const auto values = read_json(folder / "values.json");
  ASSERT_EQ(values.size(), 3u);
  for (const auto& value : values)
    for (const std::string precision : {"single", "double"}) {
      const auto& rows = value[precision]["rows"];
      EXPECT_EQ(rows[0]["iterations"], 0);
      EXPECT_GT(rows[0]["error"], rows[2]["error"]);
      EXPECT_LE(value[precision]["at_error"]["error"], 1e-4);
      // 0 <= C_up - C <= C_up - C_lo in the Loewner order, so its Frobenius norm is at most the
      // trace of C_up - C_lo, which is at most gap tr(C_up), and tr(C_up) at most 6^(1/2) |C_up|.
      for (const auto& row : rows) {
        const double error = row["error"], gap = row["gap"];
        EXPECT_LE(error, std::sqrt(6.) * gap * (1 + error) + 1e-6);
      }
    }
}

TEST(BenchmarkPrograms, SolverWritesTheRveAndTheStiffnessForOtherCodes) {
  const auto folder = new_folder("solver_benchmark_rve");
  const auto outcome =
      run_program("solver_benchmark",
                  "--cases copper --precisions single --grids 8 --seconds 0.001 "
                  "--threads 1 --rve-folder " +
                      folder.string() + " --json " + (folder / "values.json").string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto values = read_json(folder / "values.json");
  const std::vector<materials::Rve> rves{materials::read_rve(values[0]["file"])};
  surrogate::register_builtin_engines();
  surrogate::EngineSettings settings;
  settings.tolerance = 1e-8;
  const auto result = surrogate::make_engine("fft", settings)->homogenize(rves).front();
  const std::vector<double> exact = values[0]["exact"];
  ASSERT_EQ(exact.size(), 36u);
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j)
      EXPECT_NEAR(exact[6 * i + j], result.stiffness(i, j), 1e-8 * result.stiffness.norm());
}

TEST(BenchmarkPrograms, EngineTableHasARowForEveryContrast) {
  const auto outcome = run_program(
      "engine_table", "--grid 8 --rves 1 --contrasts 0.1,10 --families grains --tolerances 0.1");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_EQ(n_rows(outcome.output), 2u) << outcome.output;
}

}  // namespace
