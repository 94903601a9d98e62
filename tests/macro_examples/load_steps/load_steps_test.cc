// Runs with materials that are not linear.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>

#include "killed_run.h"
#include "small_run.h"

using namespace seco::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

Changes law(const Changes& keys) {
  Changes changes{{"Material 0/Model", "law"}, {"Solver/Linear algebra", "direct"}};
  for (const auto& [key, value] : keys) changes["Material 0/law/" + key] = value;
  return changes;
}

Changes voce() {
  return law({{"Law", "J2 plasticity"},
              {"Young modulus", "120000"},
              {"Poisson ratio", "0.3"},
              {"Yield stress", "100"},
              {"Voce stress", "100"},
              {"Voce exponent", "10"}});
}

Changes hardening(const std::string& modulus) {
  return law({{"Law", "J2 plasticity"},
              {"Young modulus", "70000"},
              {"Poisson ratio", "0.33"},
              {"Yield stress", "100"},
              {"Hardening modulus", modulus}});
}

/// A cube of one element in tension along x, free to contract.
Changes cube(const std::string& displacement) {
  return {{"Geometry/Type", "box"},
          {"Geometry/Lengths", "1, 1, 1"},
          {"Geometry/Cells", "1, 1, 1"},
          {"Boundary conditions/Displacement",
           "0: 0; free; free | 2: free; 0; free | 4: free; free; 0 | 1: " + displacement +
               "; free; free"},
          {"Boundary conditions/Traction", ""},
          {"Output/Points of interest", "1, 1, 1"},
          {"Load steps/Newton tolerance", "1e-11"}};
}

/// The cube under a stress along x, of which it bears 100.
Changes cube_under(const std::string& stress) {
  return merged(merged(hardening("0"), cube("0")),
                {{"Boundary conditions/Displacement",
                  "0: 0; free; free | 2: free; 0; free | 4: free; free; 0"},
                 {"Boundary conditions/Traction", "1: " + stress + "; 0; 0"}});
}

/// A cantilever in plane strain. Linear elements would lock: plastic strains keep the volume.
Changes cantilever(const std::string& traction) {
  return {{"Dimension", "2"},
          {"Geometry/Type", "box"},
          {"Geometry/Lengths", "4, 1"},
          {"Geometry/Cells", "8, 2"},
          {"Discretization/Polynomial degree", "2"},
          {"Boundary conditions/Displacement", "0: 0; 0"},
          {"Boundary conditions/Traction", "1: 0; " + traction},
          {"Output/Points of interest", "4, 0.5"}};
}

json boundary(const json& step, const std::string& name) {
  for (const auto& entry : step["boundaries"])
    if (entry["boundary"] == name) return entry;
  ADD_FAILURE() << "no boundary " << name;
  return {};
}

double tip(const json& summary) {
  return summary["points_of_interest"][0]["displacement"][1];
}

}  // namespace

// As tests/materials/laws/uniaxial_test.cc: verification set of NEML2.
TEST(LoadSteps, OneElementInTensionIsTheLaw) {
  for (const auto& [strain, stress, n_steps] :
       {std::tuple("0.0019", 101.052321269, "1"), {"0.0059", 104.9016152, "3"}}) {
    const auto summary = run("tension", merged(merged(voce(), cube(std::string(strain) + "*t")),
                                               {{"Load steps/Steps", n_steps}}));
    const auto& last = summary["load_steps"].back();
    EXPECT_EQ(summary["load_steps"].size(), std::stoul(n_steps));
    EXPECT_NEAR(boundary(last, "1")["force"][0], stress, 1e-8 * stress);
    EXPECT_NEAR(boundary(last, "0")["force"][0], -stress, 1e-8 * stress);
    EXPECT_NEAR(boundary(last, "1")["mean_displacement"][0], std::stod(strain), 1e-15);
    EXPECT_LT(last["relative_gap"], 1e-9);
  }
}

