// Structures whose points have RVEs with nonlinear laws.
#include <gtest/gtest.h>

#include <cmath>
#include <csignal>

#include "small_run.h"

using namespace seco::test;
using nlohmann::json;

namespace {

using Changes = std::map<std::string, std::string>;

Changes merged(Changes all, const Changes& more) {
  for (const auto& [key, value] : more) all[key] = value;
  return all;
}

const std::string matrix =
    "  set Law = J2 plasticity\n  set Young modulus = 70000\n  set Poisson ratio = 0.33\n"
    "  set Yield stress = 100\n  set Hardening modulus = 1000\n";

/// Laws of a plastic matrix and of elastic inclusions, in a file.
std::string laws_file() {
  const auto folder = new_folder("laws_of_phases");
  write_text(folder / "laws.prm",
             "subsection Phase 0\n" + matrix +
                 "end\nsubsection Phase 1\n  set Law = linear elastic\n"
                 "  set Young modulus = 400000\n  set Poisson ratio = 0.2\nend\n"
                 "subsection Loading\n  set Type = tension\nend\n");
  return (folder / "laws.prm").string();
}

/// A cantilever in plane strain under a load at its end.
Changes cantilever(const std::string& traction, const std::string& n_steps) {
  return {{"Dimension", "2"},
          {"Geometry/Type", "box"},
          {"Geometry/Lengths", "4, 1"},
          {"Geometry/Cells", "6, 2"},
          {"Boundary conditions/Displacement", "0: 0; 0"},
          {"Boundary conditions/Traction", "1: 0; " + traction},
          {"Load steps/Steps", n_steps},
          {"Load steps/Newton tolerance", "1e-8"},
          {"Solver/Linear algebra", "direct"},
          {"Output/Points of interest", "4, 0.5"}};
}

Changes rve(const Changes& keys) {
  const std::string section = "Material 0/homogenized laws/";
  Changes changes{{"Material 0/Model", "homogenized laws"},
                  {section + "Laws", laws_file()},
                  {section + "Seed per", "material"},
                  {section + "Microstructure/Type", "inclusions"},
                  {section + "Microstructure/Grid", "8, 8"},
                  {section + "Microstructure/Lengths", "1, 1"},
                  {section + "Microstructure/Number of inclusions", "2"},
                  {section + "Microstructure/Volume fraction", "0.25"}};
  for (const auto& [key, value] : keys) changes[section + key] = value;
  return changes;
}

double tip(const json& summary) {
  return summary["points_of_interest"][0]["displacement"][1];
}

}  // namespace

TEST(HomogenizedLaws, OfAHomogeneousRveAreTheLaw) {
  const auto beam = cantilever("-9*if(t<0.6, t/0.6, 1.6-t)", "5");
  const auto law = run("law_alone", merged(beam, {{"Material 0/Model", "law"},
                                                  {"Material 0/law/Law", "J2 plasticity"},
                                                  {"Material 0/law/Young modulus", "70000"},
                                                  {"Material 0/law/Poisson ratio", "0.33"},
                                                  {"Material 0/law/Yield stress", "100"},
                                                  {"Material 0/law/Hardening modulus", "1000"}}));
  const auto folder = new_folder("law_of_all");
  write_text(folder / "laws.prm", "subsection All phases\n" + matrix + "end\n");
  const auto homogenized =
      run("homogeneous_rve", merged(beam, rve({{"Laws", (folder / "laws.prm").string()},
                                               {"Microstructure/Type", "homogeneous"},
                                               {"Tolerance", "1e-6"}})));
  EXPECT_NEAR(tip(homogenized) / tip(law), 1, 1e-8);
  ASSERT_EQ(homogenized["load_steps"].size(), law["load_steps"].size());
  for (std::size_t k = 0; k < law["load_steps"].size(); ++k) {
    const auto &a = law["load_steps"][k], &b = homogenized["load_steps"][k];
    EXPECT_NEAR(b["upper"], a["upper"].get<double>(), 1e-8 * a["energy"].get<double>());
    EXPECT_LT(b["relative_gap"], 1e-6);
  }
}

