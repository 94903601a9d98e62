// Pressure, symmetry, springs and forces at points against closed forms.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "small_run.h"

using namespace seco::test;
using nlohmann::json;

namespace {

const std::vector<std::string> solvers{"PETSc", "Trilinos", "matrix-free", "direct"};

json boundary(const json& results, const std::string& name) {
  for (const auto& entry : results["boundaries"])
    if (entry["boundary"] == name) return entry;
  ADD_FAILURE() << "no boundary " << name;
  return {};
}

void expect_near(const json& values, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(values.size(), expected.size()) << values;
  for (std::size_t c = 0; c < expected.size(); ++c)
    EXPECT_NEAR(values[c].get<double>(), expected[c], tolerance) << values;
}

/// A plane bar of 4 x 2 without lateral contraction, E = 100, pulled by 1 at x = 4.
Changes bar(const Changes& supports) {
  return merged(elastic("100, 0"), merged({{"Dimension", "2"},
                                           {"Geometry/Type", "box"},
                                           {"Geometry/Lengths", "4, 2"},
                                           {"Geometry/Cells", "2, 1"},
                                           {"Geometry/Global refinements", "2"},
                                           {"Boundary conditions/Displacement", ""},
                                           {"Boundary conditions/Traction", "1: 1; 0"},
                                           {"Output/Points of interest", "4, 1"}},
                                          supports));
}

/// A quarter of a thick tube in plane strain, inner radius 1, outer radius 2, with names.
std::string quarter_tube(int n_r, int n_t) {
  std::ostringstream text;
  text << "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$PhysicalNames\n5\n1 1 \"inner\"\n"
          "1 2 \"outer\"\n1 3 \"bottom\"\n1 4 \"left\"\n2 9 \"steel\"\n$EndPhysicalNames\n"
       << "$Nodes\n"
       << (n_r + 1) * (n_t + 1) << "\n";
  text.precision(17);
  const auto node = [&](int i, int j) { return 1 + i + (n_r + 1) * j; };
  for (int j = 0; j <= n_t; ++j)
    for (int i = 0; i <= n_r; ++i) {
      const double r = 1 + static_cast<double>(i) / n_r, phi = 0.5 * M_PI * j / n_t;
      text << node(i, j) << ' ' << r * std::cos(phi) << ' ' << r * std::sin(phi) << " 0\n";
    }
  text << "$EndNodes\n$Elements\n" << n_r * n_t + 2 * n_r + 2 * n_t << "\n";
  int number = 0;
  for (int j = 0; j < n_t; ++j)
    for (const auto& [group, i] : {std::pair(1, 0), std::pair(2, n_r)})
      text << ++number << " 1 2 " << group << " 1 " << node(i, j) << ' ' << node(i, j + 1) << "\n";
  for (int i = 0; i < n_r; ++i)
    for (const auto& [group, j] : {std::pair(3, 0), std::pair(4, n_t)})
      text << ++number << " 1 2 " << group << " 1 " << node(i, j) << ' ' << node(i + 1, j) << "\n";
  for (int j = 0; j < n_t; ++j)
    for (int i = 0; i < n_r; ++i)
      text << ++number << " 3 2 9 1 " << node(i, j) << ' ' << node(i + 1, j) << ' '
           << node(i + 1, j + 1) << ' ' << node(i, j + 1) << "\n";
  text << "$EndElements\n";
  return text.str();
}

}  // namespace

TEST(Supports, ACubeUnderPressureShrinksByItsBulkModulus) {
  const auto summary =
      run("pressed_cube",
          merged(elastic("200, 0.3"), {{"Geometry/Type", "box"},
                                       {"Geometry/Lengths", "1, 1, 1"},
                                       {"Geometry/Cells", "2, 2, 2"},
                                       {"Boundary conditions/Displacement", ""},
                                       {"Boundary conditions/Traction", ""},
                                       {"Boundary conditions/Symmetry", "0 | 2 | 4"},
                                       {"Boundary conditions/Pressure", "1: 3 | 3: 3 | 5: 3*t"},
                                       {"Output/Points of interest", "1, 1, 1"}}));
  const double strain = -3 * (1 - 2 * 0.3) / 200;
  expect_near(summary["points_of_interest"][0]["displacement"], {strain, strain, strain}, 1e-12);
  expect_near(boundary(summary, "1")["force"], {-3, 0, 0}, 1e-10);
  expect_near(boundary(summary, "0")["force"], {3, 0, 0}, 1e-8);
  // At the middle of the face, (1, 0.5, 0.5).
  expect_near(boundary(summary, "1")["moment"], {0, -1.5, 1.5}, 1e-10);
  EXPECT_LT(summary["extremes"]["largest_von_mises_stress"]["value"], 1e-8);
  EXPECT_NEAR(summary["extremes"]["largest_principal_stress"]["value"], -3, 1e-8);
  EXPECT_NEAR(summary["extremes"]["largest_displacement"]["value"], -std::sqrt(3.) * strain, 1e-12);
}

