// Several load cases of one run.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>

#include "bar.h"
#include "small_run.h"

using namespace seco::test;
using nlohmann::json;

namespace {

Changes beam() {
  return merged(bounded_inclusions(), {{"Dimension", "2"},
                                       {"Geometry/Type", "box"},
                                       {"Geometry/Lengths", "4, 1"},
                                       {"Geometry/Cells", "8, 2"},
                                       {"Boundary conditions/Displacement", "0: 0; 0"},
                                       {"Boundary conditions/Traction", ""},
                                       {"Output/Points of interest", "4, 0.5"}});
}

const Changes three_cases{{"Number of load cases", "3"},
                          {"Load case 0/Name", "pull"},
                          {"Load case 0/Traction", "1: 2; 0"},
                          {"Load case 1/Name", "press"},
                          {"Load case 1/Pressure", "3: 0.5*x"},
                          {"Load case 1/Point loads", "4, 0: 0; 1"},
                          {"Load case 2/Traction", "1: 2; 0"},
                          {"Load case 2/Pressure", "3: 0.5*x"},
                          {"Load case 2/Point loads", "4, 0: 0; 1"}};

double tip(const json& results, int c) {
  return results["points_of_interest"][0]["displacement"][c];
}

}  // namespace

TEST(LoadCases, AreTheRunsOfTheirLoadsAndAddUp) {
  for (const std::string solver : {"Trilinos", "PETSc", "matrix-free", "direct"}) {
    const auto base = merged(beam(), {{"Solver/Linear algebra", solver}});
    const auto summary = run("cases", merged(base, three_cases));
    const auto& cases = summary["load_cases"];
    ASSERT_EQ(cases.size(), 3u);
    EXPECT_EQ(cases[0]["name"], "pull");
    EXPECT_EQ(cases[2]["name"], "2");
    EXPECT_FALSE(summary.contains("compliance"));
    // An estimate, an upper and a lower bound for each.
    EXPECT_EQ(summary["linear_iterations"].size(), 9u);
    EXPECT_EQ(summary["equilibrium"]["missed"], 0);
    const auto pull = run("pull", merged(base, {{"Boundary conditions/Traction", "1: 2; 0"}}));
    const auto press =
        run("press", merged(base, {{"Boundary conditions/Pressure", "3: 0.5*x"},
                                   {"Boundary conditions/Point loads", "4, 0: 0; 1"}}));
    for (const auto& [together, alone] : {std::pair(cases[0], pull), std::pair(cases[1], press)}) {
      const double compliance = alone["compliance"]["estimate"];
      for (const char* key : {"estimate", "lower", "upper"})
        EXPECT_NEAR(together["compliance"][key].get<double>(),
                    alone["compliance"][key].get<double>(), 1e-7 * compliance)
            << solver << key;
      for (int c = 0; c < 2; ++c)
        EXPECT_NEAR(tip(together, c), tip(alone, c), 1e-7 * std::abs(tip(alone, 0)) + 1e-12);
      EXPECT_NEAR(together["boundaries"][0]["moment"][0].get<double>(),
                  alone["boundaries"][0]["moment"][0].get<double>(), 1e-6);
      EXPECT_EQ(together["extremes"]["largest_displacement"]["position"],
                alone["extremes"]["largest_displacement"]["position"]);
    }
    for (int c = 0; c < 2; ++c)
      EXPECT_NEAR(tip(cases[2], c), tip(cases[0], c) + tip(cases[1], c),
                  1e-7 * std::abs(tip(cases[2], c)) + 1e-10)
          << solver;
  }
}

TEST(LoadCases, MayPrescribeOtherDisplacements) {
  // A bar without lateral contraction: stress E u / L.
  const auto summary =
      run("moved", merged(elastic("100, 0"),
                          merged(merged(beam(), {{"Material 0/Model", "linear elastic"}}),
                                 {{"Boundary conditions/Displacement", "0: 0; free | 1: 0; free"},
                                  {"Boundary conditions/Symmetry", "2"},
                                  {"Number of load cases", "2"},
                                  {"Load case 0/Displacement", "1: 0.1; free"},
                                  {"Load case 1/Displacement", "1: -0.3*t; free"}})));
  for (const auto& [k, u] : {std::pair(0, 0.1), std::pair(1, -0.3)}) {
    const auto& results = summary["load_cases"][k];
    EXPECT_NEAR(tip(results, 0), u, 1e-12);
    EXPECT_NEAR(results["boundaries"][1]["force"][0].get<double>(), 100 * u / 4, 1e-8);
    EXPECT_NEAR(results["potential_energy"]["estimate"].get<double>(), 0.5 * 100 * u * u / 16 * 4,
                1e-8);
    EXPECT_FALSE(results.contains("compliance"));
  }
}

