#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include <fstream>
#include <map>
#include <sstream>

#include "small_run.h"

using namespace seco::test;
using nlohmann::json;

namespace {

double tip(const json& summary) {
  return summary["points_of_interest"][0]["displacement"][1];
}

}  // namespace

TEST(PatchTest, LinearDisplacementIsReproduced) {
  // Any constant stiffness, also an anisotropic one, and a mesh with hanging nodes.
  auto changes = elastic("cubic: 168e3, 121e3, 75e3");
  changes["Material 0/linear elastic/Orientation"] = "20, 50, 70";
  changes["Geometry/Type"] = "box";
  changes["Geometry/Cells"] = "4, 2, 1";
  changes["Geometry/Local refinements"] = "1";
  changes["Geometry/Refined region"] = "2 - x";
  const std::string u = "0.01*x + 0.02*y; 0.03*z - 0.01*x; 0.02*y + 0.005*x";
  changes["Boundary conditions/Displacement"] =
      fmt::format("0: {0} | 1: {0} | 2: {0} | 3: {0} | 4: {0} | 5: {0}", u);
  changes["Boundary conditions/Traction"] = "";
  changes["Output/Points of interest"] = "1.3, 0.7, 0.4";
  const auto displacement = run("patch", changes)["points_of_interest"][0]["displacement"];
  EXPECT_NEAR(displacement[0], 0.01 * 1.3 + 0.02 * 0.7, 1e-12);
  EXPECT_NEAR(displacement[1], 0.03 * 0.4 - 0.01 * 1.3, 1e-12);
  EXPECT_NEAR(displacement[2], 0.02 * 0.7 + 0.005 * 1.3, 1e-12);
}

TEST(PatchTest, UniaxialTensionFollowsHooke) {
  auto changes = elastic("200e3, 0.3");
  changes["Geometry/Type"] = "box";
  changes["Boundary conditions/Displacement"] =
      "0: 0; free; free | 2: free; 0; free | 4: free; free; 0";
  changes["Boundary conditions/Traction"] = "1: 100; 0; 0";
  changes["Output/Points of interest"] = "4, 2, 1";
  const auto summary = run("tension", changes);
  const auto displacement = summary["points_of_interest"][0]["displacement"];
  EXPECT_NEAR(displacement[0], 4 * 100 / 200e3, 1e-12);
  EXPECT_NEAR(displacement[1], -0.3 * 2 * 100 / 200e3, 1e-12);
  EXPECT_NEAR(displacement[2], -0.3 * 1 * 100 / 200e3, 1e-12);
  // The compliance is force times displacement, and exact bounds enclose it to round-off.
  EXPECT_NEAR(summary["compliance"]["estimate"], 100 * 2 * 4 * 100 / 200e3, 1e-9);
  EXPECT_NEAR(summary["compliance"]["upper"], summary["compliance"]["lower"], 1e-9);
}

TEST(PatchTest, TensionOfAnOrthotropicBarFollowsItsNamedConstants) {
  const auto strain = [](const std::string& stiffness) {
    auto changes = elastic(stiffness);
    changes["Geometry/Type"] = "box";
    // Uniaxial strain along y, so that the stiffness D2222 alone counts.
    changes["Boundary conditions/Displacement"] =
        "2: 0; 0; 0 | 0: 0; free; free | 1: 0; free; free | 4: free; free; 0 | 5: free; free; 0";
    changes["Boundary conditions/Traction"] = "3: 0; 1; 0";
    changes["Output/Points of interest"] = "4, 2, 1";
    const double u = run("orthotropic", changes)["points_of_interest"][0]["displacement"][1];
    return u / 2;
  };
  EXPECT_NEAR(strain("orthotropic (Abaqus): 20, 9, 22, 8, 10, 25, 5, 6, 7"), 1. / 22, 1e-12);
  EXPECT_NEAR(
      strain("orthotropic: C11 = 20, C12 = 9, C22 = 22, C13 = 8, C23 = 10, C33 = 25, C66 = 5, "
             "C55 = 6, C44 = 7"),
      1. / 22, 1e-12);
  expect_refused(elastic("orthotropic: 20, 9, 22, 8, 10, 25, 5, 6, 7"),
                 {"run.prm", "'Stiffness'", "'Material 0/linear elastic'", "Abaqus", "D2222 = 22"});
}

