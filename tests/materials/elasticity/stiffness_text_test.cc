// What users write for a stiffness is read as they mean it, or refused.
#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <cmath>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/rotation.h"
#include "support/message_of.h"

using namespace seco::materials;
using seco::test::message_of;

namespace {

MandelMatrix read(const std::string& text) {
  return stiffness_from_text(text, "MPa");
}

std::string refusal(const std::string& text) {
  return message_of([&] { read(text); });
}

void expect_equal(const std::string& text, const MandelMatrix& expected) {
  MandelMatrix c;
  ASSERT_NO_THROW(c = read(text)) << refusal(text);
  EXPECT_LT((c - expected).norm(), 1e-9 * expected.norm()) << text << "\n" << c;
}

void expect_parts(const std::string& message, const std::vector<std::string>& parts) {
  for (const auto& part : parts)
    EXPECT_NE(message.find(part), std::string::npos) << part << "\n" << message;
}

/// C11 C22 C33 = 20 22 25, C12 C13 C23 = 9 8 10, C44 C55 C66 = 7 6 5.
MandelMatrix wood() {
  return orthotropic({20, 9, 8, 22, 10, 25, 7, 6, 5});
}

}  // namespace

TEST(StiffnessText, BareOrthotropicNumbersAreRefusedWithTheirNames) {
  expect_parts(refusal("orthotropic: 20, 9, 22, 8, 10, 25, 5, 6, 7"),
               {"different orders", "C11 = 20, C12 = 9, C13 = 22, C22 = 8",
                "D1111 = 20, D1122 = 9, D2222 = 22, D1133 = 8", "D2323 = 7", "E1 = 20, E2 = 9"});
  expect_parts(refusal("orthotropic: 20, 9, 22"), {"C11, C12, C13, C22", "nu12"});
  expect_parts(refusal("triclinic: 9, 1, 1, 0, 0, 0, 9, 1, 0, 0, 0, 9, 0, 0, 0, 3, 0, 0, 3, 0, 3"),
               {"triclinic (rows): 9, 1, 1", "triclinic (Abaqus): 9, 1, 1", "matrix mandel"});
  expect_parts(refusal("transversely isotropic: 225, 15, 0.2, 15, 7"), {"E3, E1, nu31, G13"});
  expect_parts(refusal("monoclinic: 1, 2, 3"), {"C16, C26, C36, C45"});
}

TEST(StiffnessText, OrdersThatAreSaidAreRead) {
  for (const std::string text :
       {"orthotropic (Abaqus): 20, 9, 22, 8, 10, 25, 5, 6, 7",
        "orthotropic (rows): 20, 9, 8, 22, 10, 25, 7, 6, 5",
        "Orthotropic (C11 C22 C33 C12 C13 C23 C44 C55 C66): 20, 22, 25, 9, 8, 10, 7, 6, 5",
        "orthotropic (C11, C22, C33, C12, C13, C23, C44, C55, C66): 20, 22, 25, 9, 8, 10, 7, 6, 5",
        "orthotropic: C66 = 5, C11 = 20, C22 = 22, C33 = 25, C_12 = 9, c13 = 8, C23 = 10, C44 = 7, "
        "C55 = 6",
        "orthotropic: D1111 = 20, D1122 = 9, D2222 = 22, D1133 = 8, D2233 = 10, D3333 = 25, D1212 "
        "= "
        "5, D1313 = 6, D2323 = 7",
        "triclinic (rows): 20, 9, 8, 0, 0, 0, 22, 10, 0, 0, 0, 25, 0, 0, 0, 7, 0, 0, 6, 0, 5",
        "anisotropic (Abaqus): 20, 9, 22, 8, 10, 25, 0, 0, 0, 5, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 7"})
    expect_equal(text, wood());
  // The order of the rows and columns of Abaqus: 11 22 33 12 13 23.
  const auto c = read(
      "triclinic (Abaqus): 20, 9, 22, 8, 10, 25, 0.1, 0.2, 0.3, 5, 0, 0, 0, 0.4, 6, 0, 0, 0, 0, 0, "
      "7");
  EXPECT_NEAR(c(0, 5), 0.1 * std::sqrt(2.), 1e-12);
  EXPECT_NEAR(c(1, 5), 0.2 * std::sqrt(2.), 1e-12);
  EXPECT_NEAR(c(2, 5), 0.3 * std::sqrt(2.), 1e-12);
  EXPECT_NEAR(c(4, 5), 2 * 0.4, 1e-12);
}