TEST(Supports, AThickTubeIsLamesWithNamesOfPhysicalGroups) {
  const auto folder = new_folder("tube");
  write_text(folder / "tube.msh", quarter_tube(6, 20));
  const auto summary =
      run("tube_run",
          merged(elastic("200e3, 0.3"), {{"Dimension", "2"},
                                         {"Length unit", "mm"},
                                         {"Geometry/Type", "file"},
                                         {"Geometry/Mesh file", (folder / "tube.msh").string()},
                                         {"Discretization/Polynomial degree", "2"},
                                         {"Material 0/Regions", "steel"},
                                         {"Boundary conditions/Displacement", ""},
                                         {"Boundary conditions/Traction", ""},
                                         {"Boundary conditions/Symmetry", "bottom | left"},
                                         {"Boundary conditions/Pressure", "inner: 90"},
                                         {"Output/Points of interest", "1, 0; 2, 0"}}));
  // u = p a^2 / (b^2 - a^2) (1 + nu) / E ((1 - 2 nu) r + b^2 / r); chords of the circles cut off
  // 8e-4.
  const auto u = [](double r) { return 90. / 3 * 1.3 / 200e3 * (0.4 * r + 4 / r); };
  for (const int k : {0, 1})
    EXPECT_NEAR(summary["points_of_interest"][k]["displacement"][0].get<double>() / u(k + 1.), 1,
                2e-3);
  // The hoop stress at the inner wall is p (b^2 + a^2) / (b^2 - a^2); points lie 0.01 beside it.
  const auto& extremes = summary["extremes"];
  EXPECT_NEAR(extremes["largest_principal_stress"]["value"].get<double>() / 150, 1, 0.04);
  // Radial -90, hoop 150, axial 0.3 (150 - 90) = 18.
  EXPECT_NEAR(extremes["largest_von_mises_stress"]["value"].get<double>() /
                  std::sqrt(0.5 * (240. * 240 + 132. * 132 + 108. * 108)),
              1, 0.04);
  const auto& place = extremes["largest_von_mises_stress"]["position"];
  EXPECT_LT(std::hypot(place[0].get<double>(), place[1].get<double>()), 1.05);
  // Of both ends of a quarter, p a each.
  expect_near(boundary(summary, "inner")["force"], {90, 90}, 1e-8);
  EXPECT_EQ(boundary(summary, "inner")["id"], 1);
  EXPECT_EQ(boundary(summary, "bottom")["name"], "bottom");
  EXPECT_EQ(summary["materials"][0]["names"], json{"steel"});
  EXPECT_NEAR(summary["materials"][0]["volume"], 0.75 * M_PI, 5e-3);
  EXPECT_EQ(summary["units"]["force"], "N/mm");
}

TEST(Supports, ASpringInSeriesWithABarGivesWayAsBothTogether) {
  // u = t / k + t L / E, and the compliance is the force, 2, times that.
  const double u = 1. / 50 + 4. / 100;
  for (const auto& solver : solvers)
    for (const auto& [springs, symmetry] :
         {std::pair("0: normal 50", "2"), std::pair("0: 50; 0", "2"), std::pair("0: 50", "")})
      for (const std::string degree : {"1", "2"}) {
        const auto summary = run("spring", bar({{"Boundary conditions/Springs", springs},
                                                {"Boundary conditions/Symmetry", symmetry},
                                                {"Discretization/Polynomial degree", degree},
                                                // Hanging nodes at the springs.
                                                {"Geometry/Local refinements", "1"},
                                                {"Geometry/Refined region", "1 - x - y"},
                                                {"Solver/Linear algebra", solver}}));
        expect_near(summary["points_of_interest"][0]["displacement"], {u, 0}, 1e-9);
        const auto& compliance = summary["compliance"];
        EXPECT_NEAR(compliance["estimate"], 2 * u, 1e-9) << solver << springs;
        EXPECT_LE(compliance["lower"], 2 * u + 1e-12);
        EXPECT_GE(compliance["upper"], 2 * u - 1e-12);
        EXPECT_NEAR(compliance["upper"], 2 * u, 1e-6) << solver << springs;
        expect_near(boundary(summary, "0")["force"], {-2, 0}, 1e-8);
        EXPECT_NEAR(boundary(summary, "0")["mean_displacement"][0], 1. / 50, 1e-9);
        EXPECT_EQ(summary["equilibrium"]["missed"], 0);
      }
}

