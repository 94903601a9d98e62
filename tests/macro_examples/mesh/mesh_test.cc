#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <sstream>

#include "small_run.h"

using namespace seco::test;
namespace fs = std::filesystem;

namespace {

/// A Gmsh file of format 2.2 from lines of nodes "x y z" and of elements "type tags nodes".
std::string gmsh(const std::vector<std::string>& nodes, const std::vector<std::string>& elements,
                 const std::string& names = "") {
  std::ostringstream text;
  text << "$MeshFormat\n2.2 0 8\n$EndMeshFormat\n" << names << "$Nodes\n" << nodes.size() << "\n";
  for (std::size_t i = 0; i < nodes.size(); ++i) text << i + 1 << " " << nodes[i] << "\n";
  text << "$EndNodes\n$Elements\n" << elements.size() << "\n";
  for (std::size_t i = 0; i < elements.size(); ++i) text << i + 1 << " " << elements[i] << "\n";
  text << "$EndElements\n";
  return text.str();
}

// Two squares in a row, clamped at x = 0 and pulled at x = 2.
const std::vector<std::string> plate_nodes{"0 0 0", "1 0 0", "2 0 0", "0 1 0", "1 1 0", "2 1 0"};
const std::string left = "1 2 10 1 1 4", right = "1 2 20 2 3 6", first = "3 2 1 1 1 2 5 4",
                  second = "3 2 2 2 2 3 6 5";
const std::string names =
    "$PhysicalNames\n4\n1 10 \"left\"\n1 20 \"right end\"\n2 1 \"steel\"\n2 2 \"glass\"\n"
    "$EndPhysicalNames\n";

Changes plate() {
  auto changes = elastic("200, 0.3");
  for (const auto& [key, value] : elastic("50, 0.2"))
    changes[fmt::format("Material 1{}", key.substr(10))] = value;
  changes["Number of materials"] = std::string("2");
  changes["Dimension"] = std::string("2");
  changes["Geometry/Type"] = std::string("box");
  changes["Geometry/Lengths"] = std::string("2, 1");
  changes["Geometry/Cells"] = std::string("2, 1");
  changes["Geometry/Material id"] = std::string("if(x < 1, 0, 1)");
  changes["Boundary conditions/Displacement"] = std::string("0: 0; 0");
  changes["Boundary conditions/Traction"] = std::string("1: 1; 0.5");
  changes["Output/Points of interest"] = std::string("2, 0.5");
  return changes;
}

/// The same plate from a mesh file.
Changes plate_of(const fs::path& mesh) {
  auto changes = plate();
  for (const std::string key : {"Lengths", "Cells", "Material id"})
    changes.erase(fmt::format("Geometry/{}", key));
  changes["Geometry/Type"] = std::string("file");
  changes["Geometry/Mesh file"] = mesh.string();
  changes["Boundary conditions/Displacement"] = std::string("10: 0; 0");
  changes["Boundary conditions/Traction"] = std::string("20: 1; 0.5");
  changes["Material 0/Regions"] = std::string("1");
  changes["Material 1/Regions"] = std::string("2");
  return changes;
}

fs::path written(const std::string& text, const std::string& name = "mesh.msh") {
  static int number = 0;
  const auto path = new_folder(fmt::format("mesh_file_{}", number++)) / name;
  write_text(path, text);
  return path;
}

double compliance(const nlohmann::json& summary) {
  return summary["compliance"]["estimate"];
}

void expect_mesh_refused(const std::string& text, std::vector<std::string> parts,
                         const std::string& name = "mesh.msh", Changes further = {}) {
  auto changes = plate_of(written(text, name));
  for (const auto& [key, value] : further) changes[key] = value;
  parts.insert(parts.end(), {"run.prm", "Mesh file", name});
  expect_refused(changes, parts);
}

std::string notes(const nlohmann::json& summary) {
  return summary.value("mesh_notes", nlohmann::json::array()).dump();
}

void append(std::string& bytes, std::int32_t value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void append(std::string& bytes, double value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// The plate as Gmsh writes it in binary.
std::string binary_plate() {
  std::string text = "$MeshFormat\n2.2 1 8\n";
  append(text, 1);
  text += fmt::format("\n$EndMeshFormat\n{}$Nodes\n6\n", names);
  for (int i = 0; i < 6; ++i) {
    append(text, i + 1);
    append(text, static_cast<double>(i % 3));
    append(text, static_cast<double>(i / 3));
    append(text, 0.);
  }
  text += "\n$EndNodes\n$Elements\n4\n";
  const auto block = [&](const std::vector<int>& numbers) {
    for (const int number : numbers) append(text, number);
  };
  block({1, 1, 2, 1, 10, 1, 1, 4});
  block({1, 1, 2, 2, 20, 2, 3, 6});
  block({3, 2, 2, 3, 1, 1, 1, 2, 5, 4, 4, 2, 2, 2, 3, 6, 5});
  text += "\n$EndElements\n";
  return text;
}

/// The plate in format 4.1, partitioned: the elements are of entities that name the groups.
std::string partitioned_plate() {
  std::string text = "$MeshFormat\n4.1 0 8\n$EndMeshFormat\n";
  text += names;
  text +=
      "$Entities\n0 2 2 0\n1 0 0 0 0 1 0 1 10 0\n2 2 0 0 2 1 0 1 20 0\n"
      "1 0 0 0 1 1 0 1 1 1 1\n2 1 0 0 2 1 0 1 2 1 2\n$EndEntities\n"
      "$PartitionedEntities\n2\n0\n0 2 2 0\n"
      "11 1 1 1 1 0 0 0 0 1 0 1 10 0\n12 1 2 1 2 2 0 0 2 1 0 1 20 0\n"
      "11 2 1 1 1 0 0 0 1 1 0 1 1 0\n12 2 2 1 2 1 0 0 2 1 0 1 2 0\n$EndPartitionedEntities\n"
      "$Nodes\n1 6 1 6\n2 11 0 6\n1\n2\n3\n4\n5\n6\n0 0 0\n1 0 0\n2 0 0\n0 1 0\n1 1 0\n2 1 0\n"
      "$EndNodes\n$Elements\n4 4 1 4\n1 11 1 1\n1 1 4\n1 12 1 1\n2 3 6\n2 11 3 1\n3 1 2 5 4\n"
      "2 12 3 1\n4 2 3 6 5\n$EndElements\n";
  return text;
}

}  // namespace

TEST(Mesh, EveryFormatIsTheBoxThatItDescribes) {
  const double expected = compliance(run("plate", plate()));
  const std::string vtk =
      "# vtk DataFile Version 3.0\nplate\nASCII\nDATASET UNSTRUCTURED_GRID\nPOINTS 6 double\n"
      "0 0 0 1 0 0 2 0 0 0 1 0 1 1 0 2 1 0\nCELLS 4 16\n4 0 1 4 3\n4 1 2 5 4\n2 0 3\n2 2 5\n"
      "CELL_TYPES 4\n9 9 3 3\nCELL_DATA 4\nSCALARS MaterialID int 1\nLOOKUP_TABLE default\n"
      "1 2 10 20\n";
  const std::string ucd =
      "6 4 0 0 0\n1 0 0 0\n2 1 0 0\n3 2 0 0\n4 0 1 0\n5 1 1 0\n6 2 1 0\n"
      "1 1 quad 1 2 5 4\n2 2 quad 2 3 6 5\n3 10 line 1 4\n4 20 line 3 6\n";
  std::string unv = "    -1\n  2411\n";
  for (int i = 0; i < 6; ++i)
    unv += fmt::format("{} 1 1 11\n{}.0D+00 {}.0D+00 0.0D+00\n", i + 1, i % 3, i / 3);
  unv +=
      "    -1\n    -1\n  2412\n1 44 2 1 7 4\n1 2 5 4\n2 44 2 1 7 4\n2 3 6 5\n3 11 2 1 7 2\n0 0 0\n"
      "1 4\n4 11 2 1 7 2\n0 0 0\n3 6\n    -1\n    -1\n  2467\n";
  const std::vector<int> ids{1, 2, 10, 20};
  for (std::size_t i = 0; i < ids.size(); ++i)
    unv += fmt::format("{} 0 0 0 0 0 0 1\n{}\n8 {} 0 0\n", i + 1, ids[i], i + 1);
  unv += "    -1\n";
  // One that goes around its cells in the other sense.
  const auto turned = gmsh(plate_nodes, {left, right, "3 2 1 1 1 4 5 2", second});
  for (const auto& [text, name] :
       {std::pair(gmsh(plate_nodes, {left, right, first, second}), "plate.msh"),
        std::pair(turned, "turned.msh"), std::pair(binary_plate(), "binary.msh"),
        std::pair(partitioned_plate(), "partitioned.msh"), std::pair(vtk, "plate.vtk"),
        std::pair(ucd, "plate.ucd"), std::pair(ucd, "plate.inp"), std::pair(unv, "plate.unv")}) {
    const auto summary = run("plate_file", plate_of(written(text, name)));
    EXPECT_NEAR(compliance(summary), expected, 1e-10 * expected) << name;
    EXPECT_FALSE(summary.contains("mesh_notes")) << name << notes(summary);
  }
}

TEST(Mesh, NamesOfPhysicalGroupsAreNamesOfMaterialsAndBoundaries) {
  const double expected = compliance(run("plate", plate()));
  auto changes = plate_of(written(gmsh(plate_nodes, {left, right, first, second}, names)));
  changes["Material 0/Regions"] = std::string("steel");
  changes["Material 1/Regions"] = std::string("glass");
  changes["Boundary conditions/Displacement"] = std::string("left: 0; 0");
  changes["Boundary conditions/Traction"] = std::string("right end: 1; 0.5");
  EXPECT_NEAR(compliance(run("names", changes)), expected, 1e-10 * expected);
  // In the other order.
  for (const auto& [key, value] : elastic("50, 0.2")) changes[key] = value;
  for (const auto& [key, value] : elastic("200, 0.3"))
    changes[fmt::format("Material 1{}", key.substr(10))] = value;
  changes["Material 0/Regions"] = std::string("glass");
  changes["Material 1/Regions"] = std::string("steel");
  EXPECT_NEAR(compliance(run("names", changes)), expected, 1e-10 * expected);

  changes["Material 0/Regions"] = std::string("glas");
  expect_refused(changes, {"Regions", "Material 0", "'glas'", "1 'steel', 2 'glass'"});
  changes["Material 0/Regions"] = std::string("glass, steel");
  expect_refused(changes, {"1 'steel'", "'Material 0'", "'Material 1'", "one material for an id"});
  // Without 'Regions', a material has the id of its number.
  changes["Material 0/Regions"] = std::string("");
  expect_refused(changes, {"material id 2 'glass'", "'Material 0' has 0", "1 'steel'"});
  changes["Material 0/Regions"] = std::string("glass");
  changes["Boundary conditions/Displacement"] = std::string("lefty: 0; 0");
  expect_refused(changes, {"Displacement", "'lefty'", "10 'left', 20 'right end'"});
  changes["Boundary conditions/Displacement"] = std::string("left: 0; 0 | 10: 0; 0");
  expect_refused(changes, {"Displacement", "comes twice", "10 'left'"});
}

TEST(Mesh, RegionsOfAGeneratedGeometryAreIds) {
  auto changes = plate();
  const double expected = compliance(run("plate", changes));
  changes["Geometry/Material id"] = std::string("if(x < 1, 7, 3)");
  changes["Material 0/Regions"] = std::string("7");
  changes["Material 1/Regions"] = std::string("3");
  EXPECT_NEAR(compliance(run("regions", changes)), expected, 1e-12 * expected);
  changes["Material 1/Regions"] = std::string("4");
  expect_refused(changes, {"Material id", "gives 3", "4, 7"});
  changes["Material 1/Regions"] = std::string("steel");
  expect_refused(changes, {"Regions", "'steel'", "only a mesh file has names"});
}

TEST(Mesh, AMaterialWithoutCellsIsSaid) {
  auto changes = plate();
  changes["Geometry/Material id"] = std::string("0");
  EXPECT_NE(notes(run("unused", changes)).find("no cell has the material of section 'Material 1'"),
            std::string::npos);
}

// As Gmsh writes overlapping physical groups in format 2.2, the elements come once for each.
TEST(Mesh, CellsThatComeTwiceAreRefused) {
  const auto all = [](const std::string& cell) { return fmt::format("3 2 3{}", cell.substr(5)); };
  expect_mesh_refused(gmsh(plate_nodes, {left, right, first, second, all(first), all(second)},
                           "$PhysicalNames\n1\n2 3 \"all\"\n$EndPhysicalNames\n"),
                      {"2 of its cells coincide", "physical group 1", "physical group 3 'all'",
                       "elements 3 and 5"});
  expect_mesh_refused(gmsh(plate_nodes, {left, right, first, first, second}),
                      {"1 of its cells coincide", "twice in physical group 1"});
  // The same cell with nodes of its own.
  auto nodes = plate_nodes;
  nodes.insert(nodes.end(), {"1 0 0", "2 0 0", "2 1 0", "1 1 0"});
  expect_mesh_refused(gmsh(nodes, {left, right, first, second, "3 2 2 2 7 8 9 10"}),
                      {"1 of its cells coincide"});
  // Two groups of an entity in format 4.1.
  auto text = partitioned_plate();
  const std::string entity = "2 1 0 0 2 1 0 1 2 0";
  text.replace(text.find(entity), entity.size(), "2 1 0 0 2 1 0 2 2 3 0");
  expect_mesh_refused(text,
                      {"1 of its cells coincide", "physical group 2 'glass'", "physical group 3"});
}

TEST(Mesh, CellsThatAreNoQuadrilateralsAreRefused) {
  auto nodes = plate_nodes;
  nodes[5] = std::string("1 2 0");
  expect_mesh_refused(gmsh(nodes, {left, right, first, "3 2 2 2 2 5 6 5"}), {"two corners"});
  nodes = plate_nodes;
  nodes[2] = std::string("1 0.5 0");
  nodes[5] = std::string("1 0.7 0");
  expect_mesh_refused(gmsh(nodes, {left, right, first, second}),
                      {"element 4", "physical group 2", "no area"});
  nodes = plate_nodes;
  nodes[5] = std::string("1.2 0.2 0");
  expect_mesh_refused(gmsh(nodes, {left, right, first, second}), {"element 4", "not convex"});
  // Crossed, with corners in a wrong order.
  expect_mesh_refused(gmsh(plate_nodes, {left, right, first, "3 2 2 2 2 3 5 6"}),
                      {"element 4", "folded"});
  // Folded onto its neighbour.
  nodes = plate_nodes;
  nodes[2] = std::string("0.5 0 0");
  nodes[5] = std::string("0.5 1 0");
  expect_mesh_refused(gmsh(nodes, {left, right, first, second}), {"same side"});
  nodes = plate_nodes;
  nodes[2] = std::string("2 0 1");
  expect_mesh_refused(gmsh(nodes, {left, right, first, second}), {"z = 0", "z = 1"});
}

TEST(Mesh, CellsOfAnotherKindAreRefusedBeforeTheyAreRead) {
  const std::string triangle = "2 2 1 1 1 2 4";
  expect_mesh_refused(gmsh(plate_nodes, {left, right, triangle}),
                      {"1 triangle", "meshes of quadrilaterals alone", "recombine"});
  expect_mesh_refused(gmsh(plate_nodes, {left, right, triangle, second}),
                      {"1 triangle, 1 quadrilateral"});
  expect_mesh_refused(gmsh(plate_nodes, {left, right}), {"no quadrilaterals", "2 lines"});
  expect_mesh_refused(gmsh(plate_nodes, {"36 2 1 1 1 2 3 4 5 6 1 2 3 4 5 6 1 2 3 4"}),
                      {"third or higher order", "type 36", "first order", "Polynomial degree"});
  const auto cube = gmsh({"0 0 0", "1 0 0", "1 1 0", "0 1 0", "0 0 1", "1 0 1", "1 1 1", "0 1 1"},
                         {"3 2 10 1 1 4 8 5", "3 2 20 2 2 3 7 6", "5 2 1 1 1 2 3 4 5 6 7 8"});
  expect_mesh_refused(cube, {"1 hexahedron", "'Dimension' at the top level is 2"});
  const Changes in_3d{{"Dimension", "3"},
                      {"Boundary conditions/Displacement", "10: 0; 0; 0"},
                      {"Boundary conditions/Traction", "20: 1; 0; 0"},
                      {"Output/Points of interest", "1, 0, 0"}};
  expect_mesh_refused(gmsh(plate_nodes, {left, right, first, second}),
                      {"no hexahedra", "2 quadrilaterals"}, "mesh.msh", in_3d);
  expect_mesh_refused(gmsh({"0 0 0", "1 0 0", "0 1 0", "0 0 1"}, {"4 2 1 1 1 2 3 4"}),
                      {"1 tetrahedron", "meshes of hexahedra alone"}, "mesh.msh", in_3d);
  const std::string vtk = "# vtk DataFile Version 3.0\n";
  expect_mesh_refused(vtk, {"ending is that of Gmsh", "content that of legacy VTK"});
  expect_mesh_refused("<?xml version=\"1.0\"?>\n", {"content that of VTU"}, "mesh.vtk");
  expect_mesh_refused(fmt::format("{}x\nBINARY\nDATASET UNSTRUCTURED_GRID\n", vtk),
                      {"BINARY", "ASCII"}, "mesh.vtk");
  expect_mesh_refused("*HEADING\n*NODE\n1, 0, 0, 0\n", {"Abaqus", "AVS UCD", ".msh"}, "mesh.inp");
  expect_mesh_refused("x", {"'.stl'", ".msh (Gmsh)"}, "mesh.stl");
}

// The corners of elements of second order are the mesh, as long as nothing is curved.
TEST(Mesh, StraightElementsOfSecondOrderAreTheirCorners) {
  const double expected = compliance(run("plate", plate()));
  auto nodes = plate_nodes;
  // Middles of edges from 7, of cells from 14.
  nodes.insert(nodes.end(), {"0.5 0 0", "1 0.5 0", "0.5 1 0", "0 0.5 0", "1.5 0 0", "2 0.5 0",
                             "1.5 1 0", "0.5 0.5 0", "1.5 0.5 0"});
  const std::string left_3 = "8 2 10 1 1 4 10", right_3 = "8 2 20 2 3 6 12",
                    first_8 = "16 2 1 1 1 2 5 4 7 8 9 10",
                    second_9 = "10 2 2 2 2 3 6 5 11 12 13 8 15";
  const std::string vtk =
      "# vtk DataFile Version 3.0\nplate\nASCII\nDATASET UNSTRUCTURED_GRID\nPOINTS 13 double\n"
      "0 0 0 1 0 0 2 0 0 0 1 0 1 1 0 2 1 0 0.5 0 0 1 0.5 0 0.5 1 0 0 0.5 0 1.5 0 0 2 0.5 0 "
      "1.5 1 0\nCELLS 4 26\n8 0 1 4 3 6 7 8 9\n8 1 2 5 4 10 11 12 7\n3 0 3 9\n3 2 5 11\n"
      "CELL_TYPES 4\n23 23 21 21\nCELL_DATA 4\nSCALARS MaterialID int 1\nLOOKUP_TABLE "
      "default\n1 2 10 20\n";
  std::string unv = "    -1\n  2411\n";
  for (std::size_t i = 0; i < 13; ++i) {
    std::istringstream place(nodes[i]);
    double x = 0, y = 0;
    place >> x >> y;
    unv += fmt::format("{} 1 1 11\n{:.1f}D+00 {:.1f}D+00 0.0D+00\n", i + 1, x, y);
  }
  unv +=
      "    -1\n    -1\n  2412\n1 45 2 1 7 8\n1 7 2 8 5 9 4 10\n2 45 2 1 7 8\n2 11 3 12 6 13 5 8\n"
      "3 11 2 1 7 2\n0 0 0\n1 4\n4 11 2 1 7 2\n0 0 0\n3 6\n    -1\n    -1\n  2467\n";
  const std::vector<int> ids{1, 2, 10, 20};
  for (std::size_t i = 0; i < ids.size(); ++i)
    unv += fmt::format("{} 0 0 0 0 0 0 1\n{}\n8 {} 0 0\n", i + 1, ids[i], i + 1);
  unv += "    -1\n";
  for (const auto& [text, name] :
       {std::pair(gmsh(nodes, {left_3, right_3, first_8, second_9}), "plate.msh"),
        std::pair(vtk, "plate.vtk"), std::pair(unv, "plate.unv")}) {
    const auto summary = run("second_order", plate_of(written(text, name)));
    EXPECT_NEAR(compliance(summary), expected, 1e-10 * expected) << name;
    EXPECT_NE(notes(summary).find("of second order; their edges are straight"), std::string::npos)
        << name << notes(summary);
  }
  // An arc, which would become a chord unnoticed.
  nodes[12] = std::string("1.5 1.02 0");
  expect_mesh_refused(gmsh(nodes, {left_3, right_3, first_8, second_9}),
                      {"element 4", "(1.5, 1.02, 0)", "0.02 beside the middle",
                       "'Mesh.ElementOrder = 1'", "'Mesh.SecondOrderLinear = 1'"});
}

TEST(Mesh, AHexahedronOfSecondOrderIsItsCorners) {
  std::vector<std::string> nodes;
  const std::vector<std::array<double, 3>> corners{{0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0},
                                                   {0, 0, 2}, {1, 0, 2}, {1, 1, 2}, {0, 1, 2}};
  const auto add = [&](const std::array<double, 3>& x) {
    nodes.push_back(fmt::format("{} {} {}", x[0], x[1], x[2]));
  };
  for (const auto& x : corners) add(x);
  // In the order of Gmsh.
  for (const auto& [a, b] : {std::pair(0, 1),
                             {0, 3},
                             {0, 4},
                             {1, 2},
                             {1, 5},
                             {2, 3},
                             {2, 6},
                             {3, 7},
                             {4, 5},
                             {4, 7},
                             {5, 6},
                             {6, 7}})
    add({(corners[a][0] + corners[b][0]) / 2, (corners[a][1] + corners[b][1]) / 2,
         (corners[a][2] + corners[b][2]) / 2});
  std::string element = "17 2 1 1";
  for (int i = 1; i <= 20; ++i) element += fmt::format(" {}", i);
  auto changes = elastic("200, 0");
  changes["Geometry/Type"] = std::string("file");
  changes["Geometry/Mesh file"] =
      written(gmsh(nodes, {"3 2 10 1 1 4 8 5", "3 2 20 2 2 3 7 6", element})).string();
  changes["Material 0/Regions"] = std::string("1");
  changes["Boundary conditions/Displacement"] = std::string("10: 0; 0; 0");
  changes["Boundary conditions/Traction"] = std::string("20: 1; 0; 0");
  changes["Output/Points of interest"] = std::string("1, 1, 2");
  EXPECT_NEAR(run("hex20", changes)["points_of_interest"][0]["displacement"][0], 1. / 200, 1e-12);
}

TEST(Mesh, ResultsNameBoundariesAndMaterials) {
  auto changes = plate_of(written(gmsh(plate_nodes, {left, right, first, second}, names)));
  changes["Boundary conditions/Traction"] = std::string("right end: 1; 0.5");
  const auto summary = run("named_results", changes);
  // By its id in the file of parameters, by both in the results.
  EXPECT_EQ(summary["boundaries"][0]["boundary"], "10");
  EXPECT_EQ(summary["boundaries"][0]["name"], "left");
  EXPECT_EQ(summary["boundaries"][1]["boundary"], "right end");
  EXPECT_EQ(summary["boundaries"][1]["id"], 20);
  EXPECT_EQ(summary["materials"][1]["names"], nlohmann::json{"glass"});
  EXPECT_EQ(summary["materials"][1]["ids"], nlohmann::json{2});
  EXPECT_NEAR(summary["materials"][0]["volume"], 1, 1e-12);
}

TEST(Mesh, NamesThatStandForSeveralAreRefused) {
  const std::string twice = "$PhysicalNames\n2\n1 10 \"side\"\n1 20 \"side\"\n$EndPhysicalNames\n";
  auto changes = plate_of(written(gmsh(plate_nodes, {left, right, first, second}, twice)));
  changes["Boundary conditions/Displacement"] = std::string("side: 0; 0");
  expect_refused(changes, {"Displacement", "'side'", "several", "10 'side', 20 'side'"});
  // A name that looks like an id.
  const std::string number = "$PhysicalNames\n1\n1 20 \"10\"\n$EndPhysicalNames\n";
  changes = plate_of(written(gmsh(plate_nodes, {left, right, first, second}, number)));
  expect_refused(changes, {"Displacement", "boundary 10", "20 '10'"});
}

TEST(Mesh, NodesInTheMiddleOfAFaceAreRefused) {
  // The left square is one cell, the right one two.
  auto nodes = plate_nodes;
  nodes.insert(nodes.end(), {"1 0.5 0", "2 0.5 0"});
  expect_mesh_refused(
      gmsh(nodes, {left, "1 2 20 2 3 8", first, "3 2 2 2 2 3 8 7", "3 2 2 2 7 8 6 5"}),
      {"(1, 0.5)", "element 3", "hanging node"}, "mesh.msh");
}

TEST(Mesh, LabelsOfFacesAreRefusedWhereTheyHaveNoEffect) {
  expect_mesh_refused(gmsh(plate_nodes, {left, right, "1 2 30 2 3 6", first, second}),
                      {"physical group 20", "physical group 30", "(2, 0.5)"});
  expect_mesh_refused(gmsh(plate_nodes, {left, right, "1 2 30 2 1 6", first, second}),
                      {"physical group 30", "no face of a cell"});
  // Between the cells there is no boundary.
  auto changes = plate_of(written(gmsh(plate_nodes, {left, right, "1 2 30 2 2 5", first, second})));
  EXPECT_NE(notes(run("inside", changes)).find("1 faces of physical group 30 lie inside"),
            std::string::npos);
  changes["Boundary conditions/Traction"] = std::string("30: 1; 0.5");
  expect_refused(changes, {"Traction", "boundary 30", "inside the body", "10"});
}

TEST(Mesh, WithoutLabelsAllIsBoundaryAndMaterialZero) {
  auto changes = plate_of(written(gmsh(plate_nodes, {"3 0 1 2 5 4", "3 0 2 3 6 5"})));
  changes["Number of materials"] = std::string("1");
  changes["Material 0/Regions"] = std::string("0");
  for (auto entry = changes.begin(); entry != changes.end();)
    entry = entry->first.starts_with("Material 1") ? changes.erase(entry) : std::next(entry);
  changes["Boundary conditions/Displacement"] = std::string("0: 0; 0");
  changes["Boundary conditions/Traction"] = std::string("");
  changes["Boundary conditions/Body force"] = std::string("0; -1");
  changes["Geometry/Global refinements"] = std::string("1");
  const auto text = notes(run("labels", changes));
  EXPECT_NE(text.find("all are of material id 0"), std::string::npos) << text;
  EXPECT_NE(text.find("the whole boundary is boundary 0"), std::string::npos) << text;
}

// Without a common face nothing joins two bodies, and one that nothing holds has no displacement.
TEST(Mesh, EveryPartOfABodyMustBeHeld) {
  auto nodes = plate_nodes;
  nodes.insert(nodes.end(), {"1 0 0", "1 1 0"});
  const std::string apart = "3 2 2 2 7 3 6 8";
  auto changes = plate_of(written(gmsh(nodes, {left, right, first, apart}, names)));
  expect_refused(changes, {"Displacement", "part 2 of 2", "1 cell of", "2 'glass'", "(1.5, 0.5)",
                           "from (1, 0) to (2, 1)", "translation along x"});
  // Held on its own, it is accepted, and that it is not joined is said.
  changes["Boundary conditions/Displacement"] = std::string("10: 0; 0 | 20: 0; free");
  expect_refused(changes, {"part 2 of 2", "(translation along y)"});
  changes["Boundary conditions/Displacement"] = std::string("10: 0; 0 | 20: 0; 0");
  changes["Boundary conditions/Traction"] = std::string("");
  changes["Boundary conditions/Body force"] = std::string("1; 0");
  EXPECT_NE(notes(run("apart", changes)).find("2 nodes of the mesh are at the same place"),
            std::string::npos);
  // Joined at one node, it turns about it.
  const std::string hinged = "3 2 2 2 2 3 6 8";
  changes = plate_of(written(gmsh(nodes, {left, right, first, hinged}, names)));
  expect_refused(changes, {"part 2 of 2", "rotation about (1, 0)", "shares nodes", "no face"});
  changes["Boundary conditions/Displacement"] = std::string("10: 0; 0 | 20: free; 0");
  EXPECT_NE(notes(run("hinged", changes)).find("1 node of the mesh joins parts"),
            std::string::npos);
}

TEST(Mesh, PartsThatShareAnEdgeTurnAboutIt) {
  // Two cubes with the common edge x = y = 1.
  std::vector<std::string> nodes;
  for (const std::string z : {"0", "1"})
    for (const std::string xy : {"0 0", "1 0", "1 1", "0 1", "2 1", "2 2", "1 2"})
      nodes.push_back(fmt::format("{} {}", xy, z));
  auto changes = elastic("200, 0.3");
  changes["Geometry/Type"] = std::string("file");
  changes["Geometry/Mesh file"] =
      written(gmsh(nodes, {"3 2 10 1 1 4 11 8", "3 2 20 2 5 6 13 12", "5 2 1 1 1 2 3 4 8 9 10 11",
                           "5 2 1 1 3 5 6 7 10 12 13 14"}))
          .string();
  changes["Material 0/Regions"] = std::string("1");
  changes["Boundary conditions/Displacement"] = std::string("10: 0; 0; 0");
  changes["Boundary conditions/Traction"] = std::string("20: 1; 0; 0");
  changes["Output/Points of interest"] = std::string("2, 2, 0");
  expect_refused(changes,
                 {"part 2 of 2", "rotation about the axis through (1, 1, ", "along (0, 0,"});
  changes["Boundary conditions/Displacement"] = std::string("10: 0; 0; 0 | 20: free; 0; free");
  run("edge", changes);
}

TEST(Mesh, BoundariesThatMeetPrescribeTheSame) {
  auto changes = plate();
  changes["Boundary conditions/Traction"] = std::string("");
  changes["Boundary conditions/Displacement"] = std::string("0: 0; 0 | 2: 0.1; free");
  expect_refused(changes, {"Displacement", "along x", "node (0, 0)", "0 on boundary 0",
                           "0.1 on boundary 2", "'free'"});
  changes["Boundary conditions/Displacement"] =
      std::string("2: 0.1*x; free | 0: 0; 0 | 1: 0.3; free");
  changes["Discretization/Polynomial degree"] = std::string("2");
  expect_refused(changes, {"node (2, 0)", "0.2 on boundary 2", "0.3 on boundary 1"});
  // The same up to round-off, and other components.
  changes["Boundary conditions/Displacement"] =
      "2: 0.1*x; free | 0: 0; 0 | 1: 0.3 - 0.1; free | 3: free; 0";
  run("agree", changes);
}

TEST(Mesh, ATractionThatDoesNoWorkIsSaid) {
  auto changes = plate();
  changes["Boundary conditions/Displacement"] = std::string("0: 0; 0 | 1: free; 0");
  const auto text = notes(run("idle", changes));
  EXPECT_NE(text.find("the traction along y on boundary 1 does no work"), std::string::npos)
      << text;
  changes["Boundary conditions/Traction"] = std::string("1: 1; 0");
  EXPECT_FALSE(run("not_idle", changes).contains("mesh_notes"));
}

TEST(Mesh, KeysWithoutEffectAreRefused) {
  const auto mesh = plate_of(written(gmsh(plate_nodes, {left, right, first, second})));
  for (const auto& [key, value] : {std::pair("Material id", "1"), std::pair("Lengths", "2, 1"),
                                   std::pair("Cells", "2, 1"), std::pair("Notch depth", "0.2")}) {
    auto changes = mesh;
    changes[fmt::format("Geometry/{}", key)] = value;
    expect_refused(changes, {"run.prm:", key, value, "'Type' = file"});
  }
  auto changes = plate();
  changes["Geometry/Mesh file"] = std::string("plate.msh");
  expect_refused(changes, {"run.prm:", "Mesh file", "plate.msh", "'Type' = box"});
  changes = plate();
  changes["Geometry/Notch depth"] = std::string("0.2");
  expect_refused(changes, {"run.prm:", "Notch depth", "'Type' = box"});
  changes = plate();
  changes["Geometry/Local refinements"] = std::string("2");
  expect_refused(changes, {"run.prm:", "Local refinements", "Refined region"});
  changes["Geometry/Refined region"] = std::string("x - 5");
  EXPECT_NE(notes(run("refines_nothing", changes)).find("refines no cell"), std::string::npos);
}

TEST(RanksMesh, FaultsOfAMeshAreFoundOnAllRanksAndInACheck) {
  const auto folder = new_folder("mesh_ranks");
  auto nodes = plate_nodes;
  nodes.insert(nodes.end(), {"1 0 0", "1 1 0"});
  auto changes = plate_of(written(gmsh(nodes, {left, right, first, "3 2 2 2 7 3 6 8"}, names)));
  changes["Geometry/Global refinements"] = std::string("2");
  const auto expect_line = [&](const std::string& options, const std::string& part) {
    write_text(folder / "run.prm", parameters(changes));
    const auto outcome =
        run_program("seco-macro", fmt::format("{}{}", options, (folder / "run.prm").string()), 2);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    const auto place = outcome.output.find(part);
    ASSERT_NE(place, std::string::npos) << outcome.output;
    EXPECT_EQ(outcome.output.find(part, place + 1), std::string::npos) << outcome.output;
  };
  for (const std::string options : {"", "--validate "}) expect_line(options, "part 2 of 2");
  changes["Boundary conditions/Displacement"] = std::string("10: 0; 0 | 20: 0; 0 | 0: x; free");
  for (const std::string options : {"", "--validate "})
    expect_line(options, "two values of the displacement along x");
  changes = plate_of(written(gmsh(plate_nodes, {left, right, first, first, second})));
  for (const std::string options : {"", "--validate "}) expect_line(options, "cells coincide");
  // And what is right comes out as on one.
  changes = plate_of(written(gmsh(plate_nodes, {left, right, first, second}, names)));
  changes["Material 1/Regions"] = std::string("glass");
  changes["Boundary conditions/Displacement"] = std::string("left: 0; 0");
  const double expected = compliance(run("plate", plate()));
  EXPECT_NEAR(compliance(run("mesh_two_ranks", changes, 2)), expected, 1e-10 * expected);
}
