#include "small_run.h"

#include <gtest/gtest.h>

#include <sstream>

#include "macro_parameters.h"
#include "run_file.h"
#include "support/two_layers.h"

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

RunOutcome run_here(const std::filesystem::path& file, bool restart) {
  std::ostringstream out;
  RunOutcome outcome;
  try {
    macro::run_file({file.string(), restart}, MPI_COMM_SELF, out);
  } catch (const std::exception& error) {
    outcome.messages.emplace_back(error.what());
  }
  outcome.output = out.str();
  return outcome;
}

RunOutcome check_here(const std::filesystem::path& file, bool restart) {
  std::ostringstream out;
  auto problems = macro::check_file({file.string(), restart}, MPI_COMM_SELF, out);
  return {out.str(), std::move(problems)};
}

json run(const std::string& name, const std::map<std::string, std::string>& changes, int n_ranks) {
  const auto folder = new_folder(name);
  const auto file = folder / "run.prm";
  write_text(file, parameters(changes));
  if (n_ranks > 0) {
    const auto outcome = run_program("seco-macro", file.string(), n_ranks);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  } else {
    const auto outcome = run_here(file);
    EXPECT_TRUE(outcome.messages.empty()) << outcome.messages.front() << "\n" << outcome.output;
  }
  return read_json(folder / "out" / "summary.json");
}

void expect_refused(const std::map<std::string, std::string>& changes,
                    const std::vector<std::string>& parts) {
  const auto folder = new_folder("refused");
  write_text(folder / "run.prm", parameters(changes));
  const auto outcome = run_here(folder / "run.prm");
  ASSERT_EQ(outcome.messages.size(), 1u) << outcome.output;
  const auto& message = outcome.messages.front();
  for (const auto& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
  // One line, and nothing written.
  for (const std::string foreign : {"\n", "exception", "Errc"})
    EXPECT_EQ(message.find(foreign), std::string::npos) << message;
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

template <int dim>
macro::MacroParameters<dim> read_changed(const std::map<std::string, std::string>& changes) {
  const auto folder = new_folder("parameters");
  const auto file = folder / "run.prm";
  write_text(file, parameters(changes));
  const auto read = materials::ParameterFile::read(file.string());
  return macro::read_parameters<dim>(read, macro::read_header(read));
}

template macro::MacroParameters<2> read_changed(const std::map<std::string, std::string>&);
template macro::MacroParameters<3> read_changed(const std::map<std::string, std::string>&);

}  // namespace seco::test
