// seco deform RUN.prm: what it refuses and how it says so, what its files have, and what is left of
// a run that ends early.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <sstream>

#include "run_program.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/generators.h"
#include "seco/materials/hdf5_file.h"
#include "seco/materials/rve_file.h"
#include "support/csv.h"
#include "support/small_microstructures.h"

using namespace seco::test;
namespace fs = std::filesystem;

namespace {

const std::string composite =
    "subsection Microstructure\n  set Type = inclusions\n  set Grid = 6, 6, 6\n"
    "  set Number of inclusions = 1\nend\n";
const std::string matrix =
    "  set Law = J2 plasticity\n  set Young modulus = 70000\n  set Poisson ratio = 0.3\n"
    "  set Yield stress = 100\n  set Hardening modulus = 1000\n";
const std::string particles = "  set Young modulus = 400000\n  set Poisson ratio = 0.2\n";
const std::string tension = "  set Type = tension\n  set Increments = 2\n";
const std::string header = "time,E11,S22,S33,S23,S13,S12\n";

std::string section(const std::string& name, const std::string& content) {
  return "subsection " + name + "\n" + content + "end\n";
}

std::string run_of(const std::string& phase_0, const std::string& loading) {
  return "set Tangent = none\n" + composite + section("Phase 0", phase_0) +
         section("Phase 1", particles) + section("Loading", loading);
}

const std::string small_run = run_of(matrix, tension);

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const auto at = text.find(what);
  if (at == std::string::npos) throw std::logic_error("'" + what + "' is not in the text");
  return text.replace(at, what.size(), by);
}

/// Runs parameters in a folder.
Outcome deform(const fs::path& folder, const std::string& parameters,
               const std::string& options = "") {
  write_text(folder / "run.prm", parameters);
  return run_program("seco", "deform run.prm " + options, 0, "", folder.string());
}

void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

/// One message and nothing else.
void expect_refused(const std::string& parameters, const std::vector<std::string>& parts,
                    const std::string& options = "", const std::string& path = "") {
  const auto folder = new_folder("refused");
  if (!path.empty()) write_text(folder / "path.csv", path);
  const auto outcome = deform(folder, parameters, options);
  EXPECT_EQ(outcome.exit_code, 1) << parameters << "\n" << outcome.output;
  std::string message;
  std::istringstream lines(outcome.output);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("note: ", 0) != 0) message += line + "\n";
  EXPECT_EQ(message.rfind("seco: ", 0), 0U) << outcome.output;
  EXPECT_EQ(message.find('\n'), message.size() - 1) << outcome.output;
  expect_parts(message, parts);
}

void expect_path_refused(const std::string& path, const std::vector<std::string>& parts) {
  auto all = parts;
  all.insert(all.end(), {"run.prm:", "key 'File' in section 'Loading'", "path.csv"});
  expect_refused(run_of(matrix, "  set File = path.csv\n"), all, "", path);
}

/// Increments of a run that has to succeed.
nlohmann::json increments_of(const std::string& parameters, const std::string& path = "") {
  const auto folder = new_folder("run");
  if (!path.empty()) write_text(folder / "path.csv", path);
  const auto outcome = deform(folder, parameters, "--json out.json");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  return read_json(folder / "out.json").at("increments");
}

double value(const nlohmann::json& increment, const std::string& key, int component) {
  return increment.at(key).at(static_cast<std::size_t>(component)).get<double>();
}

/// A shared library that is on every system.
std::string mathematics_library() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (const auto at = line.find('/');
        at != std::string::npos && line.find("/libm.") != std::string::npos)
      return line.substr(at);
  throw std::runtime_error("no mathematics library is loaded");
}

}  // namespace

TEST(Deform, ALawWithoutItsConstantsIsRefused) {
  expect_refused(replaced(small_run, "  set Yield stress = 100\n", ""),
                 {"run.prm", "key 'Yield stress' in section 'Phase 0'", "needs it", "above 0"});
  expect_refused(replaced(small_run, "  set Poisson ratio = 0.3\n", ""),
                 {"key 'Poisson ratio' in section 'Phase 0'", "'Young modulus'"});
  const std::string elastic = "  set Young modulus = 70000\n  set Poisson ratio = 0.3\n";
  for (const auto& [law, key] :
       std::vector<std::pair<std::string, std::string>>{{"Norton creep", "Reference rate"},
                                                        {"crystal viscoplasticity", "Lattice"},
                                                        {"umat", "Library"}})
    expect_refused(run_of("  set Law = " + law + "\n" + elastic, tension),
                   {"key '" + key + "' in section 'Phase 0'", "needs it"});
}

