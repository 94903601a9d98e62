// What the command line refuses, and how it says so.

#include <gtest/gtest.h>

#include "run_program.h"
#include "support/small_microstructures.h"

using namespace seco::test;
namespace fs = std::filesystem;

namespace {

const std::string rve = SECO_TEST_DATA "/fibres_32.h5";

void expect_refused(const std::string& arguments, std::initializer_list<std::string> parts) {
  const auto outcome = run_program("seco", arguments);
  EXPECT_EQ(outcome.exit_code, 1) << arguments << "\n" << outcome.output;
  for (const auto& part : parts)
    EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
}

}  // namespace

TEST(Commands, AWordThatIsNoSubcommandIsNamed) {
  expect_refused("importt x", {"'importt' is not a subcommand", "Did you mean 'import'?"});
  expect_refused("nonsense", {"'nonsense' is not a subcommand; known are", "homogenize"});
  EXPECT_EQ(run_program("seco", "nonsense").output.find("Did you mean"), std::string::npos);
  expect_refused("", {"A subcommand is required"});
}

TEST(Commands, UnknownEnginesHaveASuggestionOnlyIfOneIsClose) {
  expect_refused("homogenize " + rve + " --engine ftt", {"'ftt'", "Did you mean 'fft'?"});
  const auto outcome = run_program("seco", "homogenize " + rve + " --engine ''");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_NE(outcome.output.find("known engines are"), std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find("Did you mean"), std::string::npos) << outcome.output;
}

TEST(Commands, ValuesOutOfRangeAreRefusedForEveryEngine) {
  const auto command = "homogenize " + rve + " --engine hill ";
  expect_refused(command + "--tolerance -1", {"--tolerance", "-1", "above 0 and below 1"});
  expect_refused(command + "--tolerance nan", {"--tolerance", "nan"});
  expect_refused(command + "--refinement 0", {"--refinement", "0", "from 1"});
  expect_refused(command + "--max-iterations 0", {"--max-iterations", "0", "from 1"});
  expect_refused(command + "--max-iterations -1", {"--max-iterations", "-1"});
  expect_refused(command + "--precision half", {"--precision", "half", "single and double"});
}

TEST(Commands, AnIndexIsThatOfOneRveOfTheDataset) {
  const auto folder = new_folder("index");
  const auto prm = (folder / "study.prm").string(), out = (folder / "one.h5").string();
  write_text(fs::path(prm),
             "subsection Microstructure\n set Grid = 8, 8\n set Type = inclusions\n set Number of "
             "inclusions = 1\nend\nsubsection Dataset\n set File = d.h5\n set Training RVEs = 3\n "
             "set Validation RVEs = 2\nend\n");
  expect_refused("generate " + prm + " --rve " + out + " --index -1", {"--index", "-1"});
  expect_refused("generate " + prm + " --index 2", {"--index 2", "--rve"});
  EXPECT_FALSE(fs::exists(folder / "d.h5"));
  expect_refused("generate " + prm + " --rve " + out + " --index 5", {"--index 5", prm, "0 to 4"});
  EXPECT_FALSE(fs::exists(out));
  EXPECT_EQ(run_program("seco", "generate " + prm + " --rve " + out + " --index 4").exit_code, 0);
  EXPECT_TRUE(fs::exists(out));
}

TEST(Commands, OptionsWithoutEffectOnAStudyAreRefused) {
  const auto folder = new_folder("study");
  const auto prm = (folder / "study.prm").string();
  write_text(fs::path(prm), "subsection Study\nend\n");
  expect_refused("evaluate " + prm + " --json " + (folder / "x.json").string(), {"--json", prm});
  expect_refused("evaluate " + prm + " --trust-scripts", {"--trust-scripts", prm});
}

TEST(Commands, UnknownKeysAtTheTopLevelAreCalledKeys) {
  const auto folder = new_folder("top");
  const auto prm = (folder / "study.prm").string();
  write_text(fs::path(prm), "set Dimension = 2\n");
  expect_refused("train " + prm, {prm + ":1", "key 'Dimension' at the top level is not known"});
}

TEST(Commands, PhaseNamesThatAreNotUtf8AreWritten) {
  const auto folder = new_folder("names");
  const auto file = (folder / "grains.dream3d").string(), json = (folder / "out.json").string();
  auto grid = asymmetric_grid();
  grid.phase_names[0] =
      "K\xfc"
      "pfer";
  write_dream3d(file, grid);
  const auto outcome = run_program("seco", "import " + file +
                                               " --stiffness '1 = Cu' --stiffness "
                                               "'2 = Ti' --json " +
                                               json);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_TRUE(read_json(json)["volume_fractions"].contains("K\xef\xbf\xbdpfer"));
}

TEST(Commands, ImportListsItsFormatsAndAsksForAFile) {
  const auto formats = run_program("seco", "import --formats");
  EXPECT_EQ(formats.exit_code, 0);
  for (const char* part : {"tiff (.tif, .tiff)", "written by", "ImageJ", "seco import scan.raw"})
    EXPECT_NE(formats.output.find(part), std::string::npos) << part << formats.output;
  expect_refused("import", {"name of a file", "--formats"});
}

TEST(Commands, ConnectedPartsAreReported) {
  const auto folder = new_folder("parts");
  const auto file = (folder / "parts.raw").string(), json = (folder / "out.json").string();
  // Two voxels of phase 1 at opposite faces of a row of 4: one part of the periodic grid.
  write_text(fs::path(file), std::string("\1\0\0\1", 4));
  const auto outcome =
      run_program("seco", "import " + file +
                              " --shape 4,1,1 --type uint8 --spacing 1 --dimension 3 --stiffness "
                              "'0 = Al' --stiffness '1 = Cu' --json " +
                              json);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto parts = read_json(json)["connected_parts"];
  EXPECT_EQ(parts["1"]["number"], 1);
  EXPECT_EQ(parts["1"]["largest_share"], 1.);
  EXPECT_EQ(parts["0"]["percolates"][0], false);
  EXPECT_EQ(parts["0"]["percolates"][1], true);
  expect_refused("import " + file + " --phases 0=1,1", {"--phases", "1 is listed twice"});
}

TEST(Commands, TextsOfImportOptionsNameTheirOption) {
  expect_refused("import " + rve + " --crop 0-8", {"--crop", "'0-8'", "0:32"});
  expect_refused("import " + rve + " --stiffness Cu", {"--stiffness", "'Cu'", "NAME = STIFFNESS"});
}