TEST(Supports, ARigidBlockOnAFoundationTurnsByItsMoment) {
  // Springs k per area along y below a block of length L and thickness 1: a moment M about its
  // middle turns it by M / (k L^3 / 12), and a force F lets it sink by F / (k L).
  const auto summary =
      run("block", merged(bar({}), {{"Geometry/Lengths", "4, 1"},
                                    {"Material 0/linear elastic/Stiffness", "1e9, 0"},
                                    {"Boundary conditions/Springs", "2: 0; 10 | 0: 5; 0"},
                                    {"Boundary conditions/Traction", "1: 0; -2"},
                                    {"Solver/Linear algebra", "direct"},
                                    {"Output/Points of interest", "0, 0; 4, 0"}}));
  // A force of 2 at x = 4, 2 beside the middle. The springs at x = 0 hold it along x and, about its
  // corner, against turning with 5 / 3; they take no force together.
  const double sink = 2. / (10 * 4);
  const auto left = summary["points_of_interest"][0]["displacement"],
             right = summary["points_of_interest"][1]["displacement"];
  EXPECT_NEAR(0.5 * (left[1].get<double>() + right[1].get<double>()), -sink, 1e-6);
  const double turn = (right[1].get<double>() - left[1].get<double>()) / 4;
  EXPECT_NEAR(turn, -2. * 2 / (10 * 64. / 12 + 5. / 12), 1e-5);
}

TEST(Supports, SpringsThatHoldNotEnoughAreRefused) {
  expect_refused(bar({{"Boundary conditions/Springs", "0: normal 50"}}),
                 {"run.prm", "translation along y", "'Springs'"});
  expect_refused(bar({{"Boundary conditions/Springs", "0: 0"}}), {"can still move"});
  expect_refused(bar({{"Boundary conditions/Springs", "0: -1"}}),
                 {"'Springs'", "-1 at (0, ", "boundary 0", "from 0"});
  expect_refused(bar({{"Boundary conditions/Springs", "0: normal 1; 2"}}),
                 {"'Springs'", "normal k", "2 components"});
  expect_refused(bar({{"Boundary conditions/Springs", "0: t"}}), {"'Springs'", "'t' is not known"});
  expect_refused(bar({{"Boundary conditions/Springs", "9: 1"}}),
                 {"'Springs'", "boundary 9", "does not have"});
}

TEST(Supports, SymmetryIsOfPlanesNormalToAxes) {
  const auto symmetric = [&](const std::string& text) {
    return bar({{"Boundary conditions/Symmetry", text},
                {"Boundary conditions/Displacement", "0: 0; free"}});
  };
  expect_refused(symmetric("2 | 0"), {"'Symmetry'", "boundary 0", "along x", "already", "'free'"});
  expect_refused(symmetric("2; 3"), {"'Symmetry'", "'2; 3'"});
  const auto folder = new_folder("curved");
  write_text(folder / "tube.msh", quarter_tube(2, 4));
  expect_refused(
      merged(elastic("200, 0.3"), {{"Dimension", "2"},
                                   {"Geometry/Type", "file"},
                                   {"Geometry/Mesh file", (folder / "tube.msh").string()},
                                   {"Material 0/Regions", "steel"},
                                   {"Boundary conditions/Displacement", ""},
                                   {"Boundary conditions/Traction", ""},
                                   {"Boundary conditions/Symmetry", "inner | left | bottom"},
                                   {"Output/Points of interest", "1, 0"}}),
      {"'Symmetry'", "1 'inner'", "in no plane", "1 along x"});
  // Together with displacements that leave the normal free.
  const auto summary =
      run("both", bar({{"Boundary conditions/Symmetry", "2"},
                       {"Boundary conditions/Displacement", "0: 0; free | 2: free; free"}}));
  expect_near(summary["points_of_interest"][0]["displacement"], {0.04, 0}, 1e-10);
}

