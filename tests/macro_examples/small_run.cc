#include "small_run.h"

#include <gtest/gtest.h>

#include "../support/two_layers.h"

namespace seco::test {

using nlohmann::json;

std::string parameters(const std::map<std::string, std::string>& changes) {
  std::map<std::string, std::string> entries{
      {"Dimension", "3"},
      {"Output directory", "out"},
      {"Geometry/Type", "notched beam"},
      {"Geometry/Lengths", "4, 2, 1"},
      {"Geometry/Cells", "8, 4, 2"},
      {"Geometry/Notch position", "1.75"},
      {"Geometry/Notch width", "0.5"},
      {"Geometry/Notch depth", "1"},
      {"Boundary conditions/Displacement", "0: 0; 0; 0"},
      {"Boundary conditions/Traction", "1: 0; -10; 0"},
      {"Output/Points of interest", "4, 0, 0.5"},
      {"Output/Write VTU", "false"},
      {"Solver/Tolerance", "1e-13"},
      {"Material 0/Model", "homogenized"},
      {"Material 0/homogenized/Engine", "fft"},
      {"Material 0/homogenized/Seed per", "cell"},
      {"Material 0/homogenized/Microstructure/Grid", "8, 8, 8"},
      {"Material 0/homogenized/Microstructure/Number of grains", "4"}};
  for (const auto& [key, value] : changes) entries[key] = value;
  // What has no effect is refused.
  const auto type = entries["Geometry/Type"];
  std::vector<std::string> without_effect;
  if (type == "box" || type == "file")
    without_effect = {"Notch position", "Notch width", "Notch depth"};
  if (type == "file") without_effect.insert(without_effect.end(), {"Lengths", "Cells"});
  for (const auto& key : without_effect)
    if (changes.count("Geometry/" + key) == 0) entries.erase("Geometry/" + key);
  std::string text;
  for (const auto& [path, value] : entries) {
    std::string rest = path;
    int depth = 0;
    for (auto slash = rest.find('/'); slash != std::string::npos; slash = rest.find('/'), ++depth) {
      text += "subsection " + rest.substr(0, slash) + "\n";
      rest = rest.substr(slash + 1);
    }
    text += "set " + rest + " = " + value + "\n";
    while (depth-- > 0) text += "end\n";
  }
  return text;
}

std::map<std::string, std::string> with_two_layers(const std::filesystem::path& folder) {
  write_text(folder / "layers.vti", two_layers());
  const std::string material = "Material 0/homogenized/";
  return {{material + "Engine", "hill"},
          {material + "RVE", "file"},
          {material + "RVE file", (folder / "layers.vti").string()},
          {material + "Microstructure file/Phase stiffness", "0 = 3000, 0.35; 1 = 60000, 0.25"}};
}

std::map<std::string, std::string> elastic(const std::string& stiffness) {
  return {{"Material 0/Model", "linear elastic"},
          {"Material 0/linear elastic/Stiffness", stiffness}};
}

json run(const std::string& name, const std::map<std::string, std::string>& changes, int n_ranks) {
  const auto folder = new_folder(name);
  write_text(folder / "run.prm", parameters(changes));
  const auto outcome = run_program("seco-macro", (folder / "run.prm").string(), n_ranks);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  return read_json(folder / "out" / "summary.json");
}

void expect_refused(const std::map<std::string, std::string>& changes,
                    const std::vector<std::string>& parts) {
  const auto folder = new_folder("refused");
  write_text(folder / "run.prm", parameters(changes));
  const auto outcome = run_program("seco-macro", (folder / "run.prm").string());
  EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
  for (const auto& part : parts)
    EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
  // One message, and nothing written.
  const auto first = outcome.output.find("seco-macro: ");
  ASSERT_NE(first, std::string::npos) << outcome.output;
  EXPECT_EQ(outcome.output.find('\n', first), outcome.output.size() - 1) << outcome.output;
  for (const std::string foreign : {"exception", "Errc"})
    EXPECT_EQ(outcome.output.find(foreign), std::string::npos) << outcome.output;
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

}  // namespace seco::test