TEST(LoadSteps, ALawThatDoesNotYieldIsLinearElasticity) {
  const auto beam = cantilever("-1");
  const auto linear = run("linear", merged(elastic("70e3, 0.33"), beam));
  auto changes = merged(hardening("1000"), merged(beam, {{"Load steps/Steps", "1"}}));
  changes["Material 0/law/Yield stress"] = "1e6";
  const auto law = run("not_yielding", changes);
  EXPECT_NEAR(tip(law) / tip(linear), 1, 1e-9);
  const double energy = linear["potential_energy"]["estimate"];
  const auto& step = law["load_steps"][0];
  EXPECT_NEAR(step["upper"].get<double>() / energy, 1, 1e-9);
  EXPECT_LE(step["lower"], energy + 1e-12 * std::abs(energy));
  EXPECT_GE(step["upper"], energy - 1e-12 * std::abs(energy));
  EXPECT_LT(step["relative_gap"], 1e-10);
  // Reactions balance the load, in both.
  for (const auto& boundaries : {step, linear}) {
    EXPECT_NEAR(boundary(boundaries, "0")["force"][1], 1, 1e-8);
    EXPECT_NEAR(boundary(boundaries, "1")["force"][1], -1, 1e-12);
  }
}

TEST(LoadSteps, BoundsEncloseTheTightlySolvedPotential) {
  const auto beam =
      merged(hardening("1000"), merged(cantilever("-8"), {{"Load steps/Steps", "1"}}));
  const auto bent =
      merged(hardening("500"),
             merged(cantilever("0"), {{"Boundary conditions/Displacement", "0: 0; 0 | 1: 0; -0.05"},
                                      {"Load steps/Steps", "1"}}));
  // With hanging nodes; and half of it another material, which is linear.
  const auto graded =
      merged(beam, {{"Geometry/Local refinements", "1"}, {"Geometry/Refined region", "1-x"}});
  const auto two_materials = merged(beam, {{"Number of materials", "2"},
                                           {"Geometry/Material id", "if(x<2, 0, 1)"},
                                           {"Material 1/Model", "linear elastic"},
                                           {"Material 1/linear elastic/Stiffness", "5e3, 0.3"}});
  for (const auto& problem : {beam, bent, graded, two_materials}) {
    const auto solved = [&](const std::string& tolerance) {
      return run("bounds",
                 merged(problem, {{"Load steps/Newton tolerance", tolerance}}))["load_steps"][0];
    };
    const auto exact = solved("1e-11");
    EXPECT_LT(exact["relative_gap"], 1e-9);
    const double upper = exact["upper"], lower = exact["lower"];
    EXPECT_LE(lower, upper);
    double last_gap = 10;
    for (const char* tolerance : {"1e-1", "1e-2", "1e-4"}) {
      const auto loose = solved(tolerance);
      EXPECT_GE(loose["upper"], lower) << tolerance;
      EXPECT_LE(loose["lower"], upper) << tolerance;
      EXPECT_LE(loose["relative_gap"], last_gap) << tolerance;
      last_gap = loose["relative_gap"];
    }
  }
}

TEST(LoadSteps, UnloadingLeavesPlasticStrain) {
  const auto changes = merged(hardening("1000"), merged(cantilever("-7*if(t<0.5, 2*t, 2-2*t)"),
                                                        {{"Load steps/Steps", "4"}}));
  const auto summary = run("unloading", changes);
  const auto& steps = summary["load_steps"];
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_NEAR(boundary(steps[1], "1")["force"][1], -7, 1e-12);
  EXPECT_NEAR(boundary(steps[3], "0")["force"][1], 0, 1e-4);
  const double peak = boundary(steps[1], "1")["mean_displacement"][1],
               rest = boundary(steps[3], "1")["mean_displacement"][1];
  EXPECT_LT(peak, rest);
  EXPECT_LT(rest, 0.05 * peak);
  for (const auto& step : steps) {
    EXPECT_LT(step["relative_gap"], 1e-6);
    EXPECT_LE(step["lower"], step["upper"]);
  }
}

