// How the constants of anisotropic phases lie in generated microstructures.
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <set>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/generators.h"
#include "seco/materials/microstructure_family.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/symmetry_axis.h"
#include "support/message_of.h"

using namespace seco::materials;
using seco::test::message_of;

namespace {

GeneratorSettings settings(const std::string& content) {
  ParameterFile file("subsection M\n" + content + "\nend\n", "x.prm");
  auto result = read_generator_settings(file, "M");
  file.check_all_used();
  return result;
}

const std::string carbon = "set Matrix = epoxy\nset Inclusion = carbon fibre\n";

/// Young's modulus along a direction.
double modulus(const MandelMatrix& stiffness, const Eigen::Vector3d& direction) {
  const MandelMatrix s = stiffness.inverse();
  MandelVector n(6);
  const auto& d = direction;
  n << d[0] * d[0], d[1] * d[1], d[2] * d[2], std::sqrt(2.) * d[1] * d[2],
      std::sqrt(2.) * d[0] * d[2], std::sqrt(2.) * d[0] * d[1];
  return 1. / n.dot(s * n);
}

Eigen::Vector3d axis(int i) {
  return Eigen::Vector3d::Unit(i);
}

std::string joined(const std::vector<std::string>& notes) {
  std::string result;
  for (const auto& note : notes) result += note + "\n";
  return result;
}

}  // namespace

TEST(ElasticSymmetry, TheAxisIsFoundInTheNumbers) {
  EXPECT_EQ(elastic_symmetry(isotropic(70, 0.3)).name, "isotropic");
  EXPECT_EQ(elastic_symmetry(elastic_constants("Cu").stiffness).name, "cubic");
  EXPECT_FALSE(elastic_symmetry(elastic_constants("Cu").stiffness).axis);
  EXPECT_EQ(elastic_symmetry(orthotropic({20, 9, 8, 22, 10, 25, 7, 6, 5})).name, "orthotropic");
  EXPECT_EQ(elastic_symmetry(tetragonal(90, 40, 41, 95, 30, 20)).name, "tetragonal");
  const auto fibre = elastic_constants("carbon fibre").stiffness;
  RandomStream random(5);
  for (int i = 0; i < 20; ++i) {
    const Rotation rotation = random_rotation(random);
    const auto found = elastic_symmetry(rotate(fibre, rotation));
    EXPECT_EQ(found.name, "transversely isotropic");
    ASSERT_TRUE(found.axis);
    EXPECT_NEAR(std::abs(found.axis->dot(rotation.col(2))), 1, 1e-9);
  }
  // The fibre of a ply has its axis along 1.
  const auto ply = elastic_symmetry(stiffness_from_text(
      "orthotropic: E1 = 225e3, E2 = 15e3, E3 = 15e3, nu12 = 0.2, nu13 = 0.2, nu23 = 0.0714, G12 = "
      "15e3, G13 = 15e3, G23 = 7e3",
      "MPa"));
  ASSERT_TRUE(ply.axis);
  EXPECT_EQ(*ply.axis, axis(0));
}

TEST(PhaseOrientation, FibresHaveTheirAxisAlongTheFibres) {
  for (const std::string inclusion :
       {"carbon fibre",
        "transversely isotropic: E1 = 225e3, E2 = 15e3, nu12 = 0.2, G12 = 15e3, G23 = "
        "7e3"})
    for (int a = 0; a < 3; ++a) {
      const auto s = settings(
          "set Type = fibres\nset Grid = 8, 8, 8\nset Number of inclusions = 1\n"
          "set Inclusion = " +
          inclusion + "\nset Axis = " + std::to_string(a));
      const auto rve = generate(s);
      for (int b = 0; b < 3; ++b)
        EXPECT_NEAR(modulus(rve.stiffness[1], axis(b)), b == a ? 225e3 : 15e3, 1e-6);
      const auto notes = joined(notes_on(s));
      EXPECT_NE(notes.find("transversely isotropic"), std::string::npos) << notes;
      EXPECT_NE(notes.find(std::string("along the fibres, ") + "xyz"[a]), std::string::npos)
          << notes;
    }
}

