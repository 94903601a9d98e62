// The linear solvers of seco-macro, each through the program.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "small_run.h"

using namespace seco::test;
using nlohmann::json;

namespace {

const std::vector<std::string> solvers{"PETSc", "Trilinos", "matrix-free"};

/// Copper in the axes of no symmetry, on a mesh with hanging nodes.
Changes graded_box(const std::string& solver, int degree) {
  return merged(elastic("cubic: 168e3, 121e3, 75e3"),
                {{"Material 0/linear elastic/Orientation", "20, 50, 70"},
                 {"Geometry/Type", "box"},
                 {"Geometry/Cells", "2, 1, 1"},
                 {"Geometry/Global refinements", "1"},
                 {"Geometry/Local refinements", "1"},
                 {"Geometry/Refined region", "1.5 - x"},
                 {"Discretization/Polynomial degree", std::to_string(degree)},
                 {"Solver/Linear algebra", solver},
                 {"Output/Points of interest", "1.3, 0.7, 0.4"}});
}

}  // namespace

TEST(SolverPaths, EverySolverPassesThePatchTest) {
  const std::string u = "0.01*x + 0.02*y; 0.03*z - 0.01*x; 0.02*y + 0.005*x";
  for (const auto& solver : solvers)
    for (const int degree : {1, 2, 3}) {
      const auto changes =
          merged(graded_box(solver, degree),
                 {{"Boundary conditions/Displacement",
                   fmt::format("0: {0} | 1: {0} | 2: {0} | 3: {0} | 4: {0} | 5: {0}", u)},
                  {"Boundary conditions/Traction", ""}});
      const auto displacement = run("paths", changes)["points_of_interest"][0]["displacement"];
      EXPECT_NEAR(displacement[0], 0.01 * 1.3 + 0.02 * 0.7, 1e-12) << solver << degree;
      EXPECT_NEAR(displacement[1], 0.03 * 0.4 - 0.01 * 1.3, 1e-12) << solver << degree;
      EXPECT_NEAR(displacement[2], 0.02 * 0.7 + 0.005 * 1.3, 1e-12) << solver << degree;
    }
}

TEST(SolverPaths, ThePlanePatchTest) {
  for (const auto& solver : solvers) {
    const auto changes = merged(elastic("200e3, 0.3"),
                                {{"Dimension", "2"},
                                 {"Geometry/Type", "box"},
                                 {"Geometry/Lengths", "4, 2"},
                                 {"Geometry/Cells", "2, 1"},
                                 {"Geometry/Global refinements", "2"},
                                 {"Geometry/Local refinements", "1"},
                                 {"Geometry/Refined region", "1.5 - x"},
                                 {"Boundary conditions/Displacement", "0: 0; free | 2: free; 0"},
                                 {"Boundary conditions/Traction", "1: 100; 0"},
                                 {"Output/Points of interest", "4, 2"},
                                 {"Solver/Linear algebra", solver}});
    // Plane strain: E / (1 - nu^2) along x.
    const auto u = run("plane", changes)["points_of_interest"][0]["displacement"];
    EXPECT_NEAR(u[0], 4 * 100 / (200e3 / (1 - 0.09)), 1e-12) << solver;
    EXPECT_NEAR(u[1], -2 * 100 / 200e3 * 0.3 * 1.3, 1e-12) << solver;
  }
}

TEST(SolverPathsRanks, AllAgreeOnAnyNumberOfRanks) {
  for (const int degree : {1, 2}) {
    std::vector<json> summaries;
    for (const auto& solver : solvers)
      for (const int ranks : {1, 2})
        summaries.push_back(run("agree", graded_box(solver, degree), ranks));
    for (const auto& s : summaries) {
      const auto value = [](const json& summary, int c) {
        return summary["points_of_interest"][0]["displacement"][c].get<double>();
      };
      for (int c = 0; c < 3; ++c) EXPECT_NEAR(value(s, c) / value(summaries[0], c), 1., 1e-8);
      EXPECT_NEAR(s["compliance"]["estimate"].get<double>() /
                      summaries[0]["compliance"]["estimate"].get<double>(),
                  1., 1e-10);
    }
  }
}

TEST(SolverPaths, BoundsFollowOneAnotherWithEverySolver) {
  for (const auto& solver : solvers) {
    const auto s = run(
        "bounds", {{"Solver/Linear algebra", solver}, {"Material 0/homogenized/Engine", "hill"}});
    const double estimate = s["compliance"]["estimate"];
    EXPECT_LT(s["compliance"]["lower"].get<double>(), estimate) << solver;
    EXPECT_GT(s["compliance"]["upper"].get<double>(), estimate) << solver;
  }
}

// On cubic cells; cells twice as long as wide take half as many iterations again.
TEST(SolverPaths, IterationsDoNotGrowWithTheMesh) {
  for (const auto& solver : solvers)
    for (const int degree : {1, 2}) {
      // ML solves the smallest mesh exactly, in one iteration.
      std::vector<int> iterations;
      for (int refinements = 1; refinements <= (degree == 1 ? 2 : 1); ++refinements) {
        const auto changes = merged(graded_box(solver, degree),
                                    {{"Geometry/Cells", "4, 2, 1"},
                                     {"Geometry/Global refinements", std::to_string(refinements)},
                                     {"Solver/Tolerance", "1e-8"}});
        iterations.push_back(run("mesh", changes)["linear_iterations"][0]);
      }
      EXPECT_LT(iterations.back(), solver == "matrix-free" ? 15 : 45) << solver << degree;
      if (degree == 1 && solver != "Trilinos") {
        EXPECT_LE(iterations[1], 1.35 * iterations[0] + 2) << solver;
      }
    }
}

TEST(SolverPaths, MatrixFreeRefusesDegreesItDoesNotHave) {
  expect_refused(graded_box("matrix-free", 4),
                 {"run.prm", "Solver", "Linear algebra", "degree 1 to 3"});
}