TEST(LoadSteps, AStepThatFailsIsCutAndTheLimitLoadIsNamed) {
  auto changes = cube_under("150*t");
  changes["Load steps/Smallest step"] = "0.01";
  const auto folder = new_folder("limit_load");
  write_text(folder / "run.prm", parameters(changes));
  const auto outcome = run_here(folder / "run.prm");
  ASSERT_EQ(outcome.messages.size(), 1u) << outcome.output;
  for (const std::string part :
       {"run.prm", "'Load steps'", "from the time 0.66", "finds no equilibrium",
        "'Smallest step' = 0.01", "more than the body can bear"})
    EXPECT_NE(outcome.messages[0].find(part), std::string::npos) << outcome.messages[0];
  EXPECT_NE(outcome.output.find("is cut to"), std::string::npos) << outcome.output;
  EXPECT_TRUE(fs::exists(folder / "out" / "force_displacement.csv"));
}

// In a folder with the results of another run.
TEST(LoadSteps, AFailedRunLeavesNoSummaryOfAnEarlierOne) {
  const auto folder = new_folder("good_and_bad");
  for (const bool fails : {false, true}) {
    write_text(folder / "run.prm", parameters(merged(cube_under(fails ? "150*t" : "90*t"),
                                                     {{"Load steps/Smallest step", "0.05"}})));
    EXPECT_EQ(run_here(folder / "run.prm").messages.size(), fails ? 1u : 0u);
    EXPECT_EQ(fs::exists(folder / "out" / "summary.json"), !fails);
    EXPECT_TRUE(fs::exists(folder / "out" / "force_displacement.csv"));
  }
}

TEST(LoadSteps, ARunThatWasDoneIsContinuedWithItsExtremes) {
  auto changes = merged(hardening("1000"), cube("0.004*t"));
  changes["Checkpoint/Write"] = "true";
  changes["Output/Write VTU"] = "false";
  const auto folder = new_folder("done");
  write_text(folder / "run.prm", parameters(changes));
  ASSERT_TRUE(run_here(folder / "run.prm").messages.empty());
  const auto done = read_json(folder / "out" / "summary.json");
  EXPECT_GT(done["extremes"]["largest_von_mises_stress"]["value"], 100.);
  // With other output, of which the fields cannot be had.
  changes["Output/Write VTU"] = "true";
  write_text(folder / "run.prm", parameters(changes));
  const auto outcome = run_here(folder / "run.prm", /*restart=*/true);
  ASSERT_TRUE(outcome.messages.empty()) << outcome.messages[0];
  EXPECT_NE(outcome.output.find("fields are not written again"), std::string::npos);
  const auto again = read_json(folder / "out" / "summary.json");
  EXPECT_EQ(again["restarts"], 1);
  EXPECT_EQ(again["extremes"], done["extremes"]);
  EXPECT_EQ(again["load_steps"], done["load_steps"]);
  // Of another body it is not, and no cache of RVEs would help.
  changes["Material 0/law/Yield stress"] = "110";
  write_text(folder / "run.prm", parameters(changes));
  const auto other = run_here(folder / "run.prm", /*restart=*/true);
  ASSERT_EQ(other.messages.size(), 1u);
  EXPECT_NE(other.messages[0].find("'Yield stress'"), std::string::npos) << other.messages[0];
  EXPECT_EQ(other.messages[0].find("Result cache"), std::string::npos) << other.messages[0];
}