TEST(PhaseOrientation, TheMatrixOfFibresFollowsThemToo) {
  // The composite turns with its axis as a whole.
  for (int a = 0; a < 3; ++a) {
    const auto rve =
        generate(settings("set Type = fibres\nset Grid = 8, 8, 8\nset Number of "
                          "inclusions = 1\nset Matrix = Ti\nset Inclusion = epoxy\nset "
                          "Axis = " +
                          std::to_string(a)));
    const double along = 1 / elastic_constants("Ti").stiffness.inverse()(2, 2);
    EXPECT_NEAR(modulus(rve.stiffness[0], axis(a)), along, 1e-6);
  }
}

TEST(PhaseOrientation, WhatIsToldOtherwiseIsDone) {
  const std::string base =
      "set Type = fibres\nset Grid = 8, 8, 8\nset Number of inclusions = 1\n" + carbon;
  const auto stiffness = [&](const std::string& orientation) {
    return generate(settings(base + "set Inclusion orientation = " + orientation)).stiffness[1];
  };
  EXPECT_EQ(stiffness("grid"), elastic_constants("carbon fibre").stiffness);
  EXPECT_NEAR(modulus(stiffness("geometry: 3"), axis(0)), 225e3, 1e-6);
  EXPECT_NEAR(modulus(stiffness("geometry: 1"), axis(0)), 15e3, 1e-6);
  // Rx(90) takes axis 3 to -y.
  EXPECT_NEAR(modulus(stiffness("0, 90, 0"), axis(1)), 225e3, 1e-6);
  for (const std::string wrong : {"fibre", "geometry: 4", "1, 2", "0,5, 1, 1"})
    EXPECT_NE(message_of([&] {
                settings(base + "set Inclusion orientation = " + wrong);
              }).find("'Inclusion orientation'"),
              std::string::npos)
        << wrong;
  // Spheres have no direction.
  const auto spheres = settings(
      "set Type = inclusions\nset Grid = 16, 16, 16\nset Inclusion orientation = geometry: 1\n" +
      carbon);
  EXPECT_NE(message_of([&] { generate(spheres); }).find("Inclusion orientation"),
            std::string::npos);
}

TEST(PhaseOrientation, PhasesWithoutAnAxisLieAsTheGridAndThisIsSaid) {
  for (const std::string inclusion :
       {"Cu",
        "orthotropic: C11 = 20, C22 = 22, C33 = 25, C12 = 9, C13 = 8, C23 = 10, C44 = 7, C55 = "
        "6, C66 = 5"}) {
    const auto s = settings(
        "set Type = fibres\nset Grid = 8, 8, 8\nset Number of inclusions = "
        "1\nset Inclusion = " +
        inclusion);
    EXPECT_EQ(generate(s).stiffness[1], s.inclusion);
    EXPECT_NE(joined(notes_on(s)).find("lie along x, y, z of the grid"), std::string::npos)
        << joined(notes_on(s));
  }
  const auto isotropic_phases = settings("set Type = fibres\nset Grid = 32, 32, 32");
  EXPECT_EQ(joined(notes_on(isotropic_phases)).find("constants"), std::string::npos);
}

TEST(PhaseOrientation, LayersHaveTheirAxisAlongTheNormal) {
  const std::string base =
      "set Type = laminate\nset Layers = Ti; epoxy; Ti\nset Layer fractions = 1, "
      "2, 1\nset Axis = 1\nset Grid = 4, 8, 4\n";
  const MandelMatrix s = elastic_constants("Ti").stiffness.inverse();
  const auto rve = generate(settings(base));
  for (const int layer : {0, 2}) {
    EXPECT_NEAR(modulus(rve.stiffness[layer], axis(1)), 1 / s(2, 2), 1e-6);
    EXPECT_NEAR(modulus(rve.stiffness[layer], axis(0)), 1 / s(0, 0), 1e-6);
  }
  const auto turned =
      generate(settings(base + "set Layer orientations = grid; geometry; 90, 90, 0"));
  EXPECT_NEAR(modulus(turned.stiffness[0], axis(2)), 1 / s(2, 2), 1e-6);
  // Rz(90) Rx(90) takes axis 3 to x.
  EXPECT_NEAR(modulus(turned.stiffness[2], axis(0)), 1 / s(2, 2), 1e-6);
  EXPECT_NE(message_of([&] {
              settings(base + "set Layer orientations = grid; grid");
            }).find("expected 1 or 3"),
            std::string::npos);
}

