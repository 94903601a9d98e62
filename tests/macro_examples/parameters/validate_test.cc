#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "small_run.h"

using namespace seco::test;
namespace fs = std::filesystem;

namespace {

/// As a program, for what it prints and how it ends.
Outcome validate(const fs::path& folder, const std::map<std::string, std::string>& changes,
                 int n_ranks = 0) {
  write_text(folder / "run.prm", parameters(changes));
  return run_program("seco-macro", "--validate " + (folder / "run.prm").string(), n_ranks);
}

/// Expects one sentence for each list of parts, which it contains, and no others.
void expect_problems(const std::map<std::string, std::string>& changes,
                     const std::vector<std::vector<std::string>>& problems) {
  const auto folder = new_folder("invalid");
  write_text(folder / "run.prm", parameters(changes));
  const auto found = check_here(folder / "run.prm").messages;
  std::string all;
  for (const auto& message : found) all += message + "\n";
  EXPECT_EQ(found.size(), problems.size()) << all;
  for (const auto& parts : problems)
    EXPECT_TRUE(std::any_of(found.begin(), found.end(),
                            [&](const std::string& line) {
                              return std::all_of(parts.begin(), parts.end(),
                                                 [&](const std::string& part) {
                                                   return line.find(part) != std::string::npos;
                                                 });
                            }))
        << parts.front() << " " << parts.back() << "\n"
        << all;
  EXPECT_FALSE(fs::exists(folder / "out"));
  EXPECT_EQ(all.find("Errc"), std::string::npos) << all;
}

}  // namespace

TEST(Validate, SaysWhatWouldBeRunAndWritesNothing) {
  const auto folder = new_folder("valid");
  const auto outcome = validate(
      folder, {{"Checkpoint/Write", "true"}, {"Certification/Compliance tolerance", "0.01"}});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  for (const std::string part : {"60 cells", "405 unknowns", "480 quadrature points", "60 RVEs",
                                 "run.prm: no problem found"})
    EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
  EXPECT_FALSE(fs::exists(folder / "out"));
  const auto wrong = validate(folder, {{"Solver/Tolerance", "2"}, {"Output/Write VTK", "true"}});
  EXPECT_EQ(wrong.exit_code, 1) << wrong.output;
  EXPECT_NE(wrong.output.find("run.prm: 2 problems"), std::string::npos) << wrong.output;
  EXPECT_NE(wrong.output.find("seco-macro: "), std::string::npos) << wrong.output;
}

TEST(Validate, FormerNamesAndLibrariesAreNoted) {
  const auto outcome =
      validate(new_folder("former"), {{"Additional shared libraries", "libseco_s_eco.so"},
                                      {"Material 0/homogenized/Polish engine", "fft"},
                                      {"Material 0/homogenized/Files of doubtful RVEs", "2"}});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  for (const std::string part :
       {"== note: shared library 'libseco_s_eco.so' is not needed",
        "'Polish engine' is now called 'Refinement engine'",
        "'Files of doubtful RVEs' is now called 'Files of unconverged RVEs'"}) {
    const auto first = outcome.output.find(part);
    ASSERT_NE(first, std::string::npos) << part << "\n" << outcome.output;
    EXPECT_EQ(outcome.output.find(part, first + 1), std::string::npos) << outcome.output;
  }
  expect_problems({{"Material 0/homogenized/Polish engine", "fft"},
                   {"Material 0/homogenized/Refinement engine", "fft"}},
                  {{"run.prm:", "Material 0/homogenized", "'Polish engine'", "former name"}});
}

TEST(Validate, MakesNoFolders) {
  const auto folder = new_folder("no_folders");
  write_text(folder / "run.prm",
             parameters({{"Output directory", "results/of/mine"},
                         {"Material 0/homogenized/Result cache", "cache/of/mine"}}));
  EXPECT_TRUE(check_here(folder / "run.prm").messages.empty());
  for (const auto& entry : fs::directory_iterator(folder))
    EXPECT_EQ(entry.path().filename(), "run.prm");
  expect_problems({{"Material 0/homogenized/Result cache", "/dev/null/cache"}},
                  {{"Material 0/homogenized", "Result cache", "/dev/null/cache"}});
}