// Bodies that are turned by an angle have the results of those that are not, turned.
TEST(Supports, SymmetryIsAlsoOfInclinedPlanes) {
  // A bar of 2 x 1, turned by 30 degrees, between two planes of symmetry and pulled.
  const double c = std::cos(M_PI / 6), s = std::sin(M_PI / 6);
  const auto turned = [&](double x, double y) { return std::pair(c * x - s * y, s * x + c * y); };
  const auto mesh = [&](const std::string& folder_name) {
    std::ostringstream text;
    text.precision(17);
    text << "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n$Nodes\n6\n";
    for (int i = 0; i < 6; ++i) {
      const auto [x, y] = turned(i % 3, i / 3);
      text << i + 1 << ' ' << x << ' ' << y << " 0\n";
    }
    text << "$EndNodes\n$Elements\n7\n1 1 2 10 1 1 4\n2 1 2 20 1 3 6\n3 1 2 30 1 1 2\n"
            "4 1 2 30 1 2 3\n5 1 2 40 1 4 5\n6 3 2 1 1 1 2 5 4\n7 3 2 1 1 2 3 6 5\n$EndElements\n";
    const auto folder = new_folder(folder_name);
    write_text(folder / "bar.msh", text.str());
    return (folder / "bar.msh").string();
  };
  const double stress = 3, E = 200, nu = 0.3;
  // Plane strain.
  const double along = stress / E * (1 - nu * nu), across = -stress / E * nu * (1 + nu);
  for (const auto& solver : solvers)
    for (const std::string degree : {"1", "2"}) {
      const auto [ux, uy] = turned(2 * along, across);
      const auto [px, py] = turned(2, 1);
      const auto summary = run(
          "inclined",
          merged(elastic("200, 0.3"),
                 {{"Dimension", "2"},
                  {"Geometry/Type", "file"},
                  {"Geometry/Mesh file", mesh("inclined_mesh")},
                  {"Geometry/Global refinements", "1"},
                  {"Geometry/Local refinements", "1"},
                  {"Geometry/Refined region", fmt::format("0.6 - {}*x - {}*y", c, s)},
                  {"Discretization/Polynomial degree", degree},
                  {"Solver/Linear algebra", solver},
                  {"Material 0/Regions", "1"},
                  {"Boundary conditions/Displacement", ""},
                  {"Boundary conditions/Symmetry", "10"},
                  {"Boundary conditions/Springs", "30: normal 1e-3"},
                  {"Boundary conditions/Traction",
                   fmt::format("20: {}; {} | 10: {}; {}", stress * c, stress * s, 5 * c, 5 * s)},
                  {"Output/Points of interest", fmt::format("{:.17g}, {:.17g}", px, py)}}));
      // Springs keep it from sliding. There is nothing that they have to take.
      expect_near(summary["points_of_interest"][0]["displacement"], {ux, uy}, 1e-8);
      // Normal to the plane 10, with the traction of 5 there, which does no work: 3 in all.
      expect_near(boundary(summary, "10")["force"], {-stress * c, -stress * s}, 1e-6);
      expect_near(boundary(summary, "30")["force"], {0, 0}, 1e-9);
      EXPECT_EQ(summary["equilibrium"]["missed"], 0) << solver;
      const auto& compliance = summary["compliance"];
      EXPECT_NEAR(compliance["estimate"].get<double>(), stress * 2 * along, 1e-8) << solver;
      EXPECT_LE(compliance["lower"], compliance["estimate"]);
      EXPECT_NEAR(compliance["upper"].get<double>() / compliance["estimate"].get<double>(), 1,
                  1e-5);
    }
  // Nothing keeps it from sliding.
  auto changes = merged(elastic("200, 0.3"), {{"Dimension", "2"},
                                              {"Geometry/Type", "file"},
                                              {"Geometry/Mesh file", mesh("sliding_mesh")},
                                              {"Material 0/Regions", "1"},
                                              {"Boundary conditions/Displacement", ""},
                                              {"Boundary conditions/Symmetry", "10"},
                                              {"Boundary conditions/Traction", "20: 1; 0"},
                                              {"Output/Points of interest", "0, 0"}});
  expect_refused(changes, {"can still move", "translation along"});
  changes["Boundary conditions/Symmetry"] = "10 | 30";
  expect_refused(changes, {"'Symmetry'", "meets another such plane", "Turn the mesh"});
  changes["Boundary conditions/Displacement"] = "10: 0; free";
  changes["Boundary conditions/Symmetry"] = "10";
  expect_refused(changes, {"'Symmetry'", "boundary 10", "one of the two"});
}

