#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>

#include "small_run.h"

using namespace seco::test;
using nlohmann::json;

namespace {

/// A table by column name.
std::map<std::string, std::vector<std::string>> read_table(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line, entry;
  std::vector<std::string> names;
  std::map<std::string, std::vector<std::string>> columns;
  while (std::getline(file, line)) {
    std::stringstream entries(line);
    std::vector<std::string> values;
    while (std::getline(entries, entry, ',')) values.push_back(entry);
    if (names.empty())
      names = values;
    else
      for (std::size_t i = 0; i < names.size(); ++i)
        columns[names[i]].push_back(i < values.size() ? values[i] : "");
  }
  return columns;
}

double number(const std::map<std::string, std::vector<std::string>>& table, const std::string& name,
              std::size_t row) {
  return std::stod(table.at(name).at(row));
}

/// A plate of composites in 2D under tension.
std::map<std::string, std::string> plate() {
  const std::string material = "Material 0/homogenized/";
  return {{"Dimension", "2"},
          {"Geometry/Type", "box"},
          {"Geometry/Lengths", "2, 1"},
          {"Geometry/Cells", "4, 2"},
          {"Boundary conditions/Displacement", "0: 0; 0"},
          {"Boundary conditions/Traction", "1: 50; 0"},
          {"Output/Points of interest", "2, 0"},
          {material + "Microstructure/Type", "inclusions"},
          {material + "Microstructure/Grid", "16, 16"},
          {material + "Microstructure/Number of inclusions", "3"},
          {material + "Microstructure/Matrix", "70e3, 0.33"},
          {material + "Microstructure/Inclusion", "70e3, 0.2"},
          {material + "Microstructure/Inclusion factor", "0.05"}};
}

std::map<std::string, std::string> with(std::map<std::string, std::string> entries,
                                        const std::map<std::string, std::string>& more) {
  for (const auto& [key, value] : more) entries[key] = value;
  return entries;
}

struct Results {
  std::filesystem::path folder;
  json summary;
};

Results run_in(const std::string& name, const std::map<std::string, std::string>& changes,
               int n_ranks = 0) {
  const auto folder = new_folder(name);
  write_text(folder / "run.prm", parameters(changes));
  if (n_ranks > 0) {
    const auto outcome = run_program("seco-macro", (folder / "run.prm").string(), n_ranks);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  } else {
    const auto outcome = run_here(folder / "run.prm");
    EXPECT_TRUE(outcome.messages.empty()) << outcome.messages.front() << outcome.output;
  }
  return {folder / "out", read_json(folder / "out" / "summary.json")};
}

/// The values of an array of image data as `seco` writes it: cell data, appended raw.
std::vector<float> read_image_array(const std::filesystem::path& path, const std::string& name) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  const auto entry = text.find("Name=\"" + name + "\"");
  if (entry == std::string::npos) throw std::runtime_error(name + " is not in " + path.string());
  const auto offset = std::stoul(text.substr(text.find("offset=\"", entry) + 8));
  const char* data = text.data() + text.find("\n_", text.find("<AppendedData")) + 2 + offset;
  std::uint64_t size = 0;
  std::memcpy(&size, data, sizeof size);
  std::vector<float> values(size / sizeof(float));
  std::memcpy(values.data(), data + sizeof size, size);
  return values;
}

}  // namespace