TEST(Deform, ConstantsOutOfRangeAreRefused) {
  for (const std::string value : {"-1", "nan", "a lot"})
    expect_refused(replaced(small_run, "Yield stress = 100", "Yield stress = " + value),
                   {"run.prm:", "key 'Yield stress' in section 'Phase 0'", "'" + value + "'"});
  expect_refused(replaced(small_run, "ratio = 0.3", "ratio = 0.5"),
                 {"key 'Poisson ratio' in section 'Phase 0' is '0.5'", "below 0.5"});
  expect_refused(replaced(small_run, "J2 plasticity", "J2 plastcity"),
                 {"'J2 plastcity'", "did you mean 'J2 plasticity'?"});
}

TEST(Deform, SofteningIsRefusedWithTheReason) {
  for (const std::string key : {"Hardening modulus", "Kinematic modulus"}) {
    const auto text =
        replaced(small_run, "  set Hardening modulus = 1000\n", "  set " + key + " = -1000\n");
    expect_refused(text, {"key '" + key + "' in section 'Phase 0' is '-1000'", "from 0",
                          "softening", "no bound exists"});
  }
  expect_refused(replaced(replaced(small_run, "  set Hardening modulus = 1000\n", ""),
                          "Yield stress = 100", "Hardening curve = 0, 100, 0.1, 90"),
                 {"key 'Hardening curve' in section 'Phase 0'", "90 follows on 100", "softening"});
}

TEST(Deform, PathsThatDoNotFitAreRefused) {
  expect_path_refused("time,E11,S11,S22,S33,S23,S13,S12\n1,0,0,0,0,0,0,0\n",
                      {"path.csv:1", "E11 and S11", "either the strain or the stress"});
  expect_path_refused(header + "1,0.001,0,0,0,0,0\n1,0.002,0,0,0,0,0\n",
                      {"path.csv:3", "time 1 follows on 1", "have to increase"});
  expect_path_refused("time,E11,S22,S33,S23,S13\n1,0,0,0,0,0\n", {"neither E12 nor S12"});
  expect_path_refused("time,E11,S22,S33,S23,S13,S12,E21\n",
                      {"E12 and S12", "either the strain or the stress"});
  expect_path_refused("time,E11,S22,S33,S23,S13,S12,s21\n", {"'S12' and 's21' are the same one"});
  expect_path_refused("time,E11,S22,S33,S23,S13,S12,S12\n", {"column 'S12' is there twice"});
  expect_path_refused("time,EPS11,S22,S33,S23,S13,S12\n",
                      {"path.csv:1", "column 'EPS11' is not known", "Did you mean 'E11'?"});
  expect_path_refused(header + "1,0.001,0,0,0,0\n", {"path.csv:2", "6 entries for 7 columns"});
  expect_path_refused(header + "1,nan,0,0,0,0,0\n", {"entry 2", "'nan'", "finite"});
  expect_refused(run_of(matrix, "  set File = none.csv\n"), {"none.csv", "cannot be read"});
  expect_refused(run_of(matrix, ""), {"key 'File' in section 'Loading'", "is not set"});
}

TEST(Deform, ShortFormsThatDoNotFitAreRefused) {
  expect_refused(run_of(matrix, "  set Type = compression\n"),
                 {"key 'Type' in section 'Loading' is 'compression'", "tension, shear, cyclic"});
  expect_refused(run_of(matrix, "  set Type = tension\n  set Direction = 12\n"),
                 {"key 'Direction' in section 'Loading' is '12'", "11, 22, 33"});
  expect_refused(run_of(matrix, "  set Type = shear\n  set Direction = 21\n"), {"23, 13, 12"});
  expect_refused(run_of(matrix, "  set Type = creep\n"), {"key 'Stress'", "other than 0"});
}