// The least potential of a step lies in the brackets of all runs of it.
TEST(HomogenizedLaws, BoundsOfRoughPointsEncloseThePotential) {
  const auto beam = cantilever("-10", "1");
  const auto step_of = [&](const Changes& keys) {
    return run("rough_points", merged(beam, rve(keys)))["load_steps"][0];
  };
  const auto exact = step_of({{"Tolerance", "1e-5"}});
  EXPECT_LT(exact["relative_gap"], 1e-8);
  double last_gap = exact["relative_gap"];
  for (const char* tolerance : {"1e-2", "1e-1"}) {
    const auto rough = step_of({{"Tolerance", tolerance}});
    EXPECT_GE(rough["upper"], exact["lower"]) << tolerance;
    EXPECT_LE(rough["lower"], exact["upper"]) << tolerance;
    EXPECT_GE(rough["relative_gap"], last_gap) << tolerance;
    // The tolerance of stresses, squared.
    EXPECT_LT(rough["relative_gap"], 2 * std::pow(std::stod(tolerance), 2));
    last_gap = rough["relative_gap"];
  }
  // What points keep changes the work, not the answer. Without it stresses are as rough as their
  // tolerance lets them, and so is the residual of the structure.
  const auto plain =
      run("plain_points", merged(merged(beam, {{"Load steps/Newton tolerance", "1e-5"}}),
                                 rve({{"Tolerance", "1e-5"},
                                      {"Superpose elastic fields", "false"},
                                      {"Keep tangent fields", "false"}})));
  EXPECT_NEAR(plain["load_steps"][0]["upper"], exact["upper"].get<double>(),
              1e-7 * exact["energy"].get<double>());
}

TEST(HomogenizedLaws, WrongInputIsRefused) {
  const auto refused = [](const Changes& keys, const std::vector<std::string>& parts) {
    expect_refused(merged(cantilever("-1", "1"), rve(keys)), parts);
  };
  refused({{"Laws", ""}}, {"run.prm", "'Laws'", "'Phase 0'"});
  refused({{"Laws", "/nowhere/laws.prm"}}, {"/nowhere/laws.prm"});
  refused({{"Tolerance", "2"}}, {"'Tolerance'", "'2'"});
  const auto folder = new_folder("wrong_laws");
  write_text(folder / "laws.prm", "subsection Phase 0\n" + matrix + "  set Yield = 3\nend\n");
  refused({{"Laws", (folder / "laws.prm").string()}}, {"phase 1", "has no law"});
  write_text(folder / "laws.prm", "subsection All phases\n" + matrix + "  set Yield = 3\nend\n");
  refused({{"Laws", (folder / "laws.prm").string()}}, {"laws.prm", "'Yield'", "not known"});
}

TEST(RanksHomogenizedLaws, OneAndTwoAgreeAndContinueEachOther) {
  auto changes = merged(cantilever("-9*if(t<0.5, 2*t, 2-2*t)", "4"), rve({{"Tolerance", "1e-6"}}));
  const auto one = run("laws_one_rank", changes);
  const auto expect_same = [&](const json& other) {
    ASSERT_EQ(one["load_steps"].size(), other["load_steps"].size());
    EXPECT_NEAR(tip(one), tip(other), 1e-6 * std::abs(tip(one)));
    for (std::size_t k = 0; k < one["load_steps"].size(); ++k) {
      const auto &a = one["load_steps"][k], &b = other["load_steps"][k];
      EXPECT_NEAR(a["upper"], b["upper"].get<double>(), 1e-6 * a["energy"].get<double>());
    }
  };
  changes["Checkpoint/Write"] = "true";
  const auto folder = new_folder("laws_killed");
  write_text(folder / "run.prm", parameters(changes));
  {
    RunningProgram program("seco-macro", {(folder / "run.prm").string()});
    EXPECT_TRUE(program.prints("after load step 2"));
    program.send(SIGKILL);
    program.end();
  }
  const auto outcome = run_program("seco-macro", (folder / "run.prm").string() + " --restart", 2);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  expect_same(read_json(folder / "out" / "summary.json"));
}