TEST(SecoMacro, TheRunSaysHowPhasesWithAnAxisLie) {
  const std::string m = "Material 0/homogenized/";
  const auto summary = run("carbon", {{m + "Engine", "hill"},
                                      {m + "Seed per", "material"},
                                      {m + "Microstructure/Type", "fibres"},
                                      {m + "Microstructure/Inclusion", "carbon fibre"},
                                      {m + "Microstructure/Number of inclusions", "1"},
                                      {m + "Microstructure/Axis", "1"}});
  bool said = false;
  for (const std::string note : summary["material_notes"])
    said |= note.find("lies along the fibres, y") != std::string::npos;
  EXPECT_TRUE(said) << summary["material_notes"];
}

TEST(SecoMacro, PetscAndTrilinosAgree) {
  const auto a = run("petsc", {{"Solver/Linear algebra", "PETSc"}}),
             b = run("trilinos", {{"Solver/Linear algebra", "Trilinos"}});
  EXPECT_NEAR(tip(a) / tip(b), 1., 1e-9);
  EXPECT_NEAR(a["compliance"]["estimate"].get<double>() / b["compliance"]["estimate"].get<double>(),
              1., 1e-10);
}

TEST(SecoMacro, RelativeResultsDoNotDependOnTheUnit) {
  // A loose tolerance, so that the gap is far from round-off.
  const std::string tolerance = "1e-2";
  const auto base = run("mpa", {{"Material 0/homogenized/Tolerance", tolerance}});
  EXPECT_GT(base["worst_gap"], 1e-6);
  for (const auto& [unit, traction] : {std::pair("Pa", "-10e6"), std::pair("GPa", "-10e-3")}) {
    const auto other =
        run(unit, {{"Unit", unit},
                   {"Material 0/homogenized/Tolerance", tolerance},
                   {"Boundary conditions/Traction", fmt::format("1: 0; {}; 0", traction)}});
    EXPECT_NEAR(tip(other) / tip(base), 1., 1e-9);
    EXPECT_NEAR(other["worst_gap"].get<double>() / base["worst_gap"].get<double>(), 1., 1e-6);
  }
}

TEST(SecoMacro, EveryEngineEnclosesTheCompliance) {
  const auto exact = run("exact", {{"Material 0/homogenized/Tolerance", "1e-9"}});
  const double compliance = exact["compliance"]["estimate"];
  for (const std::string engine : {"voigt", "reuss", "hill", "fft"}) {
    const auto summary = run(engine, {{"Material 0/homogenized/Engine", engine},
                                      {"Material 0/homogenized/Tolerance", "1e-2"}});
    const auto& bounds = summary["compliance"];
    EXPECT_LE(bounds["lower"].get<double>(), compliance * (1 + 1e-10)) << engine;
    EXPECT_GE(bounds["upper"].get<double>(), compliance * (1 - 1e-10)) << engine;
    EXPECT_EQ(summary["rves_per_engine"][engine], summary["cells"]);
  }
}