TEST(Deform, PhasesAndLawsHaveToFitTogether) {
  expect_refused(replaced(small_run, section("Phase 1", particles), ""),
                 {"run.prm", "phase 1 of the microstructure has no law", "subsection 'Phase 1'"});
  expect_refused(small_run + section("Phase 2", particles),
                 {"run.prm", "section 'Phase 2'", "has the phases 0, 1; 'All phases' is"});
  const auto grains = replaced(composite, "Type = inclusions", "Type = polycrystal"),
             five = replaced(grains, "Number of inclusions = 1", "Number of grains = 5");
  expect_refused(five + section("All phases", matrix) + section("Phase 5", particles) +
                     section("Loading", tension),
                 {"section 'Phase 5'", "has the phases 0 to 4;"});
  expect_refused(replaced(small_run, "  set Law = J2 plasticity\n",
                          "  set Constants = alumina\n  set Law = J2 plasticity\n"),
                 {"key 'Law' in section 'Phase 0'", "'alumina'", "'linear elastic'"});
}

TEST(Deform, UnknownKeysAndSectionsAreRefused) {
  expect_refused(replaced(small_run, "  set Law = J2", "  set Exponent = 3\n  set Law = J2"),
                 {"run.prm:", "key 'Exponent' in section 'Phase 0' is not known"});
  expect_refused("set Tolerence = 1e-2\n" + small_run,
                 {"run.prm:1", "'Tolerence' at the top level", "Did you mean 'Tolerance'?"});
  expect_refused(small_run + section("Fields", "  set At = 2\n"),
                 {"section 'Fields' is not known", "Loading"});
  expect_refused("set Tolerance = 0\n" + small_run, {"'Tolerance' at the top level is '0'"});
  expect_refused(small_run + section("Output", "  set Fields = f\n  set Fields at = 3\n"),
                 {"'Fields at' in section 'Output' is '3'", "from 1 to 2"});
}

TEST(Deform, ALibraryWithoutTheSymbolIsRefused) {
  const auto umat = [](const std::string& library) {
    return run_of("  set Law = umat\n  set State variables = 0\n  set Library = " + library + "\n",
                  tension);
  };
  expect_refused(umat("none.so"), {"key 'Library' in section 'Phase 0'", "none.so"});
  expect_refused(umat(mathematics_library()), {"key 'Library' in section 'Phase 0'", "umat_"});
}

TEST(Deform, OptionsThatDoNotFitAreRefused) {
  expect_refused(small_run, {"--resume", "--json"}, "--resume");
  expect_refused(small_run, {"'cudaa'", "auto, cpu, cuda"}, "--device cudaa");
}

TEST(Deform, JsonHasTheKeysThatOtherProgramsRead) {
  const auto folder = new_folder("keys");
  const auto text = replaced(small_run, "Tangent = none", "Tangent = estimate");
  const auto outcome = deform(folder, text, "--json out.json --csv out.csv");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto content = read_json(folder / "out.json");
  EXPECT_EQ(content.at("unit"), "MPa");
  EXPECT_EQ(content.at("tolerance"), 1e-3);
  const auto& increments = content.at("increments");
  ASSERT_EQ(increments.size(), 2U);
  for (const auto& i : increments) {
    for (const char* key : {"time", "energy_lower", "energy_upper", "stress_error_bound",
                            "path_error_bound", "newton", "iterations"})
      EXPECT_TRUE(i.at(key).is_number()) << key << i;
    for (const char* key : {"strain", "stress", "stress_error"}) EXPECT_EQ(i.at(key).size(), 6U);
    ASSERT_EQ(i.at("tangent").size(), 6U);
    EXPECT_EQ(i.at("tangent")[5].size(), 6U);
    EXPECT_EQ(i.at("status"), "ok");
    EXPECT_LE(i["energy_lower"], i["energy_upper"]);
    EXPECT_LE(i["stress_error_bound"], 1e-3);
    EXPECT_LE(i["stress_error_bound"], i["path_error_bound"]);
  }
}

TEST(Deform, CsvHasTensorComponentsOfTheSameNumbers) {
  const auto folder = new_folder("csv");
  const auto outcome = deform(folder, run_of(matrix, "  set Type = shear\n  set Increments = 2\n"),
                              "--json out.json --csv out.csv");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto increments = read_json(folder / "out.json").at("increments");
  std::istringstream lines(read_text((folder / "out.csv").string()));
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line,
            "time,E11,E22,E33,E23,E13,E12,S11,S22,S33,S23,S13,S12,error_S11,error_S22,error_S33,"
            "error_S23,error_S13,error_S12,stress_error_bound,path_error_bound,energy_lower,"
            "energy_upper,newton,iterations,status");
  const auto rows = read_csv(folder / "out.csv");
  ASSERT_EQ(rows.size(), increments.size());
  const std::vector<std::string> components{"11", "22", "33", "23", "13", "12"};
  for (std::size_t n = 0; n < rows.size(); ++n)
    for (const auto& [key, column] : std::vector<std::pair<std::string, std::string>>{
             {"strain", "E"}, {"stress", "S"}, {"stress_error", "error_S"}})
      for (int c = 0; c < 6; ++c)
        EXPECT_DOUBLE_EQ(std::stod(rows[n].at(column + components[static_cast<std::size_t>(c)])),
                         value(increments[n], key, c) * (c < 3 ? 1 : std::sqrt(0.5)));
  // The tensor strain of the default of shear, 0.01.
  EXPECT_NEAR(value(increments[1], "strain", 5), 0.01 * std::sqrt(2.), 1e-15);
}