TEST(LoadCases, TheMatrixIsFactorizedOncePerStiffness) {
  auto changes = elastic("100, 0");
  changes["Solver/Linear algebra"] = "direct";
  changes["Number of load cases"] = "2";
  changes["Load case 0/Traction"] = "1: 1; 0";
  changes["Load case 1/Traction"] = "1: 0; 1";
  changes["Boundary conditions/Traction"] = "";
  Bar bar(changes);
  bar.materials.prepare(nullptr);
  const auto stiffness = bar.materials.stiffness_field(seco::macro::Bound::estimate);
  const auto first = bar.solver.solve(stiffness, "first");
  bar.problem.set_load_case(1);
  bar.solver.change_loads({}, /*same_stiffness=*/true);
  const auto second = bar.solver.solve(stiffness, "second");
  EXPECT_NEAR(first.work, 8. / 100, 1e-10);
  // Bending is softer.
  EXPECT_GT(second.work, first.work);
  const auto calls = bar.log.timer().get_summary_data(dealii::TimerOutput::n_calls);
  EXPECT_EQ(calls.at("factorization"), 1);
  bar.solver.change_loads({}, /*same_stiffness=*/false);
  bar.solver.solve(stiffness, "third");
  EXPECT_EQ(bar.log.timer().get_summary_data(dealii::TimerOutput::n_calls).at("factorization"), 2);
}

TEST(LoadCases, WhatOneRunCannotDoIsRefused) {
  const auto refused = [&](const Changes& more, const std::vector<std::string>& parts) {
    expect_refused(merged(merged(beam(), three_cases), more), parts);
  };
  refused({{"Load case 1/Name", "pull"}}, {"'Load case 1'", "'Name'", "'Load case 0' already"});
  refused({{"Load case 1/Displacement", "1: 0; 0"}},
          {"'Load case 1'", "x, y on boundary 1", "prescribes none"});
  refused({{"Load case 2/Traction", "9: 0; 0"}}, {"'Load case 2'", "boundary 9", "does not have"});
  refused({{"Load case 2/Traction", "1: 0/0; 0"}}, {"'Traction'", "'Load case 2'", "nan"});
  refused({{"Load case 2/Springs", "1: 1"}},
          {"'Springs'", "'Load case 2'", "is not known", "Point loads"});
  refused({{"Load case 3/Traction", "1: 1; 0"}}, {"'Load case 3'"});
  refused({{"Certification/Compliance tolerance", "0.1"}},
          {"'Compliance tolerance'", "'Number of load cases' = 3"});
  refused({{"Local quantities/Points", "all"}},
          {"'Local quantities'", "'Number of load cases' = 3"});
  expect_refused({{"Dimension", "2"},
                  {"Geometry/Type", "box"},
                  {"Geometry/Lengths", "4, 1"},
                  {"Geometry/Cells", "2, 1"},
                  {"Boundary conditions/Displacement", "0: 0; 0"},
                  {"Boundary conditions/Traction", ""},
                  {"Number of load cases", "1"},
                  {"Output/Points of interest", "4, 1"},
                  {"Material 0/Model", "law"},
                  {"Material 0/law/Law", "J2 plasticity"},
                  {"Material 0/law/Young modulus", "70000"},
                  {"Material 0/law/Poisson ratio", "0.3"},
                  {"Material 0/law/Yield stress", "100"}},
                 {"'Number of load cases'", "not linear", "time t"});
}

// The RVEs come from the checkpoint, on any number of ranks, and what is solved again is the same.
TEST(RanksLoadCases, GoOnAfterTheHomogenization) {
  const auto changes = merged(merged(beam(), three_cases), {{"Checkpoint/Write", "true"}});
  const auto whole = run("cases_whole", changes);
  const auto folder = new_folder("cases_killed");
  const auto file = folder / "run.prm";
  write_text(file, parameters(changes));
  {
    RunningProgram program("seco-macro", {file.string()});
    EXPECT_TRUE(program.prints("after the homogenization"));
    program.send(SIGKILL);
    program.end();
  }
  for (const int n_ranks : {2, 0}) {
    const auto outcome = run_program("seco-macro", file.string() + " --restart", n_ranks);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
    EXPECT_NE(outcome.output.find("continues after the homogenization"), std::string::npos);
    const auto continued = read_json(folder / "out" / "summary.json");
    ASSERT_EQ(continued["load_cases"].size(), 3u);
    for (int k = 0; k < 3; ++k)
      for (const char* key : {"estimate", "lower", "upper"}) {
        const double expected = whole["load_cases"][k]["compliance"][key];
        EXPECT_NEAR(continued["load_cases"][k]["compliance"][key], expected, 1e-8 * expected);
      }
    EXPECT_EQ(continued["rves"], whole["rves"]);
    EXPECT_GE(continued["restarts"], 1);
  }
  // Other loads than those of the checkpoint are another run.
  write_text(file, parameters(merged(changes, {{"Load case 0/Traction", "1: 3; 0"}})));
  const auto other = run_program("seco-macro", file.string() + " --restart");
  EXPECT_EQ(other.exit_code, 1);
  EXPECT_NE(other.output.find("does not fit"), std::string::npos) << other.output;
}

TEST(RanksLoadCases, OneAndTwoAgree) {
  const auto one = run("cases_one", merged(beam(), three_cases)),
             two = run("cases_two", merged(beam(), three_cases), 2);
  for (int k = 0; k < 3; ++k) {
    const double expected = one["load_cases"][k]["compliance"]["estimate"];
    EXPECT_NEAR(two["load_cases"][k]["compliance"]["estimate"], expected, 1e-8 * expected);
    EXPECT_EQ(two["load_cases"][k]["extremes"]["largest_displacement"]["position"],
              one["load_cases"][k]["extremes"]["largest_displacement"]["position"]);
  }
}