TEST(SecoHomogenizeLocal, TellsStressesPhasesAndFields) {
  const auto folder = new_folder("homogenize_local");
  const std::string rve = SECO_TEST_DATA "/fibres_32.h5", out = (folder / "out.json").string(),
                    image = (folder / "fields.vti").string();
  const auto outcome =
      run_program("seco", "homogenize " + rve + " --strain -1e-3,2e-4,0,0,1e-4,5e-4 --local" +
                              " --fields " + image + " --json " + out);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("largest von Mises stress"), std::string::npos);
  const auto load = read_json(out)["loads"][0];
  const auto local = load["local"];
  for (int c = 0; c < 6; ++c) {
    double stress = 0, strain = 0;
    for (const auto& phase : local["phases"]) {
      stress += phase["volume_fraction"].get<double>() * phase["stress"][c].get<double>();
      strain += phase["volume_fraction"].get<double>() * phase["strain"][c].get<double>();
    }
    EXPECT_NEAR(strain, load["strain"][c], 1e-12);
    EXPECT_NEAR(stress, load["stress"][c], 1e-4);
  }
  EXPECT_GE(load["energy"]["upper"].get<double>(), load["energy"]["lower"].get<double>());
  EXPECT_EQ(local["stress_measure"], "spatial");
  const auto von_mises = read_image_array(image, "von_mises");
  ASSERT_EQ(von_mises.size(), 32u * 32 * 32);
  const auto voxel = local["largest_von_mises"]["voxel"];
  // In the image the first axis runs fastest.
  const std::size_t index = (voxel[2].get<int>() * 32 + voxel[1].get<int>()) * 32 +
                            static_cast<std::size_t>(voxel[0].get<int>());
  EXPECT_FLOAT_EQ(von_mises[index], local["largest_von_mises"]["value"].get<float>());
  EXPECT_EQ(*std::max_element(von_mises.begin(), von_mises.end()), von_mises[index]);
  EXPECT_EQ(read_image_array(image, "strain").size(), 6 * von_mises.size());
}

TEST(SecoHomogenizeLocal, BadStrainsAndEnginesWithoutFieldsAreRefused) {
  const auto folder = new_folder("homogenize_local_bad");
  const std::string rve = SECO_TEST_DATA "/fibres_32.h5", out = (folder / "out.json").string();
  const auto refused = [&](const std::string& arguments, const std::vector<std::string>& parts) {
    const auto outcome =
        run_program("seco", "homogenize " + rve + " " + arguments + " --json " + out);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    for (const auto& part : parts)
      EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
    EXPECT_FALSE(std::filesystem::exists(out));
  };
  refused("--strain 1,2,3 --local", {"'1,2,3'", "3D", "6 finite numbers"});
  refused("--strain 1,2,3,4,5,x", {"--strain", "x"});
  refused("--strain 1,2,3,4,5,inf", {"--strain", "finite"});
  refused("--local", {"--local", "--strain"});
  refused("--fields a.vti", {"--fields", "exactly one --strain", "0 are given"});
  refused("--strain 1,0,0,0,0,0 --fields /no/folder/a.vti",
          {"/no/folder/a.vti", "cannot be written"});
  refused("--engine hill --strain 1,0,0,0,0,0 --local", {"'hill'", "no fields"});
  // Without --local the macro stress is enough.
  EXPECT_EQ(
      run_program("seco", "homogenize " + rve + " --engine hill --strain 1,0,0,0,0,0").exit_code,
      0);
}

TEST(SecoMacroLocal, UniformStrainGivesWhatSecoHomogenizeGives) {
  const auto folder = new_folder("macro_local_reference");
  const std::string rve = SECO_TEST_DATA "/pore1e-3_32.h5", out = (folder / "out.json").string();
  ASSERT_EQ(run_program("seco", "homogenize " + rve +
                                    fmt::format(" --strain 1e-3,0,0,0,0,{:.17g} --local --json ",
                                                std::sqrt(2.) * 0.5e-3) +
                                    out)
                .exit_code,
            0);
  const auto local = read_json(out)["loads"][0]["local"];
  const std::string u = "0.001*x + 0.001*y; 0; 0";
  const auto results =
      run_in("macro_local_uniform",
             {{"Geometry/Type", "box"},
              {"Geometry/Cells", "2, 1, 1"},
              {"Boundary conditions/Displacement",
               fmt::format("0: {0} | 1: {0} | 2: {0} | 3: {0} | 4: {0} | 5: {0}", u)},
              {"Boundary conditions/Traction", ""},
              {"Material 0/homogenized/RVE", "file"},
              {"Material 0/homogenized/RVE file", rve},
              {"Material 0/homogenized/Seed per", "material"},
              {"Output/Write VTU", "true"},
              {"Local quantities/Points", "all"},
              {"Local quantities/Whole fields at points", "0.1, 0.1, 0.1; 4, 2, 1"}});
  const auto entry = results.summary["local_quantities"];
  EXPECT_EQ(entry["points"], 16);
  EXPECT_EQ(entry["points_without_microstructure"], 0);
  const auto table = read_table(results.folder / "local_quantities.csv");
  ASSERT_EQ(table.at("cell").size(), 16u);
  const double von_mises = local["largest_von_mises"]["value"];
  double share = 0;
  for (std::size_t row = 0; row < 16; ++row) {
    EXPECT_NEAR(number(table, "largest_von_mises", row), von_mises, 1e-5 * von_mises);
    EXPECT_NEAR(number(table, "largest_hydrostatic", row),
                local["largest_hydrostatic"]["value"].get<double>(), 1e-5 * von_mises);
    EXPECT_NEAR(number(table, "smallest_hydrostatic", row),
                local["smallest_hydrostatic"]["value"].get<double>(), 1e-5 * von_mises);
    EXPECT_NEAR(number(table, "phase_1_stress_xx", row),
                local["phases"][1]["stress"][0].get<double>(), 1e-5 * von_mises);
    EXPECT_NEAR(number(table, "phase_0_fraction", row) + number(table, "phase_1_fraction", row), 1,
                1e-8);
    share += number(table, "energy_share", row);
  }
  EXPECT_NEAR(share, 1, 1e-6);
  ASSERT_EQ(entry["whole_fields"].size(), 2u);
  for (int i = 0; i < 2; ++i) {
    const auto file = entry["whole_fields"][i]["file"].get<std::string>();
    EXPECT_EQ(file, fmt::format("micro_fields_{}.vti", i));
    const auto field = read_image_array(results.folder / file, "von_mises");
    EXPECT_NEAR(*std::max_element(field.begin(), field.end()), von_mises, 1e-5 * von_mises);
  }
  EXPECT_TRUE(std::filesystem::exists(results.folder / "solution.pvd"));
}

