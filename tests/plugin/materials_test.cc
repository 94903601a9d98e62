#include <deal.II/physics/notation.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/parameter_reader.h"
#include "seco/materials/random.h"
#include "seco/materials/rotation.h"
#include "seco/materials/rve_file.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/mandel_tensor.h"
#include "seco/plugin/registration.h"
#include "seco/surrogate/engine.h"
#include "small_materials.h"
#include "support/temporary.h"

using namespace seco::plugin;
using seco::materials::MandelMatrix;

TEST(MandelTensor, AgreesWithDealIIsKelvinNotation) {
  seco::materials::RandomStream random(3);
  for (int trial = 0; trial < 5; ++trial) {
    MandelMatrix matrix(6, 6);
    dealii::FullMatrix<double> kelvin(6, 6);
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j <= i; ++j)
        matrix(i, j) = matrix(j, i) = kelvin(i, j) = kelvin(j, i) = random.normal();
    const auto tensor = to_tensor<3>(matrix);
    const auto expected =
        dealii::Physics::Notation::Kelvin::to_tensor<dealii::SymmetricTensor<4, 3>>(kelvin);
    EXPECT_LT((tensor - expected).norm(), 1e-14 * expected.norm());
    EXPECT_LT((to_mandel<3>(tensor) - matrix).norm(), 1e-14 * matrix.norm());
  }
}

TEST(LinearElastic, TurnsTheCrystalAndItsStress) {
  // Objectivity: a crystal turned by 90 degrees about axis 3 responds along y as before along x.
  auto upright = make<3>("linear elastic", {{"Stiffness", "Ti"}, {"Orientation", "30, 40, 10"}});
  auto turned = make<3>("linear elastic", {{"Stiffness", "Ti"}, {"Orientation", "120, 40, 10"}});
  const auto a = respond<3>(*upright, {{}}).tangent[0], b = respond<3>(*turned, {{}}).tangent[0];
  EXPECT_NEAR(a[0][0][0][0], b[1][1][1][1], 1e-9 * a[0][0][0][0]);
  EXPECT_NEAR(a[2][2][0][0], b[2][2][1][1], 1e-9 * a[0][0][0][0]);
  EXPECT_GT(std::abs(a[0][0][0][0] - b[0][0][0][0]), 1e-3 * a[0][0][0][0]);
}

TEST(LinearElastic, RefusesWhatIsNoMaterial) {
  EXPECT_THROW(make<3>("linear elastic", {{"Stiffness", "Unobtainium"}}),
               seco::materials::ParameterError);
  EXPECT_THROW(make<3>("linear elastic", {{"Stiffness", "70e3, 0.7"}}),
               seco::materials::ParameterError);
  EXPECT_THROW(make<3>("linear elastic", {{"Stiffness", "cubic: 1, 2, 3"}}),
               seco::materials::ParameterError);
  EXPECT_THROW(make<3>("linear elastic", {{"Stiffness", "cubic: nan, 2, 3"}}),
               seco::materials::ParameterError);
}

TEST(Homogenized, GivesTheStiffnessOfAReferenceFileInTheUnitOfTheRun) {
  const std::string file = SECO_TEST_DATA "/cu_32.h5";
  const auto exact = seco::materials::read_homogenized_stiffness(file).value();
  const auto unit = seco::materials::read_rve(file).unit;
  for (const std::string run : {"Pa", "GPa"}) {
    auto material = make<3>("homogenized", {{"RVE", "file"}, {"RVE file", file}, {"Engine", "fft"}},
                            {run, "", ""});
    const auto response = respond<3>(*material, {{}, {}, {}});
    const double factor =
        seco::materials::megapascals_per(unit) / seco::materials::megapascals_per(run);
    EXPECT_LT((to_mandel<3>(response.tangent[1]) - exact * factor).norm(),
              1e-6 * exact.norm() * factor);
    EXPECT_EQ(material->statistics().n_rves.at("fft"), 1u);
    // Stress is stiffness times strain.
    EXPECT_NEAR(response.stress[2][0][0], 1e-3 * exact(0, 0) * factor, 1e-6 * exact(0, 0) * factor);
  }
}