TEST(StiffnessText, EngineeringConstantsAreRecovered) {
  for (
      const std::string text :
      {"orthotropic: E1 = 11e3, E2 = 900, E3 = 500, nu12 = 0.37, nu13 = 0.42, nu23 = 0.47, G12 = "
       "700, G13 = 690, G23 = 60",
       "engineering constants: G23 = 60, G31 = 690, G12 = 700, E1 = 11e3, E2 = 900, E3 = 500, nu12 "
       "= 0.37, nu31 = 0.0190909090909090909, nu23 = 0.47",
       "orthotropic (Abaqus engineering constants): 11e3, 900, 500, 0.37, 0.42, 0.47, 700, 690, 60",
       "orthotropic (E1 E2 E3 nu12 nu13 nu23 G12 G13 G23): 11e3, 900, 500, 0.37, 0.42, 0.47, 700, "
       "690, 60"}) {
    const MandelMatrix s = read(text).inverse();
    EXPECT_NEAR(1 / s(0, 0), 11e3, 1e-6) << text;
    EXPECT_NEAR(1 / s(1, 1), 900, 1e-7);
    EXPECT_NEAR(1 / s(2, 2), 500, 1e-7);
    EXPECT_NEAR(-s(0, 1) / s(0, 0), 0.37, 1e-10);
    EXPECT_NEAR(-s(0, 2) / s(0, 0), 0.42, 1e-10);
    EXPECT_NEAR(-s(1, 2) / s(1, 1), 0.47, 1e-10);
    EXPECT_NEAR(0.5 / s(3, 3), 60, 1e-8);
    EXPECT_NEAR(0.5 / s(4, 4), 690, 1e-7);
    EXPECT_NEAR(0.5 / s(5, 5), 700, 1e-7);
  }
  const auto fibre = transversely_isotropic(225, 15, 0.2, 15, 7);
  expect_equal("transversely isotropic: E3 = 225, E1 = 15, nu31 = 0.2, G13 = 15, G12 = 7", fibre);
  expect_equal("hexagonal: E3 = 225, E1 = 15, nu31 = 0.2, G23 = 15, nu12 = 0.071428571428571428",
               fibre);
  expect_equal("transversely isotropic: C11 = 15, C12 = 5, C13 = 4, C33 = 225, C44 = 15",
               hexagonal(15, 5, 4, 225, 15));
  // The axis of a ply is 1: the constants of the fibre, turned.
  Rotation to_1 = Rotation::Zero();
  to_1(0, 2) = to_1(1, 0) = to_1(2, 1) = 1;
  for (const std::string text :
       {"transversely isotropic: E1 = 225, E2 = 15, nu12 = 0.2, G12 = 15, G23 = 7",
        "transversely isotropic: E1 = 225, E2 = 15, E3 = 15, nu12 = 0.2, nu13 = 0.2, G12 = 15, G13 "
        "= "
        "15, G23 = 7, nu23 = 0.0714285714285714"})
    expect_equal(text, rotate(fibre, to_1));
  expect_equal("isotropic: E = 70e3, nu = 0.34", isotropic(70e3, 0.34));
  expect_equal("E = 70e3, nu = 0.34", isotropic(70e3, 0.34));
  expect_equal("isotropic: K = 200, G = 80", isotropic(144000. / 680, 440. / 1360));
  expect_equal("cubic: E = 70e3, nu = 0.34, G = 26119.40298507462687", isotropic(70e3, 0.34));
}