TEST(Supports, AForceAtAPointDoesTheWorkOfItsDisplacement) {
  for (const std::string point : {"4, 2", "2.3, 1.1"}) {
    const auto summary =
        run("point_load", bar({{"Boundary conditions/Displacement", "0: 0; 0"},
                               {"Boundary conditions/Traction", ""},
                               {"Boundary conditions/Point loads", point + ": 2; -3*t"},
                               {"Output/Points of interest", point}}));
    const auto u = summary["points_of_interest"][0]["displacement"];
    EXPECT_NEAR(summary["compliance"]["estimate"], 2 * u[0].get<double>() - 3 * u[1].get<double>(),
                1e-9);
    expect_near(boundary(summary, "0")["force"], {-2, 3}, 1e-8);
    const double x = point == "4, 2" ? 4 : 2.3, y = point == "4, 2" ? 2 : 1.1;
    expect_near(boundary(summary, "0")["moment"], {3 * x + 2 * y}, 1e-8);
    EXPECT_NE(summary["mesh_notes"].dump().find("energy of a force at a point"), std::string::npos);
  }
  expect_refused(bar({{"Boundary conditions/Displacement", "0: 0; 0"},
                      {"Boundary conditions/Point loads", "5, 0: 1; 0"}}),
                 {"'Point loads'", "(5, 0)", "outside"});
  expect_refused(bar({{"Boundary conditions/Displacement", "0: 0; 0"},
                      {"Boundary conditions/Point loads", "4, 0: 1"}}),
                 {"'Point loads'", "x, y: fx; fy"});
}

TEST(Supports, TheMomentOfACantileverIsForceTimesLength) {
  const auto beam = merged(elastic("200e3, 0.3"), {{"Geometry/Type", "box"},
                                                   {"Geometry/Lengths", "4, 1, 1"},
                                                   {"Geometry/Cells", "4, 1, 1"},
                                                   {"Boundary conditions/Traction", "1: 0; -7; 0"},
                                                   {"Output/Points of interest", "4, 0, 0"}});
  const auto summary = run("cantilever", beam);
  // The force of 7 at (4, 0.5, 0.5), and what holds against it.
  expect_near(boundary(summary, "1")["moment"], {0.5 * 7, 0, -4 * 7}, 1e-9);
  expect_near(boundary(summary, "0")["moment"], {-0.5 * 7, 0, 4 * 7}, 1e-6);
}

// Forces at hanging nodes belong to the nodes that these follow, some of which are supports.
TEST(Supports, ReactionsBalanceTheLoadOnMeshesWithHangingNodes) {
  for (const std::string degree : {"1", "2"}) {
    const auto plane = run("hanging_plane", merged(elastic("200e3, 0.3"),
                                                   {{"Dimension", "2"},
                                                    {"Geometry/Type", "box"},
                                                    {"Geometry/Lengths", "4, 1"},
                                                    {"Geometry/Cells", "4, 2"},
                                                    {"Geometry/Local refinements", "1"},
                                                    {"Geometry/Refined region", "0.5 - y"},
                                                    {"Discretization/Polynomial degree", degree},
                                                    {"Boundary conditions/Displacement", "0: 0; 0"},
                                                    {"Boundary conditions/Traction", "1: 2; -1"},
                                                    {"Output/Points of interest", "4, 0"}}));
    expect_near(boundary(plane, "0")["force"], {-2, 1}, 1e-7);
    expect_near(boundary(plane, "0")["moment"], {4 + 0.5 * 2}, 1e-6);
  }
  const auto body =
      run("hanging", merged(elastic("200e3, 0.3"), {{"Geometry/Type", "box"},
                                                    {"Geometry/Lengths", "2, 1, 1"},
                                                    {"Geometry/Cells", "2, 2, 2"},
                                                    {"Geometry/Local refinements", "1"},
                                                    {"Geometry/Refined region", "0.7 - y - z"},
                                                    {"Boundary conditions/Traction", "1: 0; -7; 0"},
                                                    {"Output/Points of interest", "2, 0, 0"}}));
  expect_near(boundary(body, "0")["force"], {0, 7, 0}, 1e-7);
  expect_near(boundary(body, "0")["moment"], {-0.5 * 7, 0, 2 * 7}, 1e-6);
}