TEST(SecoMacroLocal, StrainEnergyChoosesTheFewestCells) {
  const auto results =
      run_in("macro_local_energy", with(plate(), {{"Local quantities/Points", "strain energy"},
                                                  {"Local quantities/Energy fraction", "0.4"}}));
  const auto table = read_table(results.folder / "local_quantities.csv");
  std::map<std::string, double> share;
  for (std::size_t row = 0; row < table.at("cell").size(); ++row)
    share[table.at("cell")[row]] += number(table, "energy_share", row);
  double sum = 0, smallest = 1;
  for (const auto& [cell, value] : share) {
    sum += value;
    smallest = std::min(smallest, value);
  }
  EXPECT_GE(sum, 0.4);
  // Without the last of them the fraction would be missed.
  EXPECT_LT(sum - smallest, 0.4);
  EXPECT_EQ(results.summary["local_quantities"]["points"], table.at("cell").size());
}

TEST(SecoMacroLocal, PointsThatMissAMicrostructureAreLeftOut) {
  auto changes = with(plate(), {{"Number of materials", "2"},
                                {"Geometry/Material id", "if(x < 1, 0, 1)"},
                                {"Material 1/Model", "linear elastic"},
                                {"Material 0/homogenized/Microstructure/Matrix", "Al"},
                                {"Local quantities/Points", "listed"},
                                {"Local quantities/Listed points", "0.1, 0.1; 1.9, 0.9"},
                                {"Local quantities/Whole fields at points", "1.9, 0.9"}});
  const auto count = [&](const std::string& matrix) {
    auto with_matrix = changes;
    with_matrix["Material 0/homogenized/Microstructure/Matrix"] = matrix;
    return run_in("macro_local_measure", with_matrix)
        .summary["local_quantities"]["points_with_in_plane_measures"]
        .get<int>();
  };
  // The constants of the crystal tell the stress normal to the plane, a plane strain matrix does
  // not.
  EXPECT_EQ(count("Al"), 0);
  EXPECT_EQ(count("matrix mandel: 4000, 2000, 100, 2000, 3500, 50, 100, 50, 1800"), 1);
  const auto entry = run_in("macro_local_two", changes).summary["local_quantities"];
  EXPECT_EQ(entry["points"], 2);
  EXPECT_EQ(entry["points_without_microstructure"], 1);
  EXPECT_TRUE(entry["whole_fields"][0]["file"].is_null());
}

