#include <gtest/gtest.h>

#include "small_run.h"
#include "support/csv.h"

using namespace seco::test;
using nlohmann::json;

namespace {

/// Voigt and Reuss bounds at first, then refine to a compliance tolerance.
std::map<std::string, std::string> loop(const std::string& tolerance,
                                        std::map<std::string, std::string> changes = {}) {
  changes.merge(
      std::map<std::string, std::string>{{"Certification/Compliance tolerance", tolerance},
                                         {"Material 0/homogenized/Engine", "hill"}});
  return changes;
}

double number(const json& value) {
  return value.get<double>();
}

}  // namespace

TEST(CertifiedRun, ReachesItsToleranceAndEveryRoundEnclosesTheConvergedValue) {
  const double exact =
      run("converged", {{"Material 0/homogenized/Tolerance", "1e-9"}})["compliance"]["estimate"];
  for (const std::string engine : {"certified", "fft"})
    for (const std::string fraction : {"0.5", "0.9"}) {
      const auto summary =
          run("loop", loop("0.02", {{"Material 0/homogenized/Refinement engine", engine},
                                    {"Certification/Doerfler fraction", fraction}}));
      const auto& certification = summary["certification"];
      EXPECT_TRUE(certification["reached"]);
      EXPECT_LE(number(certification["relative_width"]), 0.02);
      const auto& rounds = certification["rounds"];
      ASSERT_GE(rounds.size(), 2u);
      for (std::size_t r = 0; r < rounds.size(); ++r) {
        EXPECT_LE(number(rounds[r]["lower"]), exact * (1 + 1e-9));
        EXPECT_GE(number(rounds[r]["upper"]), exact * (1 - 1e-9));
        EXPECT_EQ(rounds[r]["marked_rves"] == 0, r == 0);
        if (r == 0) continue;
        EXPECT_GE(rounds[r]["lower"], rounds[r - 1]["lower"]);
        EXPECT_LE(rounds[r]["upper"], rounds[r - 1]["upper"]);
        EXPECT_GE(rounds[r]["refined_rves"], rounds[r - 1]["refined_rves"]);
        EXPECT_GE(number(rounds[r]["micro_seconds"]), number(rounds[r - 1]["micro_seconds"]));
      }
      const auto& last = rounds.back();
      EXPECT_EQ(summary["compliance"]["lower"], last["lower"]);
      EXPECT_EQ(summary["compliance"]["upper"], last["upper"]);
      // Only what matters is refined, and the counts agree.
      EXPECT_LT(number(last["refined_fraction"]), 0.75);
      EXPECT_EQ(summary["rves"], summary["cells"]);
      EXPECT_EQ(summary["rves_per_engine"][engine], last["refined_rves"]);
      EXPECT_EQ(last["refined_fraction"], number(last["refined_rves"]) / number(summary["rves"]));
    }
}

TEST(CertifiedRun, TheRoundsAreWrittenAsATable) {
  const auto folder = new_folder("table");
  write_text(folder / "run.prm", parameters(loop("0.05")));
  ASSERT_TRUE(run_here(folder / "run.prm").messages.empty());
  const auto rounds = read_json(folder / "out" / "summary.json")["certification"]["rounds"];
  const auto rows = read_csv(folder / "out" / "rounds.csv");
  ASSERT_EQ(rows.size(), rounds.size());
  for (std::size_t r = 0; r < rows.size(); ++r) {
    EXPECT_EQ(rows[r].size(), rounds[r].size());
    for (const auto& [name, value] : rounds[r].items()) {
      ASSERT_TRUE(rows[r].contains(name)) << name;
      const bool six_digits = name.ends_with("seconds") || name.ends_with("fraction");
      EXPECT_NEAR(std::stod(rows[r].at(name)), number(value),
                  (six_digits ? 1e-5 : 1e-9) * number(value))
          << name;
    }
    const double lower = std::stod(rows[r].at("lower")), upper = std::stod(rows[r].at("upper"));
    EXPECT_NEAR(std::stod(rows[r].at("relative_width")), (upper - lower) / lower, 1e-9);
  }
}

TEST(CertifiedRun, RefiningAllRvesIsAsGoodAsTheirEngineEverywhere) {
  const std::string tolerance = "1e-7";
  const auto everywhere = run("everywhere", {{"Material 0/homogenized/Tolerance", tolerance}});
  const auto refined =
      run("all", loop("1e-13", {{"Certification/Doerfler fraction", "1"},
                                {"Material 0/homogenized/Refinement engine", "fft"},
                                {"Material 0/homogenized/Refinement tolerance", tolerance}}));
  EXPECT_EQ(refined["rves_per_engine"]["fft"], refined["rves"]);
  EXPECT_EQ(refined["certification"]["rounds"].size(), 2u);
  for (const char* value : {"estimate", "lower", "upper"})
    EXPECT_NEAR(number(refined["compliance"][value]) / number(everywhere["compliance"][value]), 1.,
                1e-12)
        << value;
}