TEST(Homogenized, EqualRvesAreHomogenizedOnce) {
  std::vector<MaterialPoint<3>> points(12);
  for (unsigned int i = 0; i < points.size(); ++i) {
    points[i].cell = 100 + i / 4;
    points[i].quadrature_point = i % 4;
  }
  const auto count = [&](const std::string& per, const std::string& pool) {
    auto entries = small_polycrystal;
    entries.push_back({"Seed per", per});
    entries.push_back({"Number of different RVEs", pool});
    auto material = make<3>("homogenized", entries);
    respond<3>(*material, points);
    return material->statistics().n_rves.at("fft");
  };
  EXPECT_EQ(count("material", "0"), 1u);
  EXPECT_EQ(count("cell", "0"), 3u);
  EXPECT_EQ(count("quadrature point", "0"), 12u);
  EXPECT_LE(count("quadrature point", "2"), 2u);
  // Without inclusions all seeds give the same RVE.
  auto empty = make<3>("homogenized", {{"Engine", "fft"},
                                       {"Microstructure/Type", "inclusions"},
                                       {"Microstructure/Grid", "4, 4, 4"},
                                       {"Microstructure/Volume fraction", "0"}});
  const auto response = respond<3>(*empty, points);
  EXPECT_EQ(empty->statistics().n_rves.at("fft"), 1u);
  EXPECT_EQ(response.tangent[0], response.tangent[11]);
}

TEST(Homogenized, PropertiesFollowTheFunctionOfPosition) {
  auto material = make<2>("homogenized", {{"Engine", "fft"},
                                          {"Volume fraction", "0.4*y"},
                                          {"Microstructure/Type", "inclusions"},
                                          {"Microstructure/Grid", "16, 16"},
                                          {"Microstructure/Matrix", "Al"},
                                          {"Microstructure/Inclusion", "Al"},
                                          {"Microstructure/Inclusion factor", "0.01"}});
  std::vector<MaterialPoint<2>> points(3);
  for (int i = 0; i < 3; ++i) points[i].position = {0.3, 0.5 * i};
  const auto response = respond<2>(*material, points);
  const auto modulus = [&](int point) { return to_mandel<2>(response.tangent[point])(0, 0); };
  EXPECT_GT(modulus(0), 1.1 * modulus(1));
  EXPECT_GT(modulus(1), 1.1 * modulus(2));
  points[0].position[1] = -1;
  EXPECT_THROW(respond<2>(*material, points), std::exception);
}

TEST(Homogenized, BoundsOrderTheEnginesEverywhere) {
  const std::vector<MaterialPoint<3>> points(1);
  std::map<std::string, MandelMatrix> stiffness;
  for (const std::string engine : {"voigt", "reuss", "hill", "fft"}) {
    auto entries = small_polycrystal;
    entries[0].second = engine;
    auto material = make<3>("homogenized", entries);
    stiffness[engine] = to_mandel<3>(respond<3>(*material, points).tangent[0]);
  }
  for (const auto& [stiffer, softer] :
       {std::pair("voigt", "fft"), std::pair("fft", "reuss"), std::pair("voigt", "hill")})
    EXPECT_GT(seco::materials::relative_smallest_eigenvalue(stiffness[stiffer] - stiffness[softer]),
              -1e-6)
        << stiffer << " " << softer;
}

TEST(Homogenized, RefusesWhatDoesNotFit) {
  const auto message =
      [](const std::vector<std::pair<std::string, std::string>>& entries) -> std::string {
    try {
      make<3>("homogenized", entries);
    } catch (const seco::materials::ParameterError& error) {
      return error.what();
    }
    return "";
  };
  const auto engine = message({{"Engine", "ftt"}});
  EXPECT_NE(engine.find("fft"), std::string::npos) << engine;
  EXPECT_NE(engine.find("Did you mean 'fft'? Is the library"), std::string::npos) << engine;
  EXPECT_NE(engine.find("Additional shared libraries"), std::string::npos) << engine;
  const auto single =
      message({{"Engine", "certified"}, {"Precision", "single"}, {"Tolerance", "1e-9"}});
  EXPECT_NE(single.find("key 'Tolerance'"), std::string::npos) << single;
  EXPECT_NE(single.find("single precision"), std::string::npos) << single;
  EXPECT_NE(message({{"RVE", "file"}, {"RVE file", "/no/such.h5"}}).find("/no/such.h5"),
            std::string::npos);
  EXPECT_NE(message({{"RVE", "file"},
                     {"RVE file", SECO_TEST_DATA "/pore1e-3_32.h5"},
                     {"Microstructure/Crystal", "Cx"}})
                .find("Crystal"),
            std::string::npos);
  EXPECT_NE(message({{"Microstructure/Grid", "8, 8"}}).find("3D"), std::string::npos);
  EXPECT_NE(message({{"Volume fraction", "1 +* x"}}).find("expressions"), std::string::npos);
}