TEST(Deform, ShortFormsOfLoadsAreThoseOfTheirNames) {
  const auto tension_3 = increments_of(run_of(
      matrix, tension + "  set Direction = 33\n  set Strain = -0.004\n  set Duration = 8\n"));
  ASSERT_EQ(tension_3.size(), 2U);
  EXPECT_EQ(tension_3[0]["time"], 4);
  EXPECT_EQ(value(tension_3[1], "strain", 2), -0.004);
  EXPECT_LT(value(tension_3[1], "stress", 2), -100);
  for (const int c : {0, 1, 3, 4, 5}) EXPECT_EQ(value(tension_3[1], "stress", c), 0);

  const auto shear = increments_of(
      run_of(matrix, "  set Type = shear\n  set Direction = 13\n  set Increments = 1\n"));
  EXPECT_NEAR(value(shear[0], "strain", 4), 0.01 * std::sqrt(2.), 1e-15);
  EXPECT_EQ(value(shear[0], "stress", 0), 0);

  const auto cyclic = increments_of(
      run_of(matrix, "  set Type = cyclic\n  set Strain = 0.002\n  set Increments = 1\n"));
  ASSERT_EQ(cyclic.size(), 3U);
  EXPECT_EQ(value(cyclic[0], "strain", 0), 0.002);
  EXPECT_EQ(value(cyclic[1], "strain", 0), -0.002);
  EXPECT_EQ(value(cyclic[2], "strain", 0), 0.002);
  EXPECT_EQ(cyclic[2]["time"], 3);

  const std::string creep =
      "  set Law = Norton creep\n  set Young modulus = 70000\n  set Poisson ratio = 0.3\n"
      "  set Reference rate = 1e-5\n  set Reference stress = 50\n  set Exponent = 3\n";
  const auto held = increments_of(run_of(
      creep,
      "  set Type = creep\n  set Stress = 50\n  set Duration = 100\n  set Increments = 2\n"));
  ASSERT_EQ(held.size(), 3U);
  EXPECT_NEAR(held[2]["time"].get<double>(), 100.001, 1e-9);
  EXPECT_NEAR(value(held[2], "stress", 0), 50, 1e-9);
  EXPECT_GT(value(held[2], "strain", 0), value(held[1], "strain", 0));

  // The path of a file, each row in two parts.
  const auto file =
      increments_of(run_of(matrix, "  set File = path.csv\n  set Increments per row = 2\n"),
                    "# tension\n" + header + "4,-0.002,0,0,0,0,0\n8,-0.004,0,0,0,0,0\n");
  ASSERT_EQ(file.size(), 4U);
  EXPECT_EQ(file[0]["time"], 2);
  EXPECT_EQ(value(file[0], "strain", 0), -0.001);
  EXPECT_EQ(value(file[3], "strain", 0), -0.004);
}

TEST(Deform, ColumnsOfPathsAreKnownByOtherNames) {
  const auto text = run_of(matrix, "  set File = path.csv\n");
  const std::string row = "4,-0.002,0,0,0,0,0.001\n";
  const auto usual = increments_of(text, "time,E11,S22,S33,S23,S13,E12\n" + row);
  for (const char* other : {"Time,e11,s22,s33,s23,s13,e12\n", "time,E11,S22,S33,S32,S31,E21\n",
                            "\"time\", \"E11\", \"S22\", 'S33', \" S23 \", \"S13\", \"e21\"\n"})
    EXPECT_EQ(increments_of(text, other + row), usual) << other;
}