TEST(CertifiedRun, AnAuditComparesTheBoundsAndMeasuresTheWork) {
  for (const std::string fraction : {"0.5", "1"}) {
    const auto summary = run("audit", loop("0.02", {{"Certification/Audit fraction", fraction}}));
    const auto& audit = summary["audit"];
    EXPECT_EQ(audit["of_rves"], summary["rves"]);
    EXPECT_LE(number(audit["largest_violation"]), 1e-12);
    EXPECT_GT(number(audit["cpu_seconds_of_all_rves"]), 0);
    if (fraction == "1") {
      EXPECT_EQ(audit["rves"], summary["rves"]);
    } else {
      EXPECT_GT(audit["rves"], summary["rves"].get<int>() / 4);
      EXPECT_LT(audit["rves"], summary["rves"].get<int>() * 3 / 4);
    }
    // The audit changes nothing.
    EXPECT_EQ(summary["compliance"]["lower"], summary["certification"]["rounds"].back()["lower"]);
  }
}

TEST(CertifiedRun, ExactMaterialsTakeNoPart) {
  const auto changes = loop("0.01", {{"Number of materials", "2"},
                                     {"Geometry/Material id", "if(x < 3, 0, 1)"},
                                     {"Material 1/Model", "linear elastic"},
                                     {"Material 1/linear elastic/Stiffness", "120e3, 0.3"}});
  const auto summary = run("exact_part", changes);
  EXPECT_TRUE(summary["certification"]["reached"]);
  EXPECT_LT(summary["rves"], summary["cells"]);
  auto exact = elastic("120e3, 0.3");
  exact["Certification/Compliance tolerance"] = "1e-6";
  const auto trivial = run("exact", exact)["certification"];
  EXPECT_TRUE(trivial["reached"]);
  EXPECT_EQ(trivial["rounds"].size(), 1u);
}

TEST(CertifiedRun, AMissedToleranceIsSaidAndFailsStrictRuns) {
  const auto expect_missed = [](std::map<std::string, std::string> changes,
                                const std::vector<std::string>& reasons, bool strict = true) {
    const auto folder = new_folder("missed");
    changes["Strict"] = strict ? "true" : "false";
    write_text(folder / "run.prm", parameters(changes));
    const auto outcome = run_program("seco-macro", (folder / "run.prm").string());
    EXPECT_EQ(outcome.exit_code, strict ? 2 : 0) << outcome.output;
    EXPECT_NE(outcome.output.find("Compliance tolerance"), std::string::npos) << outcome.output;
    const auto certification = read_json(folder / "out" / "summary.json")["certification"];
    EXPECT_FALSE(certification["reached"]);
    for (const auto& reason : reasons)
      EXPECT_NE(certification["message"].get<std::string>().find(reason), std::string::npos)
          << certification["message"];
  };
  expect_missed(loop("1e-3", {{"Material 0/homogenized/Smallest refinement tolerance", "0.05"}}),
                {"no RVE whose gap matters can be refined further",
                 "'Smallest refinement tolerance' = 0.05 in section 'Material 0/homogenized'"});
  expect_missed(loop("1e-9", {{"Material 0/homogenized/Refinement tolerance", "0.02"}}),
                {"'Refinement tolerance' = 0.02 in section 'Material 0/homogenized'"});
  expect_missed(loop("1e-3", {{"Material 0/homogenized/Refinement engine", "voigt"}}),
                {"'Refinement engine' = voigt stopped at a gap of"});
  for (const bool strict : {false, true})
    expect_missed(loop("1e-3", {{"Certification/Largest number of rounds", "1"},
                                {"Certification/Doerfler fraction", "0.3"}}),
                  {"'Largest number of rounds' = 1 in section 'Certification'"}, strict);
  // An engine that stops before its tolerance is not asked again and again.
  expect_missed(
      loop("1e-6", {{"Material 0/homogenized/Largest number of iterations", "2"}}),
      {"no RVE whose gap matters can be refined further",
       "'Largest number of iterations' = 2 was reached", "in section 'Material 0/homogenized'"});
  // A material known exactly: the width is what the solves leave.
  auto loose = elastic("200e3, 0.3");
  loose["Certification/Compliance tolerance"] = "1e-12";
  loose["Solver/Linear algebra"] = "PETSc";
  loose["Solver/Tolerance"] = "1e-3";
  expect_missed(loose, {"the linear solver leaves", "'Tolerance' = 0.001", "section 'Solver'"});
}

