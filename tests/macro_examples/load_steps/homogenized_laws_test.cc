// Structures whose points have RVEs with nonlinear laws.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cmath>
#include <fstream>

#include "killed_run.h"
#include "plain_plasticity.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/phase_laws.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/deformation_start.h"
#include "seco/surrogate/deforming_points.h"
#include "small_run.h"
#include "support/csv.h"

using namespace seco::test;
using nlohmann::json;

namespace {

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

/// Keys of its section.
Changes rve_keys(const Changes& keys) {
  Changes changes;
  for (const auto& [key, value] : keys) changes["Material 0/homogenized laws/" + key] = value;
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
  // Of all components: that normal to the plane is the mean over the RVE.
  const auto mises = [](const json& summary) -> double {
    return summary["extremes"]["largest_von_mises_stress"]["value"];
  };
  EXPECT_NEAR(mises(homogenized) / mises(law), 1, 1e-6);
  for (const char* name : {"largest_principal_stress", "smallest_principal_stress"}) {
    const double of_law = law["extremes"][name]["value"];
    EXPECT_NEAR(homogenized["extremes"][name]["value"], of_law, 1e-6 * std::abs(of_law)) << name;
  }
  ASSERT_EQ(homogenized["load_steps"].size(), law["load_steps"].size());
  for (std::size_t k = 0; k < law["load_steps"].size(); ++k) {
    const auto &a = law["load_steps"][k], &b = homogenized["load_steps"][k];
    EXPECT_NEAR(b["upper"], a["upper"].get<double>(), 1e-8 * a["energy"].get<double>());
    EXPECT_LT(b["relative_gap"], 1e-6);
  }
}

// Loading into the plastic range and back: RVEs of one material, the law at the points, and a plain
// program of deal.II.
TEST(HomogenizedLaws, OfAHomogeneousRveArePlainFiniteElements) {
  seco::test::NotchedBar bar{70000, 0.33, 100, 700, {0.004, 0.01, 0.02, 0.015}, 1};
  const auto forces = seco::test::plain_forces(bar);
  const auto folder = new_folder("plain_law");
  const std::string law =
      "  set Law = J2 plasticity\n  set Young modulus = 70000\n  set Poisson ratio = 0.33\n"
      "  set Yield stress = 100\n  set Hardening modulus = 700\n";
  write_text(folder / "laws.prm", "subsection All phases\n" + law + "end\n");
  // Jumps between the steps: numbers that `t` alone is compared with would be ends of steps.
  const Changes body{
      {"Geometry/Type", "notched beam"},
      {"Geometry/Lengths", "6, 2, 0.5"},
      {"Geometry/Cells", "12, 4, 1"},
      {"Geometry/Notch position", "3"},
      {"Geometry/Notch width", "1"},
      {"Geometry/Notch depth", "0.5"},
      {"Boundary conditions/Displacement",
       "0: 0; 0; 0 | 1: if(2*t<3, 0.004, if(2*t<5, 0.01, if(2*t<7, 0.02, 0.015))); 0; 0"},
      {"Boundary conditions/Traction", ""},
      {"Load steps/End time", "4"},
      {"Load steps/Steps", "4"},
      {"Load steps/Newton tolerance", "1e-11"},
      {"Solver/Linear algebra", "direct"},
      {"Output/Points of interest", ""}};
  const Changes at_points{{"Material 0/Model", "law"},
                          {"Material 0/law/Law", "J2 plasticity"},
                          {"Material 0/law/Young modulus", "70000"},
                          {"Material 0/law/Poisson ratio", "0.33"},
                          {"Material 0/law/Yield stress", "100"},
                          {"Material 0/law/Hardening modulus", "700"}};
  const auto in_rves = rve({{"Laws", (folder / "laws.prm").string()},
                            {"Microstructure/Type", "homogeneous"},
                            {"Microstructure/Grid", "2, 2, 2"},
                            {"Microstructure/Lengths", "1, 1, 1"},
                            {"Tolerance", "1e-6"}});
  for (const auto& material : {at_points, in_rves}) {
    const auto summary = run("plain_elements", merged(body, material));
    ASSERT_EQ(summary["load_steps"].size(), forces.size());
    for (std::size_t k = 0; k < forces.size(); ++k)
      for (const auto& boundary : summary["load_steps"][k]["boundaries"])
        if (boundary["boundary"] == "1") {
          EXPECT_NEAR(boundary["force"][0], forces[k], 1e-9 * forces[2]);
        }
  }
  // It has yielded, and unloads elastically.
  EXPECT_LT(forces[2], 1.5 * forces[1]);
  EXPECT_GT(forces[2] - forces[3], 1.2 * forces[0]);
}

// The test fe2structuralmaterial1 of OOFEM (www.oofem.org): a cantilever of five elements whose
// points have RVEs of one elastic material.
TEST(HomogenizedLaws, OfElasticRvesGiveTheCantileverOfOofem) {
  const auto folder = new_folder("elastic_of_all");
  write_text(folder / "laws.prm",
             "subsection All phases\n  set Law = linear elastic\n  set Young modulus = 210e9\n"
             "  set Poisson ratio = 0.3\nend\n");
  auto changes = merged(cantilever("-5e6*t", "1"), rve({{"Laws", (folder / "laws.prm").string()},
                                                        {"Microstructure/Type", "homogeneous"}}));
  for (const auto& [key, value] : Changes{{"Unit", "Pa"},
                                          {"Geometry/Lengths", "1, 0.2"},
                                          {"Geometry/Cells", "5, 1"},
                                          {"Output/Points of interest", "1, 0"}})
    changes[key] = value;
  const auto u = run("oofem", changes)["points_of_interest"][0]["displacement"];
  EXPECT_NEAR(u[0], -2.06349206e-4, 1e-12);
  EXPECT_NEAR(u[1], -1.42380952e-3, 1e-11);
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

// Points that carry the gap are refined until the step is certified as asked; their bounds and
// those of a run with a small tolerance everywhere enclose the same potential.
TEST(HomogenizedLaws, AreRefinedWhereTheStepNeedsIt) {
  auto beam = cantilever("-10*t", "3");
  beam["Load steps/Newton tolerance"] = "1e-3";
  const auto rough = run("no_goal", merged(beam, rve({{"Tolerance", "0.3"}})));
  const auto goal = merged(beam, rve({{"Tolerance", "0.3"}}));
  double largest = 0;
  for (const auto& step : rough["load_steps"]) {
    EXPECT_EQ(step["refined_rves"], 0);
    largest = std::max(largest, step["relative_gap"].get<double>());
  }
  const double wanted = largest / 20;
  const auto refined =
      run("goal", merged(goal, {{"Load steps/Energy tolerance", std::to_string(wanted)}}));
  const auto exact = run("exact", merged(cantilever("-10*t", "3"), rve({{"Tolerance", "1e-5"}})));
  std::uint64_t n_refined = 0;
  const std::uint64_t n_points = refined["quadrature_points"];
  for (std::size_t k = 0; k < 3; ++k) {
    const auto &r = refined["load_steps"][k], &e = exact["load_steps"][k];
    EXPECT_LE(r["relative_gap"], wanted);
    n_refined += r["refined_rves"].get<std::uint64_t>();
    // Steps begin from states that agree to their tolerance.
    const double slack = 2 * wanted * e["energy"].get<double>();
    EXPECT_GE(r["upper"].get<double>(), e["lower"].get<double>() - slack);
    EXPECT_LE(r["lower"].get<double>(), e["upper"].get<double>() + slack);
  }
  EXPECT_GT(n_refined, 0u);
  // Those of the clamped end, not all.
  EXPECT_LT(n_refined, n_points);
}

// What every law remembers, under its name, 0 where a phase has none.
TEST(HomogenizedLaws, WriteWhatTheirLawsRemember) {
  const auto folder = new_folder("creeping_rve");
  write_text(
      folder / "laws.prm",
      "subsection Phase 0\n  set Law = Norton creep\n  set Young modulus = 30000\n"
      "  set Poisson ratio = 0.36\n  set Reference rate = 1e-5\n  set Reference stress = 10\n"
      "  set Exponent = 5\nend\nsubsection Phase 1\n" +
          matrix + "end\n");
  write_text(folder / "run.prm",
             parameters(merged(merged(cantilever("-1", "1"), {{"Output/Write VTU", "true"},
                                                              {"Load steps/End time", "10"}}),
                               rve({{"Laws", (folder / "laws.prm").string()}}))));
  const auto outcome = run_here(folder / "run.prm");
  ASSERT_TRUE(outcome.messages.empty()) << outcome.messages[0];
  std::ifstream in(folder / "out" / "solution_0.pvtu");
  const std::string fields((std::istreambuf_iterator<char>(in)), {});
  for (const std::string name : {"equivalent_creep_strain", "equivalent_plastic_strain",
                                 "has_left_elastic_range", "micro_iterations"})
    EXPECT_NE(fields.find('"' + name + '"'), std::string::npos) << name;
}

TEST(HomogenizedLaws, WrongInputIsRefused) {
  const auto refused = [](const Changes& keys, const std::vector<std::string>& parts) {
    expect_refused(merged(cantilever("-1", "1"), rve(keys)), parts);
  };
  refused({{"Laws", ""}}, {"run.prm", "'Laws'", "'Phase 0'"});
  refused({{"Laws", "/nowhere/laws.prm"}}, {"/nowhere/laws.prm"});
  refused({{"Tolerance", "2"}}, {"'Tolerance'", "'2'"});
  refused({{"State folder", "/tmp"}}, {"'State folder'", "no effect", "'State storage' = disk"});
  expect_refused(
      merged(cantilever("-1", "1"), merged(rve({}), {{"Load steps/Energy tolerance", "0.1"},
                                                     {"Solver/Certified bounds", "false"}})),
      {"'Energy tolerance'", "'Certified bounds' = false"});
  const auto folder = new_folder("wrong_laws");
  write_text(folder / "laws.prm", "subsection Phase 0\n" + matrix + "  set Yield = 3\nend\n");
  refused({{"Laws", (folder / "laws.prm").string()}}, {"phase 1", "has no law"});
  write_text(folder / "laws.prm", "subsection All phases\n" + matrix + "  set Yield = 3\nend\n");
  refused({{"Laws", (folder / "laws.prm").string()}}, {"laws.prm", "'Yield'", "not known"});
}

namespace {

/// A cantilever that is bent a little, and then much more at once, by points with these laws.
Changes overloaded(const std::string& laws, const std::string& traction, const Changes& keys) {
  const auto folder = new_folder("laws_of_overloaded");
  write_text(folder / "laws.prm", "subsection Phase 0\n" + laws +
                                      "end\nsubsection Phase 1\n  set Young modulus = 400000\n"
                                      "  set Poisson ratio = 0.2\nend\n");
  return merged(merged(cantilever(traction, "2"),
                       {{"Load steps/Smallest step", "0.5"}, {"Solver/Certified bounds", "false"}}),
                merged(rve({{"Laws", (folder / "laws.prm").string()}}), rve_keys(keys)));
}

/// Perfect plasticity beyond the limit load.
Changes collapsing() {
  return overloaded(
      "  set Law = J2 plasticity\n  set Young modulus = 70000\n  set Poisson ratio = 0.33\n"
      "  set Yield stress = 100\n",
      "-10*if(t<0.6,2*t,1) - 400*if(t<0.6,0,1)", {{"Newton steps", "6"}, {"Tolerance", "1e-4"}});
}

/// Elasticity with a largest increment of the strain, which the second step exceeds and half of it
/// does not.
Changes limited() {
  return overloaded("  set Law = umat\n  set Library = " SECO_LIMITED_UMAT
                    "\n  set UMAT constants = 70000, 0.33, 6e-4\n  set State variables = 1\n",
                    "-1*if(5*t<3,2*t,1) - 4*if(5*t<3,0,1)", {{"Tolerance", "1e-5"}});
}

/// The part of a text between two others; empty if they are not there.
std::string between(const std::string& text, const std::string& first, const std::string& last) {
  const auto begin = text.find(first);
  if (begin == std::string::npos) return "";
  const auto end = text.find(last, begin + first.size());
  if (end == std::string::npos) return "";
  return text.substr(begin + first.size(), end - begin - first.size());
}

/// What is left of the point of a run that fails, and of a run of it alone.
struct Kept {
  explicit Kept(const Changes& changes) {
    const auto run = new_folder("overloaded");
    write_text(run / "run.prm", parameters(changes));
    const auto outcome = run_here(run / "run.prm");
    EXPECT_EQ(outcome.messages.size(), 1u) << outcome.output;
    folder = run / "out" / "failed_point";
    if (!outcome.messages.empty()) message = outcome.messages.front();
    reason = between(message, "has no answer: ", "; 'seco deform ");
    EXPECT_FALSE(reason.empty()) << message;
    EXPECT_NE(message.find((folder / "run.prm").string()), std::string::npos) << message;
  }
  Outcome alone(const std::string& options = "") const {
    return run_program("seco", "deform " + (folder / "run.prm").string() + options);
  }
  void expect_failure_alone() const {
    const auto failed = alone();
    EXPECT_EQ(failed.exit_code, 1) << failed.output;
    EXPECT_NE(failed.output.find(reason), std::string::npos) << reason << "\n" << failed.output;
  }

  std::filesystem::path folder;
  std::string message, reason;
};

}  // namespace

TEST(HomogenizedLaws, APointBeyondItsLimitLoadIsKeptAndFailsAlone) {
  const Kept kept(collapsing());
  EXPECT_NE(kept.reason.find("Newton steps are used up"), std::string::npos) << kept.message;
  kept.expect_failure_alone();
}

TEST(HomogenizedLaws, APointWhoseLawWantsAShorterStepSucceedsHalfWay) {
  const Kept kept(limited());
  EXPECT_NE(kept.reason.find("the law of phase 0 has no answer and asks for a shorter step, 0."),
            std::string::npos)
      << kept.message;
  kept.expect_failure_alone();
  const auto rve = seco::materials::read_rve((kept.folder / "rve.h5").string());
  const auto start = seco::surrogate::read_start((kept.folder / "start.h5").string(), rve);
  EXPECT_EQ(start.time, 0.5);
  EXPECT_FALSE(start.state.empty());
  const auto row = read_csv(kept.folder / "path.csv").at(0);
  EXPECT_EQ(std::stod(row.at("time")), 1);
  seco::materials::MandelVector strain(3);
  strain << std::stod(row.at("E11")), std::stod(row.at("E22")),
      std::stod(row.at("E12")) * std::sqrt(2.);
  strain = start.strain + 0.5 * (strain - start.strain);
  write_text(kept.folder / "path.csv", fmt::format("time,E11,E22,E12\n1,{},{},{}\n", strain[0],
                                                   strain[1], strain[2] / std::sqrt(2.)));
  const auto half = kept.alone(" --json " + (kept.folder / "half.json").string());
  ASSERT_EQ(half.exit_code, 0) << half.output;
  const auto found = read_json(kept.folder / "half.json")["increments"][0]["stress"];

  const auto laws = seco::materials::ParameterFile::read((kept.folder / "run.prm").string());
  seco::surrogate::DeformingPoints points({{rve, seco::materials::laws_of_file(laws, rve, true)}},
                                          {0}, {});
  std::vector<double> numbers{1., start.strain[0], start.strain[1], start.strain[2]};
  numbers.insert(numbers.end(), start.displacement.begin(), start.displacement.end());
  numbers.insert(numbers.end(), start.state.begin(), start.state.end());
  points.restore(0, numbers);
  seco::surrogate::PointRequest request;
  request.tolerance = 1e-6;
  const auto response = points.evaluate(0.5, std::vector{strain}, request).front();
  ASSERT_TRUE(response.answered);
  for (int c = 0; c < 3; ++c)
    EXPECT_NEAR(found[static_cast<std::size_t>(c)], response.stress[c],
                1e-4 * response.stress.norm());
}

TEST(HomogenizedLaws, ValidateCountsRvesAndMemory) {
  const auto folder = new_folder("validated_laws");
  write_text(folder / "run.prm",
             parameters(merged(cantilever("-1", "1"), rve({{"Seed per", "cell"}}))));
  const auto checked = check_here(folder / "run.prm");
  EXPECT_TRUE(checked.messages.empty()) << checked.messages.front();
  // 64 voxels: displacement at both ends of a step, tangent fields, and the state of those that are
  // plastic.
  EXPECT_NE(
      checked.output.find("48 quadrature points, 12 RVEs; the history of a point takes up to"),
      std::string::npos)
      << checked.output;
  const double mebibytes =
      std::stod(between(checked.output, "history of a point takes up to ", " MiB"));
  const double least = 64 * 2 * 8 * (2 + 3 / 2.) / (1024. * 1024.);
  EXPECT_GT(mebibytes, least);
  EXPECT_LT(mebibytes, 5 * least);
}

TEST(HomogenizedLaws, OnTheDiskGiveTheSameRun) {
  const auto changes = merged(cantilever("-9*if(t<0.6, t/0.6, 1.6-t)", "3"), rve({}));
  const auto in_memory = run("laws_in_memory", changes);
  const auto folder = new_folder("state_folder");
  for (const auto& keys : {Changes{}, Changes{{"State folder", folder.string()}}}) {
    const auto on_disk =
        run("laws_on_disk",
            merged(merged(changes, rve_keys({{"State storage", "disk"}})), rve_keys(keys)));
    EXPECT_EQ(on_disk["load_steps"], in_memory["load_steps"]);
    EXPECT_EQ(on_disk["points_of_interest"], in_memory["points_of_interest"]);
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

// A limit on the size of files stands for a full disk, as in the tests of checkpoints.
TEST(HomogenizedLaws, AFullDiskEndsTheRunWithOneMessage) {
  for (const int n_ranks : {0, 2}) {
    const auto folder = new_folder("laws_on_full_disk");
    write_text(folder / "run.prm", parameters(merged(merged(cantilever("-9*t", "2"), rve({})),
                                                     rve_keys({{"State storage", "disk"}}))));
    const auto outcome =
        run_program("seco-macro", (folder / "run.prm").string(), n_ranks,
                    "PMIX_MCA_gds=hash OMPI_MCA_btl=self,tcp prlimit --fsize=20000");
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    for (const char* part : {"states of points cannot be written to", "'State folder' names one"})
      EXPECT_NE(outcome.output.find(part), std::string::npos) << part << '\n' << outcome.output;
    EXPECT_EQ(outcome.output.find("cannot be written to"),
              outcome.output.rfind("cannot be written to"));
  }
}

TEST(RanksHomogenizedLaws, OnTheDiskContinueWhatWasInMemory) {
  const auto changes = merged(cantilever("-9*if(t<0.5, 2*t, 2-2*t)", "4"),
                              rve({{"Tolerance", "1e-6"}, {"State storage", "disk"}}));
  const auto one = run("laws_disk_one", changes);
  const auto continued = killed_and_continued("laws_disk_killed", changes, 2);
  ASSERT_FALSE(continued.is_null());
  ASSERT_EQ(one["load_steps"].size(), continued["load_steps"].size());
  for (std::size_t k = 0; k < one["load_steps"].size(); ++k)
    EXPECT_NEAR(one["load_steps"][k]["upper"], continued["load_steps"][k]["upper"].get<double>(),
                1e-6 * one["load_steps"][k]["energy"].get<double>());
  // States in memory go on with what was kept on the disk, and the other way round.
  const auto folder = new_folder("laws_other_storage");
  auto other = changes;
  other["Checkpoint/Write"] = "true";
  write_text(folder / "run.prm", parameters(other));
  {
    RunningProgram program("seco-macro", {(folder / "run.prm").string()});
    EXPECT_TRUE(program.prints("after load step 2"));
    program.send(SIGKILL);
    program.end();
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder / "out"))
    EXPECT_EQ(entry.path().filename().string().find(".seco_points"), std::string::npos);
  other["Material 0/homogenized laws/State storage"] = "memory";
  write_text(folder / "run.prm", parameters(other));
  const auto outcome = run_program("seco-macro", (folder / "run.prm").string() + " --restart");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_NEAR(tip(read_json(folder / "out" / "summary.json")), tip(one), 1e-6 * std::abs(tip(one)));
}

TEST(RanksHomogenizedLaws, TheWorstPointIsTheSameOnTwoRanks) {
  std::vector<std::string> places;
  for (const int n_ranks : {1, 2}) {
    const auto folder = new_folder("overloaded_ranks");
    write_text(folder / "run.prm", parameters(limited()));
    const auto outcome = run_program("seco-macro", (folder / "run.prm").string(), n_ranks);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    places.push_back(between(outcome.output, "the point ", " of section"));
    EXPECT_FALSE(places.back().empty()) << outcome.output;
    EXPECT_TRUE(std::filesystem::exists(folder / "out" / "failed_point" / "start.h5"));
  }
  EXPECT_EQ(places[0], places[1]);
}

TEST(RanksHomogenizedLaws, OneAndTwoAgreeAndContinueEachOther) {
  const auto changes =
      merged(cantilever("-9*if(t<0.5, 2*t, 2-2*t)", "4"), rve({{"Tolerance", "1e-6"}}));
  const auto one = run("laws_one_rank", changes);
  const auto expect_same = [&](const json& other) {
    ASSERT_EQ(one["load_steps"].size(), other["load_steps"].size());
    EXPECT_NEAR(tip(one), tip(other), 1e-6 * std::abs(tip(one)));
    for (std::size_t k = 0; k < one["load_steps"].size(); ++k) {
      const auto &a = one["load_steps"][k], &b = other["load_steps"][k];
      EXPECT_NEAR(a["upper"], b["upper"].get<double>(), 1e-6 * a["energy"].get<double>());
    }
  };
  const auto continued = killed_and_continued("laws_killed", changes, 2);
  ASSERT_FALSE(continued.is_null());
  expect_same(continued);
}