TEST(SecoMacroLocal, RefinedRvesAnswerWithTheirBetterFields) {
  const auto changes = with(plate(), {{"Local quantities/Points", "all"},
                                      {"Material 0/homogenized/Engine", "voigt"},
                                      {"Material 0/homogenized/Refinement tolerance", "1e-3"},
                                      {"Certification/Doerfler fraction", "0.3"},
                                      {"Certification/Compliance tolerance", "0.5"}});
  const auto results = run_in("macro_local_refined", changes);
  const auto table = read_table(results.folder / "local_quantities.csv");
  std::size_t n_better = 0, n_rough = 0;
  for (std::size_t row = 0; row < table.at("cell").size(); ++row)
    // A gap of 1e-3 in every unit load allows about its root in the fields.
    ++(number(table, "relative_field_error", row) < 0.1 ? n_better : n_rough);
  const auto refined = results.summary["certification"]["rounds"].back()["refined_rves"];
  EXPECT_EQ(n_better, 4 * refined.get<std::size_t>());
  EXPECT_GT(n_better, 0u);
  EXPECT_GT(n_rough, 0u);
}

TEST(SecoMacroLocal, RanksDoNotMatter) {
  const auto changes = with(plate(), {{"Local quantities/Points", "all"},
                                      {"Local quantities/Whole fields at points", "1, 0.5"},
                                      {"Material 0/homogenized/Tolerance", "1e-9"},
                                      {"Output/Write VTU", "true"}});
  for (const char* seed : {"cell", "material"}) {
    const auto these = with(changes, {{"Material 0/homogenized/Seed per", seed}});
    const auto one = run_in("macro_local_one", these), two = run_in("macro_local_two", these, 2);
    const auto a = read_table(one.folder / "local_quantities.csv"),
               b = read_table(two.folder / "local_quantities.csv");
    ASSERT_EQ(a.at("cell"), b.at("cell"));
    ASSERT_EQ(a.at("quadrature_point"), b.at("quadrature_point"));
    for (const char* name : {"x", "largest_von_mises", "largest_hydrostatic",
                             "smallest_hydrostatic", "phase_0_stress_xy", "energy_share"})
      for (std::size_t row = 0; row < a.at("cell").size(); ++row)
        EXPECT_NEAR(number(a, name, row), number(b, name, row),
                    1e-6 * (1 + std::abs(number(a, name, row))))
            << name;
    const auto x = read_image_array(one.folder / "micro_fields_0.vti", "von_mises"),
               y = read_image_array(two.folder / "micro_fields_0.vti", "von_mises");
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t v = 0; v < x.size(); ++v) EXPECT_NEAR(x[v], y[v], 1e-4 * (1 + x[v]));
  }
}

TEST(SecoMacroLocal, PointsOnFacesAndOnTheBoundaryAreInTheMesh) {
  // Cells of a third: round-off keeps some of these points out of all of them.
  const auto results =
      run_in("macro_local_faces",
             {{"Geometry/Type", "notched beam"},
              {"Geometry/Lengths", "4, 2, 1"},
              {"Geometry/Cells", "12, 6, 3"},
              {"Geometry/Notch position", "3"},
              {"Geometry/Notch width", "0.6"},
              {"Geometry/Notch depth", "1"},
              {"Output/Points of interest", ""},
              {"Material 0/homogenized/Seed per", "material"},
              {"Local quantities/Whole fields at points",
               "3, 0.95, 0.5; 3, 0.5, 0.5; 1, 2, 0.5; 4, 1.95, 1; 4, 0.6666666666666666, 0"}});
  EXPECT_EQ(results.summary["local_quantities"]["whole_fields"].size(), 5u);
}

TEST(SecoMacroLocal, WhatCannotBeAnsweredIsRefused) {
  const auto refused = [](const std::map<std::string, std::string>& more,
                          const std::vector<std::string>& parts) {
    expect_refused(with(plate(), more), parts);
  };
  refused({{"Local quantities/Points", "every"}}, {"Points", "every", "strain energy"});
  refused({{"Local quantities/Points", "listed"}}, {"Points", "Listed points"});
  refused({{"Local quantities/Whole fields at points", "3, 0"}},
          {"Whole fields at points", "3, 0", "not in the mesh"});
  refused({{"Local quantities/Whole fields at points", "3, 0, 0"}},
          {"Whole fields at points", "2 coordinates"});
  refused({{"Local quantities/Points", "all"}, {"Material 0/homogenized/Engine", "hill"}},
          {"Material 0/homogenized", "Engine", "'hill'", "no fields"});
  refused({{"Local quantities/Points", "all"}, {"Material 0/Model", "linear elastic"}},
          {"Local quantities", "none of the materials", "linear elastic"});
}