TEST(Deform, PlaneStrainHasThreeComponents) {
  const auto folder = new_folder("plane");
  const auto outcome =
      deform(folder, replaced(small_run, "6, 6, 6", "12, 12"), "--json out.json --csv out.csv");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto increments = read_json(folder / "out.json").at("increments");
  EXPECT_EQ(increments[1]["strain"].size(), 3U);
  EXPECT_EQ(increments[1]["status"], "ok");
  EXPECT_EQ(value(increments[1], "stress", 1), 0);
  EXPECT_EQ(read_text((folder / "out.csv").string()).rfind("time,E11,E22,E12,S11,S22,S12,", 0), 0U);
  expect_refused(replaced(replaced(small_run, "6, 6, 6", "12, 12"), "  set Type = tension\n",
                          "  set Type = tension\n  set Direction = 33\n"),
                 {"key 'Direction' in section 'Loading' is '33'", "11, 22"});
}

// On a coarser grid.
namespace {

seco::materials::GeneratorSettings settings_of_composite() {
  seco::materials::GeneratorSettings settings;
  settings.type = "inclusions";
  settings.shape = {6, 6, 6};
  settings.n_inclusions = 1;
  settings.matrix = seco::materials::stiffness_from_text("3000, 0.35", "MPa");
  settings.inclusion = seco::materials::stiffness_from_text("60000, 0.25", "MPa");
  return settings;
}

/// The composite as a file, and a state of it at the time 1 in `start.h5`.
void write_start(const fs::path& folder, const std::vector<double>& state = {},
                 const std::string& hash = "") {
  const auto rve = seco::materials::generate(settings_of_composite());
  seco::materials::write_rve((folder / "rve.h5").string(), rve);
  seco::materials::Hdf5Writer writer((folder / "start.h5").string());
  const std::vector<double> strain(6, 1e-5);
  writer.dataset("strain", {6}, strain.data());
  if (!state.empty()) writer.dataset("state", {state.size()}, state.data());
  writer.numbers("time", {1.});
  writer.text("rve", hash.empty() ? fmt::format("{:016x}", seco::materials::hash(rve)) : hash);
  writer.close();
}

const std::string from_start =
    "set Tangent = none\nsubsection Microstructure\n  set File = rve.h5\nend\n" +
    section("Phase 0", matrix) + section("Phase 1", particles) +
    section("Loading", "  set File = path.csv\n  set Start = start.h5\n");

}  // namespace

TEST(Deform, APathBeginsWithAState) {
  const auto folder = new_folder("start");
  write_start(folder);
  write_text(folder / "path.csv", "time,E11,E22,E33,E23,E13,E12\n2,0.002,0,0,0,0,0\n");
  const auto outcome = deform(folder, from_start, "--json out.json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto increments = read_json(folder / "out.json").at("increments");
  // The state is that at rest, so the stress is that of a path that begins at rest; what is known
  // of errors along the path is not.
  const auto rest =
      deform(folder, replaced(from_start, "  set Start = start.h5\n", ""), "--json rest.json");
  ASSERT_EQ(rest.exit_code, 0) << rest.output;
  const auto expected = read_json(folder / "rest.json").at("increments");
  EXPECT_NEAR(value(increments[0], "stress", 0), value(expected[0], "stress", 0), 1e-9 * 200);
  EXPECT_TRUE(increments[0]["path_error_bound"].is_null());
  EXPECT_TRUE(expected[0]["path_error_bound"].is_number());
}

TEST(Deform, StatesThatDoNotFitAreRefused) {
  const auto refused = [&](const std::string& parameters, const std::string& path,
                           const std::vector<std::string>& parts,
                           const std::vector<double>& state = {}, const std::string& hash = "") {
    const auto folder = new_folder("wrong_start");
    write_start(folder, state, hash);
    write_text(folder / "path.csv", path);
    const auto outcome = deform(folder, parameters);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    auto all = parts;
    all.insert(all.end(), {"run.prm", "section 'Loading'"});
    expect_parts(outcome.output, all);
  };
  const std::string strains = "time,E11,E22,E33,E23,E13,E12\n2,0.002,0,0,0,0,0\n";
  refused(from_start, header + "2,0.002,0,0,0,0,0\n", {"'Start'", "strains only"});
  refused(from_start, "time,E11,E22,E33,E23,E13,E12\n1,0.002,0,0,0,0,0\n",
          {"'Start'", "time 1", "have to increase"});
  refused(from_start, strains, {"'Start'", "state of 7 numbers"}, std::vector<double>(7, 0.));
  refused(from_start, strains, {"'Start'", "'state'", "not finite"}, {NAN});
  refused(from_start, strains, {"'Start'", "start.h5", "another RVE"}, {}, "0");
  refused(replaced(from_start, "set Start = start.h5", "set Start = none.h5"), strains,
          {"'Start'", "none.h5"});
  refused(replaced(from_start, "set Start", "set Increments per row = 2\n  set Start"), strains,
          {"'Increments per row'", "allowed is 1"});
  refused(replaced(from_start, "set File = path.csv", "set Type = tension"), strains,
          {"'Start'", "Type = file"});
}

TEST(Deform, ShippedFilesRun) {
  int n_files = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(SECO_SOURCE) / "prm")) {
    if (entry.path().filename().string().rfind("deform_", 0) != 0) continue;
    ++n_files;
    const auto text = read_text(entry.path().string());
    const auto grid = text.find("set Grid"), end = text.find('\n', grid);
    ASSERT_NE(grid, std::string::npos) << entry.path();
    const auto folder = new_folder("shipped");
    const auto outcome =
        deform(folder, text.substr(0, grid) + "set Grid = 10, 10, 10" + text.substr(end),
               "--strict --json out.json");
    EXPECT_EQ(outcome.exit_code, 0) << entry.path() << outcome.output;
  }
  EXPECT_EQ(n_files, 2);
}