TEST(Homogenized, WhatTheGeneratorDoesNotUseDoesNotTellRvesApart) {
  std::vector<MaterialPoint<3>> points(6);
  for (unsigned int i = 0; i < points.size(); ++i) points[i].cell = i;
  auto laminate = make<3>(
      "homogenized",
      {{"Engine", "fft"}, {"Microstructure/Type", "laminate"}, {"Microstructure/Grid", "4, 4, 4"}});
  respond<3>(*laminate, points);
  EXPECT_EQ(laminate->statistics().n_rves.at("fft"), 1u);
}

TEST(Homogenized, PropertiesThatTheMicrostructureLacksAreRefused) {
  EXPECT_THROW(make<3>("homogenized", {{"Volume fraction", "0.1*x"}}),
               seco::materials::ParameterError);
  EXPECT_THROW(make<3>("homogenized", {{"Texture spread", "10"}}), seco::materials::ParameterError);
  EXPECT_NO_THROW(
      make<3>("homogenized", {{"Texture spread", "10"}, {"Microstructure/Texture", "component"}}));
  EXPECT_THROW(make<3>("homogenized", {{"RVE", "file"},
                                       {"RVE file", SECO_TEST_DATA "/cu_32.h5"},
                                       {"Volume fraction", "0.1"}}),
               seco::materials::ParameterError);
}

namespace {

/// Fails for RVEs whose first voxel is in the inclusion.
class FailingEngine : public seco::surrogate::Engine {
 public:
  std::string name() const override { return "failing"; }
  std::vector<seco::surrogate::Homogenized> homogenize(
      std::span<const seco::materials::Rve> rves,
      const std::function<void(std::size_t)>&) const override {
    auto results = seco::surrogate::make_engine("hill", {})->homogenize(rves);
    for (std::size_t i = 0; i < rves.size(); ++i)
      if (rves[i].phase[0] == 1) {
        results[i].status = seco::surrogate::Status::failed;
        results[i].message = "the first voxel is hard";
      }
    return results;
  }
};

}  // namespace

TEST(Homogenized, AnRveThatFailsEndsTheRunAndIsWrittenToAFile) {
  seco::surrogate::register_engine("failing", {"fails now and then"},
                                   [](const auto&) { return std::make_unique<FailingEngine>(); });
  const auto folder = seco::test::new_folder("failing");
  auto material = make<3>("homogenized",
                          {{"Engine", "failing"},
                           {"Files of unconverged RVEs", "1"},
                           {"Microstructure/Type", "inclusions"},
                           {"Microstructure/Volume fraction", "0.25"},
                           {"Microstructure/Grid", "6, 6, 6"}},
                          {"MPa", "", folder.string()});
  std::vector<MaterialPoint<3>> points(30);
  for (unsigned int i = 0; i < points.size(); ++i) points[i].cell = i;
  try {
    material->set_points(points, MPI_COMM_WORLD, {});
    FAIL() << "no error";
  } catch (const std::runtime_error& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("the first voxel is hard"), std::string::npos) << message;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "unconverged_rves"))
      files.push_back(entry.path());
    ASSERT_EQ(files.size(), 1u);
    EXPECT_NE(message.find(files[0].string()), std::string::npos) << message;
    EXPECT_EQ(seco::materials::read_rve(files[0].string()).phase[0], 1);
  }
}

// On any number of ranks: ctest runs this test on one and on two.
TEST(RunTogether, OneFailingRankStopsAll) {
  const auto n_ranks = dealii::Utilities::MPI::n_mpi_processes(MPI_COMM_WORLD),
             rank = dealii::Utilities::MPI::this_mpi_process(MPI_COMM_WORLD);
  for (unsigned int failing = 0; failing < n_ranks; ++failing) {
    std::string message;
    try {
      run_together(MPI_COMM_WORLD, [&] {
        if (rank == failing) throw std::runtime_error(fmt::format("rank {} fails", failing));
      });
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    EXPECT_NE(message.find(fmt::format("rank {} fails", failing)), std::string::npos) << message;
  }
  EXPECT_NO_THROW(run_together(MPI_COMM_WORLD, [] {}));
}
