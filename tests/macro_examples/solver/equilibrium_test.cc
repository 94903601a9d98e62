// Bodies whose stiffness matrices are ill-conditioned, with every solver: displacements against
// beam theory and against the direct solver, and intervals that hold all the same.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>

#include "small_run.h"

using namespace seco::test;
using nlohmann::json;

namespace {

const std::vector<std::string> solvers{"PETSc", "Trilinos", "matrix-free", "direct"};

Changes box(const std::string& lengths, const std::string& cells, int degree) {
  return merged(elastic("70e3, 0.33"),
                {{"Geometry/Type", "box"},
                 {"Geometry/Lengths", lengths},
                 {"Geometry/Cells", cells},
                 {"Discretization/Polynomial degree", std::to_string(degree)},
                 {"Solver/Tolerance", "1e-10"}});
}

/// A cantilever a thousand times as long as high, in plane strain.
Changes slender(const std::string& solver, int degree) {
  return merged(box("1000, 1", "50, 4", degree), {{"Dimension", "2"},
                                                  {"Boundary conditions/Displacement", "0: 0; 0"},
                                                  {"Boundary conditions/Traction", "1: 0; -1"},
                                                  {"Output/Points of interest", "1000, 0.5"},
                                                  {"Solver/Linear algebra", solver}});
}

double number(const json& value) {
  return value.get<double>();
}

void expect_enclosed(const json& summary, const std::string& message) {
  for (const char* name : {"compliance", "potential_energy"}) {
    const auto& e = summary[name];
    EXPECT_LE(number(e["lower"]), number(e["estimate"])) << message << name;
    EXPECT_GE(number(e["upper"]), number(e["estimate"])) << message << name;
  }
}

double deflection(const json& summary) {
  return number(summary["points_of_interest"][0]["displacement"][1]);
}

}  // namespace

TEST(Equilibrium, ASlenderBeamBendsAsBeamTheorySaysWithEverySolver) {
  // F L^3 / (3 E' I) with E' = E / (1 - nu^2) and I = 1 / 12; shear adds 1e-6 of it, the mesh
  // takes 2e-3.
  const double theory = 1e9 / (3 * 70e3 / (1 - 0.33 * 0.33) / 12);
  for (const auto& solver : solvers) {
    const auto summary = run("slender", slender(solver, 2));
    EXPECT_NEAR(deflection(summary) / -theory, 1., 5e-3) << solver;
    // The same elements with a banded Cholesky factorization in quadruple precision.
    EXPECT_NEAR(deflection(summary), -50805.143638846, 1e-4) << solver;
    expect_enclosed(summary, solver);
    const double compliance = 50805.143681857;
    EXPECT_NEAR(number(summary["compliance"]["estimate"]), compliance, 1e-6) << solver;
    EXPECT_LE(number(summary["compliance"]["lower"]), compliance) << solver;
    EXPECT_GE(number(summary["compliance"]["upper"]), compliance) << solver;
    EXPECT_LT(number(summary["compliance"]["upper"]) / number(summary["compliance"]["lower"]),
              1 + 1e-8)
        << solver;
    EXPECT_EQ(summary["equilibrium"]["missed"], 0) << summary["equilibrium"];
  }
}

TEST(Equilibrium, SolversAgreeOnSlenderBodiesAndHighContrasts) {
  const auto bar = [](const std::string& solver) {
    return merged(box("200, 1, 1", "100, 2, 2", 1),
                  {{"Boundary conditions/Traction", "1: 0; -1e-3; 0"},
                   {"Output/Points of interest", "200, 1, 1"},
                   {"Solver/Linear algebra", solver}});
  };
  const auto regions = [](const std::string& modulus) {
    return [modulus](const std::string& solver) {
      return merged(box("4, 2, 1", "8, 4, 2", 2),
                    {{"Number of materials", "2"},
                     {"Geometry/Material id", "if(abs(x - 2) < 0.6 & y < 1.2, 1, 0)"},
                     {"Material 1/Model", "linear elastic"},
                     {"Material 1/linear elastic/Stiffness", modulus + ", 0.33"},
                     {"Output/Points of interest", "4, 2, 1"},
                     {"Solver/Linear algebra", solver}});
    };
  };
  const std::vector<std::pair<std::string, std::function<Changes(const std::string&)>>> bodies{
      {"bar", bar}, {"stiff 1e9", regions("70e12")}, {"soft 1e-9", regions("70e-6")}};
  for (const auto& [name, body] : bodies) {
    const auto direct = run("direct", body("direct"));
    expect_enclosed(direct, name);
    for (const auto& solver : solvers) {
      if (solver == "direct") continue;
      const auto summary = run("other", body(solver));
      EXPECT_NEAR(deflection(summary) / deflection(direct), 1., 1e-5) << name << ' ' << solver;
      expect_enclosed(summary, name + solver);
      // Both intervals hold, so they have a number in common.
      EXPECT_LE(number(summary["compliance"]["lower"]), number(direct["compliance"]["upper"]));
      EXPECT_GE(number(summary["compliance"]["upper"]), number(direct["compliance"]["lower"]));
      EXPECT_EQ(summary["equilibrium"]["missed"], 0) << name << ' ' << solver;
    }
  }
}