// The shipped models, on coarser meshes of the shipped runs: the certified intervals of network and
// solver overlap and both hold the reference solution.
TEST(SecoMacro, ShippedModelsKeepTheirPromise) {
  for (const std::string name : {"beam_polycrystal_3d", "plate_pores_2d"}) {
    const auto folder = new_folder(name);
    std::map<std::string, json> summaries;
    for (const std::string engine : {"", "_fft"}) {
      std::ifstream file(std::string(SECO_SOURCE) + "/prm/" + name + engine + ".prm");
      std::stringstream text;
      text << file.rdbuf();
      const bool beam = name[0] == 'b';
      const auto extra = fmt::format(
          "set Output directory = {0}/out{1}\nsubsection Geometry\nset Cells = {2}\n{3}end\n"
          "subsection Material 0\nsubsection homogenized\n{4}end\nend\n",
          folder.string(), engine, beam ? "8, 4, 1" : "6, 4",
          beam ? "set Notch width = 1\nset Notch position = 2.5\n" : "",
          engine.empty()
              ? fmt::format("set Surrogate model = {}/models/{}\n", SECO_SOURCE,
                            beam ? "polarization_polycrystal_3d" : "polarization_pores_2d")
              : "set Tolerance = 1e-6\n");
      const auto prm = folder / ("run" + engine + ".prm");
      write_text(prm, text.str() + extra);
      const auto outcome = run_here(prm);
      ASSERT_TRUE(outcome.messages.empty()) << outcome.messages.front() << outcome.output;
      summaries[engine] = read_json(folder / ("out" + engine) / "summary.json");
      EXPECT_TRUE(std::filesystem::exists(folder / ("out" + engine) / "solution.pvd"));
    }
    const auto &network = summaries[""]["compliance"], &exact = summaries["_fft"]["compliance"];
    EXPECT_LE(network["lower"].get<double>(), exact["upper"].get<double>());
    EXPECT_GE(network["upper"].get<double>(), exact["lower"].get<double>());
    EXPECT_LE(network["lower"].get<double>(), network["estimate"].get<double>());
    EXPECT_GE(network["upper"].get<double>(), network["estimate"].get<double>());
    // No RVE misses the gap that the file asks for.
    EXPECT_LE(summaries[""]["worst_gap"].get<double>(), name[0] == 'b' ? 0.01 : 0.1) << name;
    // A bound that says nothing would pass the above.
    EXPECT_LT(network["upper"].get<double>(), 2 * network["lower"].get<double>()) << name;
  }
}

TEST(SecoMacro, StrictRunsSayWhatDidNotConverge) {
  const auto folder = new_folder("strict");
  for (const bool strict : {false, true}) {
    write_text(folder / "run.prm",
               parameters({{"Strict", strict ? "true" : "false"},
                           {"Material 0/homogenized/Tolerance", "1e-12"},
                           {"Material 0/homogenized/Largest number of iterations", "2"}}));
    const auto outcome = run_program("seco-macro", (folder / "run.prm").string());
    EXPECT_EQ(outcome.exit_code, strict ? 2 : 0) << outcome.output;
    EXPECT_NE(outcome.output.find("not converged"), std::string::npos) << outcome.output;
    const auto summary = read_json(folder / "out" / "summary.json");
    EXPECT_EQ(summary["unreliable_rves"], summary["rves"]);
  }
}