TEST(LoadSteps, FieldsOverTimeAreThoseThatThereAre) {
  const auto folder = new_folder("late_fields");
  auto changes = cube_under("-90*t");
  changes["Output/Write VTU"] = "true";
  write_text(folder / "run.prm", parameters(changes));
  ASSERT_TRUE(run_here(folder / "run.prm").messages.empty());
  ASSERT_TRUE(fs::exists(folder / "out" / "solution_0.pvtu"));
  // Of another run in the same folder the first steps are done without fields, the next ones with.
  changes = cube_under("150*t");
  changes["Load steps/Smallest step"] = "0.05";
  changes["Checkpoint/Write"] = "true";
  changes["Output/Write VTU"] = "false";
  write_text(folder / "run.prm", parameters(changes));
  ASSERT_EQ(run_here(folder / "run.prm").messages.size(), 1u);
  changes["Load steps/Smallest step"] = "0.001";
  changes["Output/Write VTU"] = "true";
  write_text(folder / "run.prm", parameters(changes));
  ASSERT_EQ(run_here(folder / "run.prm", /*restart=*/true).messages.size(), 1u);
  std::ifstream in(folder / "out" / "solution.pvd");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  int n_files = 0;
  for (int k = 0; k < 100; ++k) {
    const auto name = "solution_" + std::to_string(k) + ".pvtu";
    const bool is_listed = text.find(name) != std::string::npos;
    EXPECT_EQ(is_listed, fs::exists(folder / "out" / name)) << name;
    if (is_listed) ++n_files;
  }
  EXPECT_GE(n_files, 1);
  EXPECT_EQ(text.find("solution_0.pvtu"), std::string::npos);
}

TEST(LoadSteps, LoadsThatDoNotGrowAreNotCutManyTimes) {
  auto changes = cube_under("150");
  const auto folder = new_folder("constant_load");
  write_text(folder / "run.prm", parameters(changes));
  const auto outcome = run_here(folder / "run.prm");
  ASSERT_EQ(outcome.messages.size(), 1u) << outcome.output;
  for (const std::string part :
       {"run.prm", "'Load steps'", "fails in the same way", "10*t", "no 'failed_point'"})
    EXPECT_NE(outcome.messages[0].find(part), std::string::npos) << outcome.messages[0];
  const auto first = outcome.output.find("is cut to");
  EXPECT_EQ(outcome.output.find("is cut to", first + 1), std::string::npos) << outcome.output;
}

TEST(LoadSteps, FieldsAreWrittenAsOftenAsAskedAndOfTheLastStep) {
  const auto folder = new_folder("rare_fields");
  write_text(
      folder / "run.prm",
      parameters(merged(
          merged(hardening("1000"), cube("0.001*t")),
          {{"Load steps/Steps", "5"}, {"Output/Write VTU", "true"}, {"Output/VTU every", "2"}})));
  const auto outcome = run_here(folder / "run.prm");
  ASSERT_TRUE(outcome.messages.empty()) << outcome.messages[0];
  std::ifstream in(folder / "out" / "solution.pvd");
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  for (const std::string part : {"\"0.4\"", "\"0.8\"", "\"1\"", "solution_2.pvtu"})
    EXPECT_NE(text.find(part), std::string::npos) << text;
  EXPECT_EQ(text.find("\"0.6\""), std::string::npos) << text;
  EXPECT_TRUE(fs::exists(folder / "out" / "solution_2.0.vtu"));
  EXPECT_FALSE(fs::exists(folder / "out" / "solution_3.0.vtu"));
}

#ifdef SECO_J2_UMAT
// The yield surface bounds the stresses that a point can bear, and the normal one of plane strain
// has to be chosen inside.
TEST(LoadSteps, PerfectPlasticityInPlaneStrainIsBoundedFromBothSides) {
  auto changes = merged(hardening("0"), cantilever("0"));
  changes["Boundary conditions/Displacement"] = "0: 0; 0 | 1: 0.03*t; 0.02*t";
  changes["Boundary conditions/Traction"] = "";
  changes["Discretization/Polynomial degree"] = "1";
  changes["Load steps/Steps"] = "2";
  const auto summary = run("perfect_plane", changes);
  for (const auto& step : summary["load_steps"]) {
    ASSERT_FALSE(step["lower"].is_null()) << step["no_lower_bound"];
    EXPECT_LT(step["relative_gap"], 1e-4);
    EXPECT_GE(step["upper"], step["lower"]);
  }
}