TEST(PhaseOrientation, EachEllipsoidHasItsOwnAxis) {
  const std::string base =
      "set Type = inclusions\nset Grid = 48, 48, 48\nset Aspect ratio = 3\nset "
      "Volume fraction = 0.06\nset Number of inclusions = 4\nset Seed = 4\n";
  const auto s = settings(base + carbon);
  const auto rve = generate(s);
  ASSERT_EQ(rve.stiffness.size(), 5u);
  EXPECT_EQ(n_phases(s), 5u);
  for (std::uint16_t p = 1; p < 5; ++p) {
    // The voxels of the phase, around one of them across the faces, have their largest extent where
    // the stiffness has its axis.
    Eigen::Vector3d sum = Eigen::Vector3d::Zero(), first = Eigen::Vector3d::Zero();
    std::vector<Eigen::Vector3d> points;
    std::size_t v = 0;
    for (int i = 0; i < 48; ++i)
      for (int j = 0; j < 48; ++j)
        for (int k = 0; k < 48; ++k, ++v) {
          if (rve.phase[v] != p) continue;
          Eigen::Vector3d x(i, j, k);
          if (points.empty()) first = x;
          x -= first;
          for (int a = 0; a < 3; ++a) x[a] -= 48 * std::round(x[a] / 48);
          points.push_back(x);
          sum += x;
        }
    ASSERT_GT(points.size(), 1000u);
    const Eigen::Vector3d centre = sum / static_cast<double>(points.size());
    Eigen::Matrix3d moment = Eigen::Matrix3d::Zero();
    for (const auto& x : points) moment += (x - centre) * (x - centre).transpose();
    const Eigen::Vector3d long_axis =
        Eigen::SelfAdjointEigenSolver<Eigen::Matrix3d>(moment).eigenvectors().col(2);
    const auto found = elastic_symmetry(rve.stiffness[p]);
    ASSERT_TRUE(found.axis);
    EXPECT_GT(std::abs(found.axis->dot(long_axis)), 0.99);
    EXPECT_NEAR(modulus(rve.stiffness[p], *found.axis), 225e3, 1);
  }
  // The geometry is that of two phases.
  const auto plain = generate(settings(base + carbon + "set Inclusion orientation = grid"));
  ASSERT_EQ(plain.stiffness.size(), 2u);
  for (std::size_t v = 0; v < plain.phase.size(); ++v)
    ASSERT_EQ(plain.phase[v] > 0, rve.phase[v] > 0);
}

TEST(PhaseOrientation, InclusionsIn2dAreSectionsOfFibres) {
  const auto rve =
      generate(settings("set Type = inclusions\nset Grid = 16, 16\nset Inclusion = transversely "
                        "isotropic: E1 = 225e3, "
                        "E2 = 15e3, nu12 = 0.2, G12 = 15e3, G23 = 7e3"));
  ASSERT_EQ(rve.stiffness_3d.size(), 2u);
  EXPECT_NEAR(modulus(rve.stiffness_3d[1], axis(2)), 225e3, 1e-6);
  EXPECT_LT((rve.stiffness[1] - plane_strain(rve.stiffness_3d[1])).norm(), 1e-9);
}

TEST(PhaseOrientation, FamiliesTurnTheirPhasesWithTheAxisOfEachMember) {
  ParameterFile file(
      "subsection M\nset Type = fibres\nset Grid = 8, 8, 8\nset Number of inclusions = 1\nset "
      "Random "
      "axis = true\n" +
          carbon + "end\n",
      "x.prm");
  const auto family = read_microstructure_family(file, "M");
  std::set<int> axes;
  for (std::size_t i = 0; i < 20; ++i) {
    const auto rve = draw(family, i);
    for (int a = 0; a < 3; ++a) {
      const std::size_t stride = a == 0 ? 64 : a == 1 ? 8 : 1;
      bool constant = true;
      for (std::size_t v = 0; v < 512; ++v)
        if (v / stride % 8 != 0 && rve.phase[v] != rve.phase[v - stride]) constant = false;
      if (!constant) continue;
      axes.insert(a);
      EXPECT_NEAR(modulus(rve.stiffness[1], axis(a)), 225e3, 1e-6);
    }
  }
  EXPECT_EQ(axes.size(), 3u);
  EXPECT_NE(joined(notes_on(family)).find("along the fibres"), std::string::npos);
}
