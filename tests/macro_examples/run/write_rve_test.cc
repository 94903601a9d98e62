// seco-macro --write-rve: the RVE of a point is the one that the run has there.
#include <gtest/gtest.h>

#include <cmath>

#include "run_file.h"
#include "seco/materials/mandel.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/engine.h"
#include "small_run.h"
#include "support/csv.h"

using namespace seco::test;
using seco::materials::MandelVector;

namespace {

/// Writes the RVE of a point of a run. @return what is printed
std::string write_rve(const Changes& changes, const seco::macro::RveRequest& request) {
  const auto file = new_folder("write_rve") / "run.prm";
  write_text(file, parameters(changes));
  std::ostringstream out;
  seco::macro::write_rve_of({file.string()}, request, MPI_COMM_SELF, out);
  EXPECT_FALSE(std::filesystem::exists(file.parent_path() / "out"));
  return out.str();
}

std::string error_of(const Changes& changes, const seco::macro::RveRequest& request) {
  try {
    write_rve(changes, request);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

void expect_parts(const std::string& text, const std::vector<std::string>& parts) {
  for (const auto& part : parts)
    EXPECT_NE(text.find(part), std::string::npos) << part << " is not in\n" << text;
}

/// Of a row of local_quantities.csv, in Mandel notation.
MandelVector tensor(const std::map<std::string, std::string>& row, const std::string& name) {
  MandelVector v(6);
  int i = 0;
  for (const char* c : {"xx", "yy", "zz", "yz", "xz", "xy"}) {
    v[i] = std::stod(row.at(name + "_" + c)) * (i < 3 ? 1 : std::sqrt(2.));
    ++i;
  }
  return v;
}

}  // namespace

TEST(WriteRve, HomogenizedGivesTheStressOfThePoint) {
  const Changes changes{{"Material 0/homogenized/Seed per", "quadrature point"},
                        {"Material 0/homogenized/Tolerance", "1e-9"},
                        {"Material 0/homogenized/Number of different RVEs", "4"},
                        {"Local quantities/Points", "listed"},
                        {"Local quantities/Listed points", "0.3, 0.2, 0.7; 3.6, 1.9, 0.2"}};
  run("points", changes);
  const auto rows = read_csv(temporary_folder() / "points" / "out" / "local_quantities.csv");
  ASSERT_EQ(rows.size(), 2u);
  const auto folder = new_folder("rves");
  seco::surrogate::register_builtin_engines();
  seco::surrogate::EngineSettings settings;
  settings.tolerance = 1e-9;
  const auto engine = seco::surrogate::make_engine("fft", settings);
  std::vector<MandelVector> stresses;
  for (const auto& row : rows) {
    const auto file = (folder / "rve.h5").string(), by_cell = (folder / "by_cell.h5").string();
    const auto q = static_cast<unsigned int>(std::stoul(row.at("quadrature_point")));
    const std::vector<double> position{std::stod(row.at("x")), std::stod(row.at("y")),
                                       std::stod(row.at("z"))};
    const auto text = write_rve(changes, {file, position, "", 0});
    expect_parts(text, {"rve.h5", "quadrature point " + row.at("quadrature_point"),
                        "cell " + row.at("cell"), "'Material 0/homogenized'"});
    write_rve(changes, {by_cell, {}, row.at("cell"), q});
    const auto rve = seco::materials::read_rve(file);
    EXPECT_TRUE(rve == seco::materials::read_rve(by_cell));
    const MandelVector stress =
        engine->homogenize({&rve, 1}).at(0).stiffness * tensor(row, "strain");
    EXPECT_LT((stress - tensor(row, "stress")).norm(), 1e-6 * stress.norm());
    stresses.push_back(stress);
  }
}

TEST(WriteRve, RvesOfOtherCellsDiffer) {
  const auto folder = new_folder("rves");
  const auto laws = new_folder("laws");
  write_text(laws / "laws.prm",
             "subsection All phases\n  set Young modulus = 1\n  set Poisson ratio = 0\nend\n");
  const std::string section = "Material 0/homogenized laws/";
  const Changes changes{{"Material 0/Model", "homogenized laws"},
                        {section + "Laws", (laws / "laws.prm").string()},
                        {section + "Seed per", "cell"},
                        {section + "Microstructure/Grid", "8, 8, 8"},
                        {section + "Microstructure/Number of grains", "4"}};
  const auto rve_at = [&](double x) {
    const auto file = (folder / "rve.h5").string();
    expect_parts(write_rve(changes, {file, {x, 0.2, 0.2}, "", 0}),
                 {"'Material 0/homogenized laws'"});
    return seco::materials::read_rve(file);
  };
  EXPECT_EQ(rve_at(0.1).shape, (std::vector<int>{8, 8, 8}));
  // The stiffness is that of the laws, whatever the microstructure says.
  for (const auto& stiffness : rve_at(0.1).stiffness)
    EXPECT_LT((stiffness - seco::materials::MandelMatrix::Identity(6, 6)).norm(), 1e-12);
  EXPECT_TRUE(rve_at(0.1) == rve_at(0.2));
  EXPECT_FALSE(rve_at(0.1) == rve_at(3.9));
}

TEST(WriteRve, PointsThatAreNotThereAreRefused) {
  const auto file = (new_folder("refused_rves") / "rve.h5").string();
  expect_parts(error_of({}, {file, {9, 0, 0}, "", 0}), {"--point", "(9, 0, 0)", "not in the mesh"});
  expect_parts(error_of({}, {file, {1, 0}, "", 0}), {"--point", "2 coordinates", "is 3"});
  expect_parts(error_of({}, {file, {}, "77", 0}), {"--cell", "no cell '77'", "_0:"});
  expect_parts(error_of({}, {file, {}, "0_0:", 8}), {"--quadrature-point is 8", "0 to 7"});
  expect_parts(error_of(elastic("Cu"), {file, {1, 0, 0}, "", 0}),
               {"'Material 0/linear elastic'", "no RVE"});
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(WriteRve, OptionsThatDoNotFitAreRefused) {
  const auto folder = new_folder("options");
  write_text(folder / "run.prm", parameters({}));
  const auto call = [&](const std::string& options) {
    return run_program("seco-macro", "run.prm " + options, 0, "", folder.string());
  };
  for (const auto& [options, part] : std::vector<std::pair<std::string, std::string>>{
           {"--write-rve rve.h5", "either --point or --cell"},
           {"--write-rve rve.h5 --point 0,0,0 --restart", "--restart"},
           {"--point 0,0,0", "--write-rve only"},
           {"--write-rve rve.h5 --point 0,0,0 --quadrature-point 1", "--cell only"}}) {
    const auto outcome = call(options);
    EXPECT_EQ(outcome.exit_code, 1) << options;
    expect_parts(outcome.output, {part});
  }
  EXPECT_FALSE(std::filesystem::exists(folder / "rve.h5"));
}

TEST(RanksWriteRve, TheRankOfTheCellWrites) {
  const auto folder = new_folder("ranks");
  write_text(folder / "run.prm", parameters({}));
  for (const int n_ranks : {1, 2}) {
    const auto file = std::to_string(n_ranks) + ".h5";
    const auto outcome =
        run_program("seco-macro", "run.prm --point 3.9,0.1,0.1 --write-rve " + file, n_ranks, "",
                    folder.string());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    expect_parts(outcome.output, {"== " + file + ": RVE of quadrature point"});
  }
  EXPECT_TRUE(seco::materials::read_rve((folder / "1.h5").string()) ==
              seco::materials::read_rve((folder / "2.h5").string()));
}