TEST(SecoMacro, BadInputIsRefusedWithOneMessage) {
  expect_refused({{"Dimension", "4"}}, {"run.prm", "Dimension", "'4'", "2, 3"});
  expect_refused({{"Solver/Tolerence", "1"}}, {"run.prm", "Tolerence", "did you mean 'Tolerance'"});
  expect_refused({{"Material 0/Model", "elastic linear"}},
                 {"run.prm", "Material 0", "linear elastic", "homogenized"});
  expect_refused({{"Material 0/homogenized/Engine", "s-eco"}},
                 {"run.prm", "Engine", "'s-eco'", "needs a model folder"});
  expect_refused({{"Material 0/homogenized/Microstructure/Crystal", "Cooper"}},
                 {"run.prm", "Material 0/homogenized/Microstructure", "Crystal", "'Cooper'", "Cu"});
  expect_refused({{"Material 0/homogenized/Microstructure/Grid", "8, 8"}},
                 {"run.prm", "Grid", "3"});
  expect_refused({{"Additional shared libraries", "libnone.so"}},
                 {"run.prm", "Additional shared libraries", "libnone.so", "no such file"});
  expect_refused({{"Material 0/homogenized/Engine", "s-eko"}},
                 {"run.prm", "Engine", "'s-eko'", "Additional shared libraries"});
  expect_refused({{"Material 0/homogenized/Engine", "s-eco"},
                  {"Material 0/homogenized/Surrogate model", "nowhere"}},
                 {"run.prm", "Surrogate model", "nowhere"});
  expect_refused(
      {{"Material 0/homogenized/Engine", "s-eco"},
       {"Material 0/homogenized/Surrogate model", std::string(SECO_SOURCE) + "/models/pores_2d"}},
      {"run.prm", "Material 0/homogenized", "Surrogate model", "pores_2d", "2D", "3D"});
  expect_refused({{"Geometry/Type", "file"}, {"Geometry/Mesh file", "none.msh"}},
                 {"run.prm", "Mesh file", "none.msh"});
  const auto junk = new_folder("junk") / "junk.msh";
  write_text(junk, "no mesh");
  expect_refused({{"Geometry/Type", "file"}, {"Geometry/Mesh file", junk.string()}},
                 {"run.prm", "Mesh file", "junk.msh", "3D mesh"});
  expect_refused({{"Boundary conditions/Displacement", "17: 0; 0; 0"}},
                 {"run.prm", "Displacement", "boundary 17"});
  expect_refused({{"Boundary conditions/Displacement", "0: 0; 0"}},
                 {"run.prm", "Displacement", "ex; ey; ez"});
  expect_refused({{"Boundary conditions/Displacement", ""}},
                 {"run.prm", "Displacement", "held nowhere"});
  expect_refused({{"Output/Points of interest", "40, 0, 0"}},
                 {"run.prm", "Points of interest", "outside"});
  expect_refused({{"Boundary conditions/Displacement", "0: 0; 0; 0 | 0: 1; 0; 0"}},
                 {"run.prm", "Displacement", "boundary 0", "twice"});
  expect_refused({{"Geometry/Notch depth", "0"}}, {"run.prm", "Notch depth", "0 of 64 cells"});
  expect_refused({{"Geometry/Local refinements", "1"}, {"Geometry/Refined region", "0/0"}},
                 {"run.prm", "Refined region", "nan"});
  expect_refused({{"Output directory", "/dev/null/out"}},
                 {"run.prm", "Output directory", "/dev/null/out"});
  expect_refused({{"Material 0/homogenized/Volume fraction", "0.1*x"}},
                 {"run.prm", "Volume fraction", "polycrystal"});
  expect_refused({{"Material 0/homogenized/Volume fraction", "0.9"},
                  {"Material 0/homogenized/Microstructure/Type", "inclusions"}},
                 {"run.prm", "Material 0/homogenized", "Microstructure", "volume fraction 0.9"});
  expect_refused({{"Geometry/Material id", "x"}},
                 {"run.prm", "Material id", "Number of materials"});
  expect_refused({{"Boundary conditions/Traction", "1: 0; 0/0; 0"}},
                 {"run.prm", "Boundary conditions", "Traction", "nan", "finite"});
  expect_refused({{"Boundary conditions/Body force", "0; log(0 - x); 0"}},
                 {"run.prm", "Boundary conditions", "Body force", "nan", "finite"});
  expect_refused({{"Boundary conditions/Displacement", "0: 0; 0; 1/0"}},
                 {"run.prm", "Boundary conditions", "Displacement", "inf", "finite"});
  expect_refused({{"Material 0/homogenized/Device", "tpu"}}, {"run.prm", "Device", "tpu", "cpu"});
  for (const auto& [file, part] :
       {std::pair<std::string, std::string>("/no/such/file.prm", "/no/such/file.prm"),
        std::pair<std::string, std::string>(junk.parent_path().string(), "is a folder")}) {
    const auto messages = run_here(file).messages;
    ASSERT_EQ(messages.size(), 1u) << file;
    EXPECT_NE(messages[0].find(part), std::string::npos) << messages[0];
  }
}