TEST(StiffnessText, NamesThatDoNotFitAreRefused) {
  expect_parts(
      refusal("orthotropic: C11 = 20, C12 = 9, C13 = 8, C22 = 22, C23 = 10, C33 = 25, C44 = "
              "7, C55 = 6"),
      {"C66", "missing"});
  expect_parts(refusal("cubic: C11 = 168, C12 = 121, C44 = 75, C33 = 160"),
               {"C33 = 160", "does not agree", "168"});
  expect_parts(refusal("orthotropic: C11 = 1, C11 = 2"), {"C11", "twice"});
  expect_parts(refusal("orthotropic: C11 = 1, C77 = 2"), {"'c77'"});
  expect_parts(refusal("orthotropic: E1 = 1, E2 = 2, nu12 = 0.3"), {"E1, E2, E3, nu12"});
  expect_parts(
      refusal("transversely isotropic: E1 = 225, E2 = 15, nu12 = 0.2, G12 = 15, G13 = 9, G23 "
              "= 7"),
      {"transversely isotropic constants"});
  expect_parts(refusal("orthotropic: E1 = 11, E2 = -9, E3 = 5, nu12 = 0.3, nu13 = 0.3, nu23 = 0.3, "
                       "G12 = 1, G13 = 1, G23 = 1"),
               {"'e2' is -9", "positive"});
  expect_parts(refusal("orthotropic (abacus): 20, 9, 22, 8, 10, 25, 5, 6, 7"),
               {"abacus", "Abaqus"});
  expect_parts(refusal("orthotropic (Abaqus): 20, 9, 22"), {"9 constants", "3 are given"});
  expect_parts(refusal("orthotrop: 1, 2"), {"orthotrop", "Did you mean 'orthotropic'"});
}

TEST(StiffnessText, IndefiniteStiffnessesAreRefusedWithTheirEigenvalue) {
  // C11 - C12 = -20 is an eigenvalue.
  expect_parts(refusal("cubic: 100, 120, 50"), {"not positive definite", "-20"});
  expect_parts(refusal("cubic: C11 = 100, C12 = 120, C44 = 50"), {"not positive definite", "-20"});
  expect_parts(
      refusal("orthotropic: E1 = 10, E2 = 10, E3 = 10, nu12 = 1.2, nu13 = 0, nu23 = 0, G12 = "
              "1, G13 = 1, G23 = 1"),
      {"not positive definite", "-0.02"});
}

TEST(StiffnessText, PrintedMatricesNeedTheirNotation) {
  const std::string voigt =
      "20, 9, 8, 0, 0, 0,  9, 22, 10, 0, 0, 0,  8, 10, 25, 0, 0, 0,  0, 0, 0, 7, 0, 0,  0, 0, 0, "
      "0, 6, "
      "0,  0, 0, 0, 0, 0, 5";
  expect_equal("matrix voigt: " + voigt, wood());
  const std::string mandel =
      "20 9 8 0 0 0  9 22 10 0 0 0  8 10 25 0 0 0  0 0 0 14 0 0  0 0 0 0 12 0  0 0 0 0 0 10";
  expect_equal("matrix mandel: " + mandel, wood());
  expect_equal("matrix kelvin: " + mandel, wood());
  const std::string abaqus =
      "20 9 8 0 0 0  9 22 10 0 0 0  8 10 25 0 0 0  0 0 0 5 0 0  0 0 0 0 6 0  0 0 0 0 0 7";
  expect_equal("matrix abaqus: " + abaqus, wood());
  expect_parts(refusal("matrix: " + voigt), {"mandel", "voigt", "abaqus"});
  expect_parts(refusal("matrix voigt: 1, 2, 3"), {"36 numbers", "3 are given"});
  expect_parts(
      refusal(
          "matrix voigt: 20, 9, 8, 0, 0, 0,  7, 22, 10, 0, 0, 0,  8, 10, 25, 0, 0, 0,  0, 0, 0, "
          "7, 0, 0,  0, 0, 0, 0, 6, 0,  0, 0, 0, 0, 0, 5"),
      {"not symmetric", "7 and 9"});
  // Plane strain.
  expect_parts(refusal("matrix voigt: 20, 9, 0, 9, 22, 0, 0, 0, 5"), {"36 numbers"});
  const auto plane = stiffness_from_text("matrix voigt: 20, 9, 0, 9, 22, 0, 0, 0, 5", "MPa", 2);
  ASSERT_EQ(plane.rows(), 3);
  EXPECT_LT((plane - plane_strain(wood())).norm(), 1e-12);
}