TEST(Validate, ARestartNeedsACheckpointOrWritesOne) {
  const auto folder = new_folder("no_checkpoint");
  for (const std::string write : {"false", "true"}) {
    write_text(folder / "run.prm", parameters({{"Checkpoint/Write", write}}));
    const auto problems = check_here(folder / "run.prm", /*restart=*/true).messages;
    ASSERT_EQ(problems.size(), write == "true" ? 0u : 1u);
    if (write == "true") continue;
    EXPECT_NE(problems[0].find("key 'Write' in section 'Checkpoint' is false"), std::string::npos)
        << problems[0];
  }
}

TEST(Validate, ShippedParameterFilesAreValid) {
  std::size_t n_files = 0;
  for (const auto& entry : fs::directory_iterator(SECO_SOURCE "/prm")) {
    std::ifstream file(entry.path());
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    // The others are of trainings and studies.
    if (text.find("subsection Boundary conditions") == std::string::npos) continue;
    const auto problems = check_here(entry.path()).messages;
    EXPECT_TRUE(problems.empty()) << problems.front();
    ++n_files;
  }
  EXPECT_GE(n_files, 7u);
}

TEST(RanksValidate, CountsRvesOnce) {
  const auto outcome =
      validate(new_folder("valid_ranks"), {{"Material 0/homogenized/Seed per", "material"}}, 2);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("480 quadrature points, 1 RVEs"), std::string::npos)
      << outcome.output;
}

TEST(Validate, FindsAllThatIsWrongInTheFile) {
  expect_problems({{"Solver/Tolerance", "2"},
                   {"Solver/Linear algebra", "Trillinos"},
                   {"Output/Write VTK", "true"},
                   {"Geometry/Lengths", "1, 1"},
                   {"Boundary conditions/Traction", "1: 0; -10"},
                   {"Material 0/homogenized/Engine", "ftt"},
                   {"Material 0/homogenized/Microstructure/Grid", "0, 8, 8"},
                   {"Number of materials", "2"},
                   {"Material 1/Model", "homogenised"}},
                  {{"Solver", "Tolerance", "'2'"},
                   {"Linear algebra", "Trillinos", "Trilinos"},
                   {"Write VTK", "Write VTU"},
                   {"Lengths", "1, 1"},
                   {"Traction", "1: 0; -10"},
                   {"Material 0/homogenized", "Engine", "ftt"},
                   {"Material 0/homogenized/Microstructure", "Grid"},
                   {"Material 1", "Model", "homogenised", "homogenized"}});
}

TEST(Validate, SaysWhatIsNotUnderstoodInAnExpression) {
  expect_problems({{"Geometry/Refined region", "x*foo(y)"},
                   {"Boundary conditions/Traction", "1: 0; 1 +; 0"},
                   {"Material 0/homogenized/Volume fraction", "0.1*q"}},
                  {{"Refined region", "'x*foo(y)'", "'foo' is not known", "x,y,z"},
                   {"Traction", "'1 +' is not understood", "end of expression"},
                   {"Material 0/homogenized", "Volume fraction", "'q' is not known"}});
}

TEST(Validate, FindsDecimalCommasWhereverAnExpressionIsRead) {
  expect_problems({{"Geometry/Refined region", "x - 0,5"},
                   {"Geometry/Material id", "0,45"},
                   {"Boundary conditions/Displacement", "0: 0; 0,1*x; 0"},
                   {"Boundary conditions/Traction", "1: 1e-3; 0,5; 0"},
                   {"Boundary conditions/Body force", "0; 0; -9,81"},
                   {"Material 0/homogenized/Volume fraction", "0,3"},
                   {"Solver/Tolerance", "1,5e-9"},
                   {"Geometry/Lengths", "4,5, 2, 1"}},
                  {{"Refined region", "'x - 0,5'", "decimals have a point"},
                   {"Material id", "'0,45'", "decimals have a point"},
                   {"Displacement", "'0,1*x'", "decimals have a point"},
                   {"Traction", "'0,5'", "decimals have a point"},
                   {"Body force", "'-9,81'", "decimals have a point"},
                   {"Volume fraction", "'0,3'", "decimals have a point"},
                   {"Tolerance", "1,5e-9", "decimal point"},
                   {"Lengths", "4,5, 2, 1"}});
}