TEST(SecoMacro, ARefusedRunEndsWithOneMessageAndCodeOne) {
  const auto folder = new_folder("refused_program");
  write_text(folder / "run.prm", parameters({{"Solver/Tolerence", "1"}}));
  const auto outcome = run_program("seco-macro", (folder / "run.prm").string());
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_TRUE(outcome.output.starts_with("seco-macro: ")) << outcome.output;
  EXPECT_EQ(outcome.output.find('\n'), outcome.output.size() - 1) << outcome.output;
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST(SecoMacro, AKeyThatIsSetTwiceIsRefusedWithBothLines) {
  const auto folder = new_folder("twice");
  // A section that is opened again overrides what is above.
  const auto above = parameters(elastic("200e3, 0.3"));
  auto text =
      above + "subsection Solver\n  set Tolerance = 1e-9\nend\nset Output directory = out\n";
  write_text(folder / "run.prm", text);
  EXPECT_TRUE(check_here(folder / "run.prm").messages.empty());
  text = above + "subsection Solver\n  set Tolerance = 1e-9\n# again\n  set  Tolerance=1e-8\nend\n";
  write_text(folder / "run.prm", text);
  const auto problems = check_here(folder / "run.prm").messages;
  ASSERT_EQ(problems.size(), 1u);
  const auto first = 2 + std::count(above.begin(), above.end(), '\n');
  for (const std::string& part :
       {"run.prm:" + std::to_string(first + 2) + ": key 'Tolerance' in section 'Solver'",
        "first in line " + std::to_string(first)})
    EXPECT_NE(problems[0].find(part), std::string::npos) << part << "\n" << problems[0];
}

// Any displacement plus a rigid motion solves such a problem, so none of them is the answer.
TEST(SecoMacro, ABodyThatCanMoveIsRefused) {
  expect_refused({{"Boundary conditions/Displacement", "0: 0; free; free"},
                  {"Boundary conditions/Traction", "1: 5; 0; 0"}},
                 {"run.prm", "Displacement", "translation along y", "translation along z",
                  "rotation about x"});
  expect_refused({{"Boundary conditions/Displacement", "2: free; 0; free | 4: free; free; 0"}},
                 {"run.prm", "translation along x"});
  run("held", {{"Boundary conditions/Displacement",
                "0: 0; free; free | 2: free; 0; free | 4: free; free; 0"}});
}

TEST(SecoMacro, UnconvergedRvesAreCountedAndWrittenForARunOfTheirOwn) {
  const auto folder = new_folder("unconverged");
  write_text(folder / "run.prm",
             parameters({{"Material 0/homogenized/Tolerance", "1e-1"},
                         {"Material 0/homogenized/Largest gap", "1e-8"},
                         {"Material 0/homogenized/Files of unconverged RVEs", "2"},
                         {"Strict", "true"}}));
  for (const int ranks : {0, 2}) {
    const auto outcome = run_program("seco-macro", (folder / "run.prm").string(), ranks);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.output;
    EXPECT_NE(outcome.output.find("Largest gap"), std::string::npos) << outcome.output;
    const auto summary = read_json(folder / "out" / "summary.json");
    EXPECT_EQ(summary["unreliable_rves"], summary["rves"]);
    const auto files = summary["unconverged_rve_files"];
    ASSERT_EQ(files.size(), 2u);
    const auto again = folder / "again.json";
    ASSERT_EQ(run_program("seco", "homogenize " + files[0].get<std::string>() +
                                      " --tolerance 1e-1 --json " + again.string())
                  .exit_code,
              0);
    EXPECT_NEAR(read_json(again)["gap"].get<double>(), summary["worst_gap"].get<double>(),
                1e-9 * summary["worst_gap"].get<double>());
  }
}

TEST(SecoMacro, MultigridKnowsElasticity) {
  // Quadratic elements in a slender beam, which bends nearly rigidly: with the translations alone
  // in the near null space it takes more than a hundred iterations.
  for (const std::string algebra : {"PETSc", "Trilinos"}) {
    auto changes = elastic("200e3, 0.3");
    changes["Solver/Linear algebra"] = algebra;
    changes["Solver/Tolerance"] = "1e-10";
    changes["Discretization/Polynomial degree"] = "2";
    changes["Geometry/Type"] = "box";
    changes["Geometry/Lengths"] = "16, 2, 1";
    changes["Geometry/Cells"] = "32, 4, 2";
    changes["Output/Points of interest"] = "16, 0, 0.5";
    const auto summary = run("multigrid", changes);
    EXPECT_LT(summary["linear_iterations"][0], 70) << algebra;
  }
}

TEST(SecoMacro, SeveralMaterialsByMaterialId) {
  auto changes = elastic("100e3, 0");
  changes["Number of materials"] = "2";
  changes["Material 1/Model"] = "linear elastic";
  changes["Material 1/linear elastic/Stiffness"] = "400e3, 0";
  changes["Geometry/Type"] = "box";
  changes["Geometry/Material id"] = "if(x < 2, 0, 1)";
  changes["Boundary conditions/Displacement"] = "0: 0; 0; 0";
  changes["Boundary conditions/Traction"] = "1: 100; 0; 0";
  // Two bars in series without lateral contraction.
  EXPECT_NEAR(run("two", changes)["points_of_interest"][0]["displacement"][0],
              2 * 100 / 100e3 + 2 * 100 / 400e3, 1e-12);
}

TEST(SecoMacro, ReadsAMeshFile) {
  // A unit cube with boundary 7 at x = 0 and boundary 8 at x = 1, as an UCD file.
  const auto mesh = new_folder("mesh") / "cube.ucd";
  write_text(mesh,
             "8 3 0 0 0\n1 0 0 0\n2 1 0 0\n3 1 1 0\n4 0 1 0\n5 0 0 1\n6 1 0 1\n7 1 1 1\n8 0 1 1\n"
             "1 0 hex 1 2 3 4 5 6 7 8\n2 7 quad 1 4 8 5\n3 8 quad 2 3 7 6\n");
  auto changes = elastic("200e3, 0");
  changes["Geometry/Type"] = "file";
  changes["Geometry/Mesh file"] = mesh.string();
  changes["Geometry/Global refinements"] = "1";
  changes["Boundary conditions/Displacement"] = "7: 0; 0; 0";
  changes["Boundary conditions/Traction"] = "8: 100; 0; 0";
  changes["Output/Points of interest"] = "1, 0.5, 0.5";
  EXPECT_NEAR(run("mesh_run", changes)["points_of_interest"][0]["displacement"][0], 100 / 200e3,
              1e-12);
}

TEST(SecoMacro, DescribesItself) {
  const auto materials = run_program("seco-macro", "--list-materials");
  EXPECT_EQ(materials.exit_code, 0);
  EXPECT_NE(materials.output.find("homogenized"), std::string::npos);
  const auto listing = run_program("seco-macro", "--print-parameters");
  EXPECT_NE(listing.output.find("set Additional shared libraries"), std::string::npos);
  EXPECT_EQ(run_program("seco-macro", "").exit_code, 1);
  const auto plane = run_program("seco-macro", "--list-materials --library " SECO_LIBRARY_FOLDER
                                               "/libseco_test_plane_material.so");
  EXPECT_EQ(plane.exit_code, 0);
  EXPECT_NE(plane.output.find("(2D only)"), std::string::npos) << plane.output;
  EXPECT_EQ(materials.output.find("only)"), std::string::npos) << materials.output;
}

TEST(SecoMacro, OptionsThatWouldHaveNoEffectAreRefused) {
  const auto folder = new_folder("options");
  write_text(folder / "run.prm", parameters({}));
  const auto file = (folder / "run.prm").string();
  for (const auto& [options, parts] : std::vector<std::pair<std::string, std::vector<std::string>>>{
           {file + " --list-materials --library nolib.so", {"run.prm", "--list-materials"}},
           {file + " --library nolib.so", {"--library", "Additional shared libraries"}},
           {file + " --dimension 2", {"--dimension", "'Dimension'"}},
           {"--list-materials --validate", {"--list-materials", "--validate"}}}) {
    const auto outcome = run_program("seco-macro", options);
    EXPECT_EQ(outcome.exit_code, 1) << options;
    for (const auto& part : parts)
      EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
    EXPECT_FALSE(std::filesystem::exists(folder / "out")) << options;
  }
}

TEST(SecoMacro, NamesThatAreNoUtf8AreNoObstacle) {
  const auto folder = new_folder("latin1");
  const std::string out = "aus\xe4";
  write_text(folder / "run.prm", parameters({{"Output directory", out},
                                             {"Material 0/homogenized/Engine", "voigt"},
                                             {"Material 0/homogenized/Largest gap", "1e-3"}}));
  EXPECT_TRUE(run_here(folder / "run.prm").messages.empty());
  const auto summary = read_json(folder / out / "summary.json");
  EXPECT_EQ(summary["unconverged_rve_files"].size(), 3u);
}

TEST(Ranks, OneTwoAndThreeAgree) {
  for (const std::string algebra : {"PETSc", "Trilinos"}) {
    const std::map<std::string, std::string> changes{
        {"Solver/Linear algebra", algebra},
        {"Material 0/homogenized/Seed per", "quadrature point"},
        {"Material 0/homogenized/Number of different RVEs", "40"}};
    const auto one = run("ranks1" + algebra, changes, 1);
    for (const int n : {2, 3}) {
      const auto many = run("ranks" + std::to_string(n) + algebra, changes, n);
      EXPECT_EQ(many["ranks"], n);
      EXPECT_EQ(many["rves"], one["rves"]);
      EXPECT_NEAR(tip(many) / tip(one), 1., 1e-10) << n << algebra;
      for (const char* value : {"estimate", "lower", "upper"})
        EXPECT_NEAR(
            many["compliance"][value].get<double>() / one["compliance"][value].get<double>(), 1.,
            1e-10);
    }
  }
}

TEST(Ranks, NotesOfTheMicrostructureReaderAreSaidOnce) {
  const auto folder = new_folder("notes");
  auto changes = with_two_layers(folder);
  // A second material of the same file.
  for (const auto& [key, value] : std::map(changes)) changes["Material 1" + key.substr(10)] = value;
  changes["Material 1/Model"] = "homogenized";
  changes["Number of materials"] = "2";
  changes["Geometry/Material id"] = "if(x > 2, 1, 0)";
  write_text(folder / "run.prm", parameters(changes));
  const auto file = (folder / "run.prm").string();
  const std::string note = "layers.vti: axis 0: treated as periodic; labels differ in 100.0 %";
  for (const std::string options : {"--validate", ""}) {
    const auto outcome = run_program("seco-macro", file + " " + options, 2);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    const auto place = outcome.output.find(note);
    ASSERT_NE(place, std::string::npos) << outcome.output;
    EXPECT_EQ(outcome.output.find(note, place + 1), std::string::npos) << outcome.output;
  }
  int n = 0;
  const auto summary = read_json(folder / "out" / "summary.json");
  for (const auto& text : summary.at("material_notes"))
    n += text.get<std::string>().find(note) != std::string::npos;
  EXPECT_EQ(n, 1);
}

TEST(Ranks, AllStopTogetherOnAnError) {
  const auto folder = new_folder("ranks_error");
  write_text(folder / "run.prm",
             parameters({{"Material 0/homogenized/Volume fraction", "if(x > 3, 2, 0.1)"},
                         {"Material 0/homogenized/Microstructure/Type", "inclusions"}}));
  const auto outcome = run_program("seco-macro", (folder / "run.prm").string(), 2);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
  EXPECT_NE(outcome.output.find("Volume fraction"), std::string::npos) << outcome.output;
}