TEST(LoadSteps, QuickStepsGrowByTheFactor) {
  const auto times_with = [](const std::string& growth) {
    const auto summary = run("growth", merged(merged(hardening("1000"), cube("0.001*t")),
                                              {{"Load steps/Steps", "20"},
                                               {"Load steps/Largest step", "0.5"},
                                               {"Load steps/Growth", growth}}));
    std::vector<double> times;
    for (const auto& step : summary["load_steps"]) times.push_back(step["time"]);
    return times;
  };
  const auto threefold = times_with("3");
  const std::vector<double> expected{0.05, 0.2, 0.65, 1};
  ASSERT_EQ(threefold.size(), expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) EXPECT_NEAR(threefold[k], expected[k], 1e-12);
  EXPECT_EQ(times_with("1").size(), 20u);
}

TEST(LoadSteps, AUserMaterialOfAbaqusIsTheLawButForTheBounds) {
  const auto problem = merged(cube("0.005*t"), {{"Load steps/Steps", "2"}});
  const auto umat = run("umat", merged(law({{"Law", "umat"},
                                            {"Library", SECO_J2_UMAT},
                                            {"UMAT constants", "70000, 0.33, 100, 1000"},
                                            {"State variables", "1"}}),
                                       problem));
  const auto same = run("as_umat", merged(hardening("1000"), problem));
  for (std::size_t k = 0; k < 2; ++k) {
    const auto &a = umat["load_steps"][k], &b = same["load_steps"][k];
    EXPECT_NEAR(boundary(a, "1")["force"][0], boundary(b, "1")["force"][0].get<double>(), 1e-6);
    EXPECT_TRUE(a["lower"].is_null() && a["upper"].is_null() && a["energy"].is_null());
    EXPECT_NE(a["no_lower_bound"].get<std::string>().find("no energy"), std::string::npos);
  }
}
#endif

TEST(LoadSteps, EverySolverFindsTheSame) {
  const auto problem = merged(hardening("1000"), cantilever("-7*t"));
  const auto direct = run("direct_steps", merged(problem, {{"Load steps/Steps", "2"}}));
  for (const std::string solver : {"PETSc", "Trilinos", "matrix-free"}) {
    const auto other =
        run("other_steps",
            merged(problem, {{"Load steps/Steps", "2"}, {"Solver/Linear algebra", solver}}));
    EXPECT_NEAR(tip(other) / tip(direct), 1, 1e-5) << solver;
    EXPECT_LT(other["load_steps"][1]["relative_gap"], 1e-7) << solver;
  }
}

TEST(LoadSteps, WritesFieldsOverTimeAndATable) {
  auto changes = merged(hardening("1000"), cantilever("-7*t"));
  changes["Load steps/Steps"] = "2";
  changes["Output/Write VTU"] = "true";
  const auto folder = new_folder("files_of_steps");
  write_text(folder / "run.prm", parameters(changes));
  const auto outcome = run_here(folder / "run.prm");
  ASSERT_TRUE(outcome.messages.empty()) << outcome.messages[0];
  const auto text_of = [&](const std::string& name) {
    std::ifstream in(folder / "out" / name);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  };
  const auto times = text_of("solution.pvd");
  EXPECT_NE(times.find("timestep=\"0.5\""), std::string::npos) << times;
  EXPECT_NE(times.find("solution_1.pvtu"), std::string::npos) << times;
  const auto fields = text_of("solution_1.pvtu");
  for (const std::string name : {"displacement", "stress_xx", "stress_zz", "von_mises_stress",
                                 "equivalent_plastic_strain", "energy"})
    EXPECT_NE(fields.find('"' + name + '"'), std::string::npos) << name;
  const auto table = text_of("force_displacement.csv");
  EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 3);
  EXPECT_NE(table.find("force_y_0"), std::string::npos) << table;
  EXPECT_NE(table.find("displacement_y_1"), std::string::npos) << table;
}

