// A program of deal.II with homogenized materials, built against the installation.
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "run_program.h"

using namespace seco::test;

namespace {

/// The table that a program prints: the numbers of a row by the names of the columns.
using Table = std::vector<std::map<std::string, double>>;

Table run(const std::string& program, const std::string& parameters = "") {
  const auto folder = new_folder(program);
  const auto outcome = run_program("step_8/build/" + program, parameters, 0, "", folder.string());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  std::istringstream lines(outcome.output);
  std::string line, name;
  std::getline(lines, line);
  std::vector<std::string> names;
  for (std::istringstream words(line); words >> name;) names.push_back(name);
  Table table;
  while (std::getline(lines, line)) {
    std::istringstream words(line);
    table.emplace_back();
    for (const auto& column : names) words >> table.back()[column];
  }
  EXPECT_EQ(table.size(), 5u) << outcome.output;
  EXPECT_TRUE(std::filesystem::exists(folder / "solution-4.vtu"));
  return table;
}

}  // namespace

TEST(Step8, WithAUniformMaterialItIsThePlainProgram) {
  const auto folder = new_folder("uniform");
  const auto parameters = (folder / "uniform.prm").string();
  write_text(parameters,
             "subsection Material 0\n  set Model = linear elastic\n"
             "  subsection linear elastic\n    set Stiffness = 70e3, 0.33\n  end\nend\n"
             "subsection What the program reads itself\n  set Any key = 1\nend\n");
  const auto plain = run("plain_step_8"), uniform = run("step_8", parameters);
  for (std::size_t cycle = 0; cycle < plain.size(); ++cycle) {
    auto expected = plain[cycle], found = uniform[cycle];
    EXPECT_EQ(found["unknowns"], expected["unknowns"]);
    const double compliance = expected["compliance[mJ/mm]"];
    for (const char* column : {"compliance[mJ/mm]", "lower", "upper"})
      EXPECT_NEAR(found[column], compliance, 1e-8 * compliance) << column;
  }
}

TEST(Step8, PoresMakeTheSquareSofterWithinTheCertifiedBounds) {
  const auto plain = run("plain_step_8"),
             porous = run("step_8", SECO_BINARIES "/step_8/build/step_8.prm");
  for (std::size_t cycle = 0; cycle < porous.size(); ++cycle) {
    auto row = porous[cycle], solid = plain[cycle];
    EXPECT_LT(row["lower"], row["compliance[mJ/mm]"]);
    EXPECT_GT(row["upper"], row["compliance[mJ/mm]"]);
    EXPECT_LT(row["upper"], 1.05 * row["lower"]);
    // Softer than the solid, also by its lower bound; less than by the factor of a square that is
    // as porous everywhere as at its sides.
    EXPECT_GT(row["lower"], 1.05 * solid["compliance[mJ/mm]"]);
    EXPECT_LT(row["upper"], 2 * solid["compliance[mJ/mm]"]);
    // One RVE for each step of the porosity, from 0 to 20 %.
    EXPECT_LE(row["RVEs"], 21);
  }
  // Adaptive refinement converges: the last step changes the compliance by less than 1 %.
  const double before = porous[3].at("compliance[mJ/mm]"), last = porous[4].at("compliance[mJ/mm]");
  EXPECT_NEAR(last, before, 0.01 * last);
  EXPECT_GT(porous[4].at("cells"), 5 * porous[0].at("cells"));
}

TEST(Step8, WrongParametersAreNamedWithFileAndLine) {
  const auto folder = new_folder("wrong");
  const auto refused = [&](const std::string& text, const std::vector<std::string>& parts) {
    const auto path = (folder / "wrong.prm").string();
    write_text(path, text);
    const auto outcome = run_program("step_8/build/step_8", path, 0, "", folder.string());
    EXPECT_EQ(outcome.exit_code, 1);
    for (const auto& part : parts)
      EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
  };
  const std::string section = "subsection Material 0\n";
  refused(section + "set Model = homogenised\nend\n",
          {"wrong.prm:2", "Model", "homogenised", "homogenized"});
  refused(section + "subsection homogenized\nset Engin = fft\nend\nend\n",
          {"wrong.prm:3", "Engin", "Engine"});
  refused("set Additional shared libraries = libnone.so\n",
          {"wrong.prm:1", "Additional shared libraries", "libnone.so"});
  refused("set Unit = psi\n", {"wrong.prm:1", "Unit", "psi"});
}