TEST(Supports, SpringsInLoadStepsHaveTheValueOfALinearRun) {
  const auto changes = bar({{"Boundary conditions/Springs", "0: normal 50"},
                            {"Boundary conditions/Symmetry", "2"},
                            {"Material 0/Model", "law"},
                            {"Material 0/law/Law", "J2 plasticity"},
                            {"Material 0/law/Young modulus", "100"},
                            {"Material 0/law/Poisson ratio", "0"},
                            {"Material 0/law/Yield stress", "1e6"},
                            {"Material 0/law/Hardening modulus", "10"},
                            {"Load steps/Steps", "1"},
                            {"Load steps/Newton tolerance", "1e-11"},
                            {"Solver/Linear algebra", "direct"}});
  auto only_law = changes;
  only_law.erase("Material 0/linear elastic/Stiffness");
  const auto summary = run("spring_steps", only_law);
  const auto& step = summary["load_steps"][0];
  const double u = 1. / 50 + 4. / 100;
  expect_near(summary["points_of_interest"][0]["displacement"], {u, 0}, 1e-9);
  EXPECT_NEAR(step["energy"], u, 1e-9);
  EXPECT_NEAR(step["upper"], -u, 1e-9);
  EXPECT_NEAR(step["lower"], -u, 1e-9);
  expect_near(boundary(step, "0")["force"], {-2, 0}, 1e-8);
}

// A block that rests on springs alone, pressed on one side until it yields: brackets of steps that
// are far from equilibrium hold the least potential.
TEST(Supports, BoundsOfStepsOnSpringsEncloseThePotential) {
  const auto step_with = [](const std::string& tolerance) {
    auto changes = bar({{"Boundary conditions/Springs", "0: 50 | 2: normal 20 + 10*x"},
                        {"Boundary conditions/Displacement", ""},
                        {"Boundary conditions/Pressure", "3: 6*x/4"},
                        {"Material 0/Model", "law"},
                        {"Material 0/law/Law", "J2 plasticity"},
                        {"Material 0/law/Young modulus", "100"},
                        {"Material 0/law/Poisson ratio", "0.3"},
                        {"Material 0/law/Yield stress", "3"},
                        {"Material 0/law/Hardening modulus", "5"},
                        {"Load steps/Steps", "1"},
                        {"Load steps/Newton tolerance", tolerance},
                        {"Solver/Linear algebra", "direct"}});
    changes.erase("Material 0/linear elastic/Stiffness");
    return run("springs_" + tolerance, changes)["load_steps"][0];
  };
  const auto tight = step_with("1e-10");
  EXPECT_LT(tight["relative_gap"], 1e-9);
  double widest = 0;
  for (const char* tolerance : {"1e-1", "1e-2", "1e-3"}) {
    const auto rough = step_with(tolerance);
    ASSERT_FALSE(rough["lower"].is_null()) << tolerance;
    EXPECT_LE(rough["lower"], tight["upper"]) << tolerance;
    EXPECT_GE(rough["upper"], tight["lower"]) << tolerance;
    widest = std::max(widest, rough["relative_gap"].get<double>());
  }
  EXPECT_GT(widest, 1e-6);
  EXPECT_LT(widest, 1);
}

TEST(RanksSupports, OneAndTwoAgree) {
  const auto changes = bar({{"Boundary conditions/Springs", "0: 50 | 3: normal 2*x"},
                            {"Boundary conditions/Pressure", "2: x"},
                            {"Boundary conditions/Point loads", "4, 2: 0; 1"},
                            {"Solver/Linear algebra", "matrix-free"}});
  const auto one = run("supports_one", changes), two = run("supports_two", changes, 2);
  const double expected = one["compliance"]["estimate"];
  EXPECT_NEAR(two["compliance"]["estimate"], expected, 1e-9 * std::abs(expected));
  for (const std::string name : {"0", "1", "2", "3"})
    for (const char* key : {"force", "moment", "mean_displacement"})
      for (std::size_t c = 0; c < boundary(one, name)[key].size(); ++c)
        EXPECT_NEAR(boundary(two, name)[key][c].get<double>(),
                    boundary(one, name)[key][c].get<double>(), 1e-7)
            << name << key;
  EXPECT_EQ(two["extremes"]["largest_von_mises_stress"]["position"],
            one["extremes"]["largest_von_mises_stress"]["position"]);
}