TEST(LoadSteps, ALinearRunIsSolvedOnceAtTheEndTime) {
  const auto at_end = run(
      "end_time", merged(elastic("100, 0"), merged(cantilever("-t"), {{"Load steps/End time", "3"},
                                                                      {"Load steps/Steps", "7"}})));
  const auto constant = run("constant", merged(elastic("100, 0"), cantilever("-3")));
  EXPECT_EQ(tip(at_end), tip(constant));
  bool said = false;
  for (const std::string note : at_end["mesh_notes"])
    said |= note.find("solved once") != std::string::npos;
  EXPECT_TRUE(said) << at_end["mesh_notes"];
  bool unused = false;
  for (const std::string note : at_end["material_notes"])
    unused |= note.find("'Load steps' but 'End time' have no effect") != std::string::npos;
  EXPECT_TRUE(unused) << at_end["material_notes"];
  EXPECT_FALSE(at_end.contains("load_steps"));
}

TEST(LoadSteps, BadInputIsRefusedWithOneMessage) {
  const auto base = merged(hardening("1000"), cantilever("-7*t"));
  const auto refused = [&](const Changes& changes, const std::vector<std::string>& parts) {
    expect_refused(merged(base, changes), parts);
  };
  refused({{"Material 0/law/Poisson ratio", "0.7"}},
          {"run.prm", "'Poisson ratio'", "Material 0/law", "0.7"});
  refused({{"Material 0/law/Exponent", "3"}}, {"run.prm", "'Exponent'", "no such key"});
  refused({{"Load steps/Smallest step", "0.5"}}, {"run.prm", "'Smallest step'", "'0.5'"});
  refused({{"Load steps/Newton tolerance", "1"}}, {"'Newton tolerance'", "1e-12 to 0.1"});
  refused({{"Certification/Compliance tolerance", "0.01"}},
          {"run.prm", "'Compliance tolerance'", "'Certification'", "allowed is 0"});
  refused({{"Local quantities/Points", "all"}}, {"run.prm", "'Local quantities'", "not linear"});
  refused({{"Geometry/Material id", "t"}}, {"'Material id'", "'t' is not known"});
  refused({{"Boundary conditions/Traction", "1: 0; s"}}, {"'s' is not known", "x,y,t"});
}

TEST(RanksLoadSteps, OneAndTwoAgreeAndContinueEachOther) {
  auto changes = merged(hardening("1000"), cantilever("-7*if(t<0.5, 2*t, 2-2*t)"));
  changes["Load steps/Steps"] = "4";
  changes["Load steps/Newton tolerance"] = "1e-10";
  const auto one = run("one_rank", changes), two = run("two_ranks", changes, 2);
  const auto expect_same = [&](const json& other) {
    ASSERT_EQ(one["load_steps"].size(), other["load_steps"].size());
    EXPECT_NEAR(tip(one), tip(other), 1e-9 * std::abs(tip(one)));
    for (std::size_t k = 0; k < 4; ++k) {
      const auto &a = one["load_steps"][k], &b = other["load_steps"][k];
      const double size = a["energy"];
      EXPECT_NEAR(a["upper"], b["upper"].get<double>(), 1e-8 * size);
      EXPECT_NEAR(a["lower"], b["lower"].get<double>(), 1e-8 * size);
      EXPECT_NEAR(boundary(a, "0")["force"][1], boundary(b, "0")["force"][1].get<double>(), 1e-6);
    }
  };
  expect_same(two);
  // Killed after the second step on one rank, continued on two.
  const auto continued = killed_and_continued("steps_killed", changes, 2);
  ASSERT_FALSE(continued.is_null());
  EXPECT_EQ(continued["restarts"], 1);
  expect_same(continued);
}