TEST(StiffnessText, DecimalCommasAreRefused) {
  for (const std::string text :
       {"70,0, 0,34", "70000, 0,34", "1.000,5, 0.3", "70 000, 0.3", "cubic: 168,4, 121,4, 75,4",
        "isotropic: E = 70,5, nu = 0,3", "matrix mandel: 1,5 2,5", "3e3"})
    EXPECT_NE(refusal(text), "no error") << text;
  expect_parts(refusal("70000, 0,34"), {"3 numbers", "decimal points"});
  expect_parts(refusal("isotropic: E = 70,5, nu = 0.3"), {"'5' has no name", "decimal points"});
  expect_parts(refusal("70 000, 0.3"), {"'70 000'"});
}

TEST(StiffnessText, TheOtherClassesAreWhatTheirSymmetrySays) {
  const Eigen::Vector3d x = Eigen::Vector3d::UnitX(), z = Eigen::Vector3d::UnitZ(),
                        y = Eigen::Vector3d::UnitY();
  const auto unchanged = [](const MandelMatrix& c, double degrees, const Eigen::Vector3d& axis) {
    return (rotate(c, Eigen::AngleAxisd(degrees * M_PI / 180, axis).toRotationMatrix()) - c)
               .norm() < 1e-12 * c.norm();
  };
  const auto quartz =
      read("trigonal: C11 = 86.8, C12 = 7, C13 = 11.9, C14 = -18, C33 = 105.8, C44 = 58.2");
  EXPECT_TRUE(unchanged(quartz, 120, z));
  EXPECT_TRUE(unchanged(quartz, 180, x));
  EXPECT_FALSE(unchanged(quartz, 60, z));
  const std::string nine =
      "monoclinic: C11 = 90, C12 = 40, C13 = 41, C22 = 95, C23 = 30, C33 = 99, C44 = 20, C55 = 25, "
      "C66 "
      "= 30, ";
  EXPECT_TRUE(unchanged(read(nine + "C15 = 3, C25 = 4, C35 = 5, C46 = 2"), 180, y));
  EXPECT_TRUE(unchanged(read(nine + "C16 = 3, C26 = 4, C36 = 5, C45 = 2"), 180, z));
  EXPECT_NE(refusal(nine + "C16 = 3, C26 = 4, C36 = 5, C46 = 2"), "no error");
  EXPECT_TRUE(unchanged(
      read("tetragonal: C11 = 90, C12 = 40, C13 = 41, C33 = 95, C44 = 30, C66 = 20, C16 = 5"), 90,
      z));
}

TEST(StiffnessText, TheDocumentationOfParametersSaysTheOrder) {
  ParameterFile file(
      "subsection M\nset Inclusion = orthotropic: 20, 9, 22, 8, 10, 25, 5, 6, 7\nend\n", "x.prm");
  expect_parts(message_of([&] { read_generator_settings(file, "M"); }),
               {"x.prm:2", "'Inclusion'", "'M'", "Abaqus"});
  expect_parts(file.documentation(),
               {"cubic: C11, C12, C44", "11 22 33 23 13 12", "matrix mandel"});
}
