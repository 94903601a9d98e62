// A material of a user's own, in the installed seco-macro.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "run_program.h"

using namespace seco::test;

namespace {

const std::string project = SECO_BINARIES "/user_material";

/// The shipped parameters with another direction of the fibres and folder of the results.
std::string parameters(const std::filesystem::path& folder, const std::string& direction,
                       const std::string& more = "") {
  std::ifstream file(project + "/steered_beam.prm");
  std::stringstream text;
  text << file.rdbuf();
  auto content = std::regex_replace(text.str(), std::regex("build/"), project + "/build/");
  if (!direction.empty())
    content = std::regex_replace(content, std::regex("Fibre direction = [^\n]*"),
                                 "Fibre direction = " + direction);
  // In place of what sets the same key.
  if (!more.empty())
    content =
        std::regex_replace(content, std::regex(more.substr(0, more.find('=')) + "=[^\n]*"), "");
  content = std::regex_replace(content, std::regex("set Tolerance [^\n]*"), "$&\n" + more);
  const auto path = (folder / "run.prm").string();
  write_text(path, content);
  return path;
}

nlohmann::json summary(const std::string& direction) {
  const auto folder = new_folder("fibres");
  const auto outcome = run_program("prefix/bin/seco-macro", parameters(folder, direction));
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  return read_json(folder / "results" / "summary.json");
}

}  // namespace

TEST(UserMaterial, SteeredFibresAreStifferThanFibresAcrossAndAlmostAsStiffAsStraightOnes) {
  const auto steered = summary(""), straight = summary("1; 0"), across = summary("0; 1");
  const auto compliance = [](const nlohmann::json& run) {
    return run["compliance"]["estimate"].get<double>();
  };
  EXPECT_GT(compliance(steered), compliance(straight));
  EXPECT_LT(compliance(steered), 1.1 * compliance(straight));
  EXPECT_GT(compliance(across), 2 * compliance(straight));
  for (const auto& run : {steered, straight, across}) {
    const double lower = run["compliance"]["lower"], upper = run["compliance"]["upper"];
    EXPECT_LT(lower, compliance(run));
    EXPECT_GT(upper, compliance(run));
    // The bounds of the stiffness are within the tolerance, so those of the compliance are.
    EXPECT_LT(upper - lower, 1e-3 * upper);
    EXPECT_LE(run["worst_gap"].get<double>(), 1e-3);
    EXPECT_EQ(run["rves"], 1);
  }
}

TEST(UserMaterial, DirectionsHaveNoLength) {
  const auto unit = summary("1; 0.5"), longer = summary("3; 1.5");
  EXPECT_NEAR(unit["compliance"]["estimate"].get<double>(),
              longer["compliance"]["estimate"].get<double>(),
              1e-8 * unit["compliance"]["estimate"].get<double>());
}

TEST(UserMaterial, IsListedAndDocumented) {
  const auto outcome =
      run_program("prefix/bin/seco-macro", "--library " + project +
                                               "/build/libfibre_field.so --list-materials "
                                               "--print-parameters --dimension 3");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  for (const char* part :
       {"fibre field", "continuous fibres whose direction is a function", "Fibre volume fraction",
        "components of the direction of the fibres", "set Fibre direction       = 1; 0; 0"})
    EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
}

TEST(UserMaterial, WrongDirectionsAndFractionsAreNamed) {
  const auto folder = new_folder("wrong");
  const auto refused = [&](const std::string& direction, const std::string& more,
                           const std::vector<std::string>& parts) {
    const auto outcome = run_program("prefix/bin/seco-macro", parameters(folder, direction, more));
    EXPECT_EQ(outcome.exit_code, 1);
    for (const auto& part : parts)
      EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
  };
  refused("1; z", "", {"run.prm", "Fibre direction", "2 expressions in x,y"});
  refused("0; max(0, x - 4)", "", {"Material 0/fibre field", "Fibre direction", "length 0 at ("});
  refused("", "set Fibre volume fraction = 0.9", {"Fibre volume fraction", "0.9", "0.6"});
  refused("", "set Fibre direktion = 1; 0", {"Fibre direktion", "Fibre direction"});
}
