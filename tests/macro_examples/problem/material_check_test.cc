// What materials answer is checked before a run uses it, and stiffnesses that hold nothing are
// refused.
#include <gtest/gtest.h>

#include "small_run.h"

using namespace seco::test;

namespace {

std::map<std::string, std::string> faulty(const std::string& fault) {
  return {{"Dimension", "2"},
          {"Additional shared libraries",
           std::string(SECO_LIBRARY_FOLDER) + "/libseco_test_faulty_material.so"},
          {"Geometry/Type", "box"},
          {"Geometry/Lengths", "4, 2"},
          {"Geometry/Cells", "4, 2"},
          {"Boundary conditions/Displacement", "0: 0; 0"},
          {"Boundary conditions/Traction", "1: 1; 0"},
          {"Output/Points of interest", "4, 2"},
          {"Material 0/Model", "faulty"},
          {"Material 0/faulty/Modulus", "100"},
          {"Material 0/faulty/Fault", fault}};
}

}  // namespace

TEST(MaterialCheck, FaultsOfAMaterialAreRefusedWithMaterialAndPoint) {
  const std::vector<std::string> place{"run.prm", "Material 0/faulty", "quadrature point",
                                       "cell with centre (2.5, "};
  const auto refused = [&](const std::string& fault, const std::vector<std::string>& words) {
    auto parts = place;
    parts.insert(parts.end(), words.begin(), words.end());
    expect_refused(faulty(fault), parts);
  };
  // The smallest eigenvalue of upper - lower: -0.01 and 0.1 - 0.22 of the modulus.
  refused("order", {"the lower bound", "not below the upper bound", "Loewner", "-1,"});
  refused("order of a shear", {"the lower bound", "not below the upper bound", "-12,"});
  refused("tangent above", {"the tangent", "not below the upper bound"});
  refused("no number", {"the upper bound", "no finite numbers"});
  refused("not symmetric", {"the tangent", "not symmetric"});
  refused("failed", {"the material failed"});
  refused("no stretch", {"the tangent", "singular", "stretch along x", "no unique displacement"});
  refused("indefinite", {"the tangent", "indefinite", "stretch along y"});
  // Round-off is none of them: u = sigma L / modulus.
  for (const char* fine : {"none", "round-off"})
    EXPECT_NEAR(run("fine", faulty(fine))["points_of_interest"][0]["displacement"][0].get<double>(),
                4 / 100., 1e-12);
}

// Nobody could tell how to solve with it.
TEST(MaterialCheck, AMaterialThatDoesNotSayWhatItDependsOnIsRefusedBeforeAnythingIsComputed) {
  const std::vector<std::string> parts{"run.prm", "Material 0/faulty", "Dependence::none",
                                       "does not declare what its stress depends on",
                                       "dependence() const"};
  expect_refused(faulty("not declared"), parts);
  const auto file = new_folder("checked_dependence") / "run.prm";
  write_text(file, parameters(faulty("not declared")));
  const auto problems = check_here(file).messages;
  ASSERT_EQ(problems.size(), 1u);
  for (const auto& part : parts) EXPECT_NE(problems[0].find(part), std::string::npos) << part;
}

TEST(MaterialCheck, AMaterialThatIsNotLinearMustAnswerStrains) {
  for (const char* fault : {"depends on strain", "depends on history"})
    expect_refused(faulty(fault), {"run.prm", "Material 0/faulty", "overrides evaluate()"});
}

TEST(MaterialCheck, AVoidPlaneThatCutsTheSolidIsRefused) {
  // 4 x 4 x 4 voxels, a plane of voids across x.
  const auto folder = new_folder("void_plane");
  std::string text =
      "<VTKFile type=\"ImageData\"><ImageData WholeExtent=\"0 4 0 4 0 4\" Spacing=\"1 1 1\">"
      "<Piece Extent=\"0 4 0 4 0 4\"><CellData><DataArray type=\"Int32\" Name=\"phase\" "
      "format=\"ascii\">";
  for (int line = 0; line < 16; ++line) text += "0 0 1 0 ";
  write_text(folder / "plane.vti", text + "</DataArray></CellData></Piece></ImageData></VTKFile>");
  const std::string material = "Material 0/homogenized/";
  for (const std::string engine : {"fft", "certified"}) {
    const std::map<std::string, std::string> changes{
        {"Geometry/Type", "box"},
        {"Geometry/Lengths", "1, 1, 1"},
        {"Geometry/Cells", "2, 2, 2"},
        {"Boundary conditions/Traction", "1: 1; 0; 0"},
        {"Output/Points of interest", "1, 1, 1"},
        {material + "Engine", engine},
        {material + "Tolerance", "1e-3"},
        {material + "Files of unconverged RVEs", "0"},
        {material + "RVE", "file"},
        {material + "RVE file", (folder / "plane.vti").string()},
        {material + "Microstructure file/Phase stiffness", "0 = 70e3, 0.33; 1 = void"}};
    expect_refused(changes, {"run.prm", "Material 0/homogenized", "does not resist",
                             "does not percolate along axis 0"});
  }
}