TEST(Deform, EarlierIncrementsAreKeptWhereALaterOneFails) {
  const auto folder = new_folder("fails");
  // No strain has the last stress.
  write_text(folder / "path.csv",
             "time,S11,S22,S33,S23,S13,S12\n1,10,0,0,0,0,0\n2,20,0,0,0,0,0\n3,1e30,0,0,0,0,0\n");
  const auto text =
      "set Smallest step = 0.5\nset Newton steps = 3\n" + run_of(matrix, "  set File = path.csv\n");
  const auto outcome = deform(folder, text, "--json out.json --csv out.csv");
  EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
  expect_parts(outcome.output,
               {"increment 3", "the Newton steps are used up", "earlier increments are kept"});
  const auto increments = read_json(folder / "out.json").at("increments");
  ASSERT_EQ(increments.size(), 2U);
  EXPECT_NEAR(value(increments[1], "stress", 0), 20, 1e-9);
  const auto csv = read_text((folder / "out.csv").string());
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
}

TEST(Deform, AStressBeyondTheLimitLoadIsCalledThat) {
  const auto folder = new_folder("limit_load");
  write_text(folder / "path.csv",
             "time,S11,S22,S33,S23,S13,S12\n1,10,0,0,0,0,0\n2,1000,0,0,0,0,0\n");
  const auto perfect = replaced(matrix, "  set Hardening modulus = 1000\n", "");
  const auto outcome =
      deform(folder, "set Smallest step = 0.5\n" + run_of(perfect, "  set File = path.csv\n"));
  EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
  expect_parts(outcome.output, {"increment 2", "beyond the limit load"});
}

TEST(Deform, AKilledRunGoesOnToTheSameBytes) {
  const auto text =
      run_of(matrix, "  set Type = cyclic\n  set Strain = 0.003\n  set Increments = 4\n");
  const auto folder = new_folder("killed");
  const auto whole = deform(folder, text, "--json whole.json --csv whole.csv");
  ASSERT_EQ(whole.exit_code, 0) << whole.output;
  const auto json = (folder / "part.json").string(), csv = (folder / "part.csv").string();
  const std::vector<std::string> arguments{
      "deform", (folder / "run.prm").string(), "--json", json, "--csv", csv, "--resume"};
  // Each of them gets some increments further.
  for (const std::string line : {"\n", "    6 ", "    9 "}) {
    RunningProgram running("seco", arguments);
    ASSERT_TRUE(running.prints(line)) << line;
    running.send(SIGKILL);
    EXPECT_EQ(running.end().exit_code, -SIGKILL);
  }
  RunningProgram last("seco", arguments);
  const auto outcome = last.end();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  expect_parts(outcome.output, {"continues after", "of 12 increments"});
  EXPECT_EQ(read_text(json), read_text((folder / "whole.json").string()));
  EXPECT_EQ(read_text(csv), read_text((folder / "whole.csv").string()));

  // Of another run.
  write_text(folder / "run.prm", replaced(text, "Yield stress = 100", "Yield stress = 101"));
  RunningProgram other("seco", arguments);
  const auto refused = other.end();
  EXPECT_EQ(refused.exit_code, 1);
  expect_parts(refused.output, {"checkpoint.h5", "other parameters", "without --resume"});
}