TEST(EquilibriumRanks, SlenderBodiesOnSeveralRanks) {
  for (const auto& solver : solvers) {
    // Of few iterations, so that the direct solver takes over from some on all ranks.
    const auto changes =
        merged(slender(solver, 2), {{"Solver/Largest number of iterations", "100"}});
    const auto summary = run("ranks", changes, 2);
    EXPECT_NEAR(deflection(summary), -50805.1436, 1e-3) << solver;
    expect_enclosed(summary, solver);
    EXPECT_EQ(summary["equilibrium"]["missed"], 0) << solver;
  }
}

TEST(Equilibrium, LooseTolerancesWidenTheIntervalInPlaceOfMissingTheValue) {
  const auto exact = run("exact", elastic("200e3, 0.3"))["compliance"];
  for (const auto& solver : {"Trilinos", "matrix-free"})
    for (const std::string tolerance : {"1e-1", "1e-3"}) {
      const auto summary =
          run("loose", merged(elastic("200e3, 0.3"), {{"Solver/Linear algebra", solver},
                                                      {"Solver/Tolerance", tolerance},
                                                      {"Solver/Largest equilibrium error", "1"}}));
      expect_enclosed(summary, solver + tolerance);
      EXPECT_LE(number(summary["compliance"]["lower"]), number(exact["upper"])) << tolerance;
      EXPECT_GE(number(summary["compliance"]["upper"]), number(exact["lower"])) << tolerance;
      const auto tight = run(
          "tight", merged(elastic("200e3, 0.3"),
                          {{"Solver/Linear algebra", solver}, {"Solver/Tolerance", tolerance}}));
      // The error of the compliance is the square of that of the displacement.
      EXPECT_NEAR(number(tight["compliance"]["estimate"]) / number(exact["estimate"]), 1., 2e-8);
      EXPECT_LE(number(tight["equilibrium"]["largest_error"]), 1e-4);
    }
}

TEST(Equilibrium, WhatIsMissedIsSaidAndFailsStrictRuns) {
  // Nothing in double precision reaches 1e-12 here.
  for (const bool strict : {false, true}) {
    const auto folder = new_folder("missed");
    write_text(folder / "run.prm", parameters(merged(slender("Trilinos", 2),
                                                     {{"Solver/Largest equilibrium error", "1e-12"},
                                                      {"Strict", strict ? "true" : "false"}})));
    const auto outcome = run_program("seco-macro", (folder / "run.prm").string());
    EXPECT_EQ(outcome.exit_code, strict ? 2 : 0) << outcome.output;
    EXPECT_NE(outcome.output.find("'Largest equilibrium error' = 1e-12 in section 'Solver'"),
              std::string::npos)
        << outcome.output;
    const auto summary = read_json(folder / "out" / "summary.json");
    EXPECT_EQ(summary["equilibrium"]["missed"], 3);
    EXPECT_NEAR(deflection(summary), -50805.1436, 1e-3);
    expect_enclosed(summary, "missed");
  }
}

TEST(Equilibrium, TheDirectSolverTakesOverAndSaysSo) {
  // Multigrid does not converge in 100 iterations here.
  auto changes = slender("matrix-free", 2);
  changes["Solver/Largest number of iterations"] = "100";
  const auto folder = new_folder("takes_over");
  write_text(folder / "run.prm", parameters(changes));
  const auto outcome = run_here(folder / "run.prm");
  ASSERT_TRUE(outcome.messages.empty()) << outcome.messages.front();
  EXPECT_NE(outcome.output.find("a direct solver took over"), std::string::npos) << outcome.output;
  const auto summary = read_json(folder / "out" / "summary.json");
  EXPECT_NE(
      summary["equilibrium"]["direct_solver"].get<std::string>().find("Largest direct system"),
      std::string::npos);
  changes["Solver/Largest direct system"] = "0";
  expect_refused(changes, {"run.prm", "Largest number of iterations", "'Linear algebra' = direct"});
}