TEST(CertifiedRun, VoidsAreCertifiedOnceTheyAreSolved) {
  const auto summary =
      run("voids", loop("0.1", {{"Material 0/homogenized/Microstructure/Type", "inclusions"},
                                {"Material 0/homogenized/Microstructure/Matrix", "Al"},
                                {"Material 0/homogenized/Microstructure/Inclusion", "Al"},
                                {"Material 0/homogenized/Microstructure/Inclusion factor", "0"}}));
  // Their averages have no lower bound, so none of them can be left unsolved.
  EXPECT_TRUE(summary["certification"]["reached"]) << summary["certification"].dump();
  EXPECT_LE(number(summary["certification"]["relative_width"]), 0.1);
  EXPECT_GT(number(summary["compliance"]["lower"]), 0);
  EXPECT_GT(number(summary["compliance"]["upper"]), number(summary["compliance"]["lower"]));
}

TEST(CertifiedRun, ValuesOutOfRangeAreNamedTogether) {
  const auto folder = new_folder("ranges");
  write_text(folder / "run.prm",
             parameters(loop("-0.01", {{"Certification/Doerfler fraction", "1.5"},
                                       {"Certification/Largest number of rounds", "some"},
                                       {"Material 0/homogenized/Refinement tolerance", "2"}})));
  std::string all;
  for (const auto& problem : check_here(folder / "run.prm").messages) all += problem + "\n";
  for (const std::string value :
       {"'Compliance tolerance' in section 'Certification' is '-0.01'",
        "'Doerfler fraction' in section 'Certification' is '1.5'",
        "'Largest number of rounds' in section 'Certification' is 'some'",
        "'Refinement tolerance' in section 'Material 0/homogenized' is '2'"})
    EXPECT_NE(all.find(value), std::string::npos) << all;
}

TEST(CertifiedRun, WrongInputIsRefused) {
  expect_refused(loop("0.01", {{"Boundary conditions/Displacement", "0: 0; 0; 0 | 1: 0.1; 0; 0"},
                               {"Boundary conditions/Traction", ""}}),
                 {"run.prm", "Compliance tolerance", "Certification", "0.01", "Displacement"});
  expect_refused(loop("0.01", {{"Solver/Certified bounds", "false"}}),
                 {"run.prm", "Compliance tolerance", "0.01", "Certified bounds"});
  expect_refused(loop("0.01", {{"Material 0/homogenized/Refinement engine", "spit"}}),
                 {"run.prm", "Material 0/homogenized", "Refinement engine", "spit", "certified"});
  expect_refused(loop("0.01", {{"Material 0/homogenized/Refinement model", "nowhere"}}),
                 {"run.prm", "Material 0/homogenized", "Refinement model", "nowhere"});
  expect_refused(
      {{"Certification/Audit fraction", "0.5"}, {"Material 0/homogenized/Audit engine", "auditor"}},
      {"run.prm", "Material 0/homogenized", "Audit engine", "auditor", "fft"});
  // A leaf without cells.
  expect_refused({{"Geometry/Type", "flexure hinge"}, {"Geometry/Notch depth", "1.2"}},
                 {"run.prm", "Notch depth", "1.2", "leave 0"});
}

TEST(Ranks, CertifiedRunsAgree) {
  const auto changes = loop("0.02", {{"Material 0/homogenized/Refinement engine", "fft"},
                                     {"Material 0/homogenized/Seed per", "quadrature point"},
                                     {"Material 0/homogenized/Number of different RVEs", "60"}});
  const auto one = run("certified1", changes, 1);
  for (const int n : {2, 3}) {
    const auto many = run("certified" + std::to_string(n), changes, n);
    EXPECT_EQ(many["rves"], one["rves"]);
    EXPECT_EQ(many["rves_per_engine"], one["rves_per_engine"]);
    const auto &a = one["certification"]["rounds"], &b = many["certification"]["rounds"];
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t r = 0; r < a.size(); ++r) {
      EXPECT_EQ(a[r]["marked_rves"], b[r]["marked_rves"]);
      for (const char* bound : {"lower", "upper"})
        EXPECT_NEAR(number(b[r][bound]) / number(a[r][bound]), 1., 1e-10);
    }
  }
}
