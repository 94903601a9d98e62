// Stresses, extremes and nodal averages, against closed forms and of 2D against 3D.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "bar.h"
#include "stress_results.h"

using namespace seco::test;
using namespace seco::macro;
using nlohmann::json;

namespace {

double extreme(const json& summary, const std::string& name) {
  return summary["extremes"][name]["value"];
}

}  // namespace

TEST(StressResults, PrincipalStressesAreFallingAndTheirDirectionsHaveOneSign) {
  dealii::SymmetricTensor<2, 3> stress;
  // Uniaxial along (1, 1, 0), compressive along z.
  stress[0][0] = stress[1][1] = stress[0][1] = 5;
  stress[2][2] = -7;
  const auto p = principal(stress);
  EXPECT_NEAR(p.values[0], 10, 1e-12);
  EXPECT_NEAR(p.values[1], 0, 1e-12);
  EXPECT_NEAR(p.values[2], -7, 1e-12);
  EXPECT_NEAR(p.directions[0][0], std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(p.directions[0][1], std::sqrt(0.5), 1e-12);
  EXPECT_NEAR(p.directions[2][2], 1, 1e-12);
  // 10, 0 and -7.
  EXPECT_NEAR(von_mises(stress), std::sqrt(0.5 * (100. + 49 + 17 * 17)), 1e-12);
  stress[2][2] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(std::isnan(principal(stress).values[0]));
}

TEST(StressResults, PlaneStrainIsASlabThatIsHeldAcross) {
  const Changes supports{{"Geometry/Type", "box"}, {"Boundary conditions/Traction", "1: 1; -3"}};
  const auto plane = run("plane", merged(merged(elastic("200, 0.3"), supports),
                                         {{"Dimension", "2"},
                                          {"Geometry/Lengths", "4, 1"},
                                          {"Geometry/Cells", "8, 2"},
                                          {"Boundary conditions/Displacement", "0: 0; 0"},
                                          {"Output/Points of interest", "4, 1"}}));
  const auto slab = run("slab", merged(merged(elastic("200, 0.3"), supports),
                                       {{"Geometry/Lengths", "4, 1, 1"},
                                        {"Geometry/Cells", "8, 2, 1"},
                                        {"Boundary conditions/Displacement", "0: 0; 0; 0"},
                                        {"Boundary conditions/Symmetry", "4 | 5"},
                                        {"Boundary conditions/Traction", "1: 1; -3; 0"},
                                        {"Output/Points of interest", "4, 1, 0"}}));
  for (const std::string name : {"largest_displacement", "largest_von_mises_stress",
                                 "largest_principal_stress", "smallest_principal_stress"}) {
    EXPECT_NEAR(extreme(plane, name), extreme(slab, name), 1e-8) << name;
    for (int c = 0; c < 2; ++c)
      EXPECT_NEAR(plane["extremes"][name]["position"][c].get<double>(),
                  slab["extremes"][name]["position"][c].get<double>(), 1e-12)
          << name;
  }
}

TEST(StressResults, AnisotropicPlaneStrainHasAllComponents) {
  // The same strain in the plane everywhere, with a crystal that shears out of it.
  auto crystal = elastic("cubic: 168e3, 121e3, 75e3");
  crystal["Material 0/linear elastic/Orientation"] = "20, 50, 70";
  crystal["Geometry/Type"] = "box";
  crystal["Boundary conditions/Traction"] = "";
  const auto plane =
      run("crystal_2d",
          merged(crystal, {{"Dimension", "2"},
                           {"Geometry/Lengths", "1, 1"},
                           {"Geometry/Cells", "1, 1"},
                           {"Boundary conditions/Displacement",
                            "0: 0.01*x+0.004*y; -0.003*y | 1: 0.01*x+0.004*y; -0.003*y | 2: "
                            "0.01*x+0.004*y; -0.003*y | 3: 0.01*x+0.004*y; -0.003*y"},
                           {"Output/Points of interest", "1, 1"}}));
  const std::string u = ": 0.01*x+0.004*y; -0.003*y; 0";
  const auto cube = run(
      "crystal_3d",
      merged(crystal, {{"Geometry/Lengths", "1, 1, 1"},
                       {"Geometry/Cells", "1, 1, 1"},
                       {"Boundary conditions/Displacement",
                        "0" + u + " | 1" + u + " | 2" + u + " | 3" + u + " | 4" + u + " | 5" + u},
                       {"Output/Points of interest", "1, 1, 1"}}));
  for (const std::string name :
       {"largest_von_mises_stress", "largest_principal_stress", "smallest_principal_stress"})
    EXPECT_NEAR(extreme(plane, name), extreme(cube, name), 1e-8) << name;
}

TEST(StressResults, WhatPlaneStrainDoesNotKnowIsNotGuessed) {
  const Changes plane{{"Dimension", "2"},
                      {"Geometry/Type", "box"},
                      {"Geometry/Lengths", "4, 2"},
                      {"Geometry/Cells", "2, 1"},
                      {"Boundary conditions/Displacement", "0: 0; 0"},
                      {"Boundary conditions/Traction", "1: 1; 0"},
                      {"Output/Points of interest", "4, 2"}};
  const auto homogenized = run("no_normal", merged(plane, bounded_inclusions()));
  EXPECT_FALSE(homogenized["extremes"].contains("largest_von_mises_stress"));
  EXPECT_TRUE(homogenized["extremes"].contains("largest_in_plane_principal_stress"));
  EXPECT_FALSE(homogenized["extremes"].contains("largest_principal_stress"));
}

// An RVE of one material is that material, in all components; after a restart, from its cache, and
// on two ranks too.
TEST(StressResults, AHomogeneousRveHasTheStressOutOfThePlane) {
  const Changes plane{{"Dimension", "2"},
                      {"Geometry/Type", "box"},
                      {"Geometry/Lengths", "4, 2"},
                      {"Geometry/Cells", "4, 2"},
                      {"Boundary conditions/Displacement", "0: 0; 0"},
                      {"Boundary conditions/Traction", "1: 1; 0"},
                      {"Output/Points of interest", "4, 2"}};
  const auto folder = new_folder("cache_of_plane");
  const std::string material = "Material 0/homogenized/";
  const auto rve = merged(plane, {{"Material 0/Model", "homogenized"},
                                  {material + "Engine", "fft"},
                                  {material + "Result cache", folder.string()},
                                  {material + "Microstructure/Type", "homogeneous"},
                                  {material + "Microstructure/Grid", "4, 4"},
                                  {material + "Microstructure/Lengths", "1, 1"},
                                  {material + "Microstructure/Matrix", "200e3, 0.3"}});
  const auto expected = run("plane_law", merged(elastic("200e3, 0.3"), plane));
  for (const int n_ranks : {0, 0, 2}) {
    const auto homogenized = run("plane_rve", rve, n_ranks);
    for (const std::string name :
         {"largest_von_mises_stress", "largest_principal_stress", "smallest_principal_stress"})
      EXPECT_NEAR(extreme(homogenized, name), extreme(expected, name), 1e-6) << name;
  }
}

TEST(StressResults, NodalAveragesReproduceWhatIsLinear) {
  for (const std::string degree : {"1", "2"}) {
    auto changes = elastic("100, 0.2");
    changes["Discretization/Polynomial degree"] = degree;
    const Bar bar(changes);
    const auto& problem = bar.problem;
    NodalAverages<2> averages(problem, 2);
    dealii::FEValues<2> values(problem.element(), problem.quadrature(),
                               dealii::update_quadrature_points);
    std::vector<std::vector<double>> fields(2, std::vector<double>(problem.quadrature().size()));
    double number = 1;
    for (const auto& cell : problem.dof_handler().active_cell_iterators()) {
      values.reinit(cell);
      for (unsigned int q = 0; q < fields[0].size(); ++q) {
        const auto& x = values.quadrature_point(q);
        fields[0][q] = 2 + 3 * x[0] - x[1];
        // Constant in each cell, to see the weights.
        fields[1][q] = cell->center()[0] < 1 ? 4 : 0;
      }
      // The volumes say how much a cell counts.
      averages.add(cell, number, fields);
      number = 1;
    }
    averages.finish();
    std::vector<dealii::types::global_dof_index> indices(problem.element().n_dofs_per_cell());
    unsigned int n_at_interface = 0;
    for (const auto& cell : problem.dof_handler().active_cell_iterators()) {
      cell->get_dof_indices(indices);
      for (const auto v : cell->vertex_indices()) {
        const auto& x = cell->vertex(v);
        const auto unknown = cell->vertex_dof_index(v, 0);
        EXPECT_NEAR(averages.value(0, unknown), 2 + 3 * x[0] - x[1], 1e-11);
        if (std::abs(x[0] - 1) > 1e-9) continue;
        ++n_at_interface;
        EXPECT_NEAR(averages.value(1, unknown), 2, 1e-11);
      }
    }
    EXPECT_GT(n_at_interface, 0u);
  }
}

TEST(StressResults, FilesNameFieldsAndUnits) {
  const auto folder = new_folder("stress_files");
  auto changes = merged(elastic("200, 0.3"), {{"Dimension", "2"},
                                              {"Unit", "MPa"},
                                              {"Length unit", "mm"},
                                              {"Geometry/Type", "box"},
                                              {"Geometry/Lengths", "4, 1"},
                                              {"Geometry/Cells", "2, 1"},
                                              {"Boundary conditions/Displacement", "0: 0; 0"},
                                              {"Boundary conditions/Traction", "1: 1; 0"},
                                              {"Output/Points of interest", "4, 1"},
                                              {"Output/Write VTU", "true"},
                                              {"Output/Nodal averages", "true"}});
  write_text(folder / "run.prm", parameters(changes));
  const auto outcome = run_here(folder / "run.prm");
  ASSERT_TRUE(outcome.messages.empty()) << outcome.messages[0];
  const auto text_of = [&](const std::string& name) {
    std::ifstream in(folder / "out" / name, std::ios::binary);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  };
  const auto list = text_of("solution_0.pvtu"), fields = text_of("solution_0.0.vtu");
  for (const std::string name :
       {"stress_zz", "von_mises_stress", "principal_stress_1", "principal_stress_3",
        "principal_direction_1", "nodal_stress_xx", "nodal_stress_zz", "nodal_von_mises_stress",
        "nodal_principal_stress_3"}) {
    EXPECT_NE(list.find('"' + name + '"'), std::string::npos) << name;
    EXPECT_NE(fields.find('"' + name + '"'), std::string::npos) << name;
  }
  const auto units_of = [&](const std::string& name) {
    const auto start = fields.find("Name=\"" + name + '"');
    const auto end = fields.find('\n', start);
    return fields.substr(start, end - start);
  };
  EXPECT_NE(units_of("stress_xx").find(">MPa</InformationKey>"), std::string::npos);
  EXPECT_NE(units_of("displacement").find(">mm</InformationKey>"), std::string::npos);
  EXPECT_NE(units_of("Points").find(">mm</InformationKey>"), std::string::npos);
  EXPECT_EQ(units_of("strain_xx").find("InformationKey"), std::string::npos);
  for (const std::string part :
       {"compliance f(u)                0.", " mJ/mm, certified to lie in [",
        "] N/mm, moment about", "] N mm/mm, mean displacement [", "largest von mises stress       ",
        " MPa at (", "material 0                     linear elastic, id 0, area 4 mm^2"})
    EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
}