TEST(Validate, MaterialIdsAreIntegers) {
  for (const std::string id : {"0.45", "if(x < 1, 0.45, 0)", "x", "-1"})
    expect_refused({{"Geometry/Material id", id}},
                   {"run.prm", "'Material id'", "cell at (", "the integers 0 to 0"});
  expect_refused({{"Geometry/Material id", "0.45"}}, {"gives 0.45"});
}

// Neither a mesh that no machine can hold nor a material that no one has described is made.
TEST(Validate, FindsAbsurdMeshesAndMissingMaterials) {
  expect_problems({{"Geometry/Cells", "1000000, 1000000, 1000000"}, {"Number of materials", "2"}},
                  {{"key 'Cells'", "'Global refinements' = 0", "1e+18 cells", "1e+10"},
                   {"section 'Material 1' is missing", "'Number of materials' = 2"}});
  expect_refused({{"Geometry/Global refinements", "20"}},
                 {"run.prm", "'Cells' = 8, 4, 2", "'Global refinements' = 20", "7.38e+19 cells"});
}

TEST(Validate, FindsAllThatDoesNotFitTheMesh) {
  expect_problems({{"Boundary conditions/Displacement", "9: 0; 0; 0"},
                   {"Boundary conditions/Traction", "8: 0; -10; 0"},
                   {"Output/Points of interest", "5, 0, 0"},
                   {"Solver/Tolerance", "2"},
                   {"Material 0/homogenized/Microstructure/Type", "inclusions"},
                   {"Material 0/homogenized/Volume fraction", "if(x > 3, 2, 0.1)"}},
                  {{"Displacement", "boundary 9"},
                   {"Traction", "boundary 8"},
                   {"Points of interest", "(5, 0, 0)"},
                   {"Solver", "Tolerance"},
                   {"Material 0/homogenized", "Volume fraction"}});
  expect_problems({{"Boundary conditions/Displacement", "0: 0; free; 0"},
                   {"Geometry/Material id", "if(x > 2, 3, 0)"}},
                  {{"Material id", "gives 3"}});
  expect_problems({{"Boundary conditions/Displacement", "0: 0; free; free"}},
                  {{"Displacement", "does not hold"}});
}

TEST(Validate, FindsFilesThatDoNotFit) {
  // A network of another dimension, which a run would load only after its first round.
  expect_problems({{"Certification/Compliance tolerance", "0.01"},
                   {"Material 0/homogenized/Refinement model", SECO_SOURCE "/models/pores_2d"}},
                  {{"Material 0/homogenized", "Refinement model", "2D", "3D"}});
  expect_problems({{"Material 0/homogenized/RVE", "file"},
                   {"Material 0/homogenized/RVE file", "missing.h5"},
                   {"Checkpoint/File", "out/checkpoint.h5"}},
                  {{"RVE file", "missing.h5"}});
}

TEST(Version, NamesAllLibrariesTheBlasAndTheDevices) {
  const std::vector<std::string> common{
      "LibTorch", "CUDA",     "FFTW",  "MPI", "BLAS",          "HDF5",  "libpng", "zlib",
      "pugixml",  "yaml-cpp", "Eigen", "fmt", "nlohmann-json", "CLI11", "OpenMP", "instruction set",
      "GPUs"};
  auto with_deal_ii = common;
  with_deal_ii.insert(with_deal_ii.end(), {"deal.II", "p4est", "PETSc", "Trilinos", "Boost"});
  for (const auto& [program, libraries] :
       {std::pair("seco", common), std::pair("seco-macro", with_deal_ii)}) {
    const auto version = run_program(program, "--version");
    EXPECT_EQ(version.exit_code, 0);
    EXPECT_TRUE(version.output.starts_with("seco ")) << version.output;
    for (const auto& library : libraries)
      EXPECT_NE(version.output.find("\n  " + library), std::string::npos) << library;
  }
}
