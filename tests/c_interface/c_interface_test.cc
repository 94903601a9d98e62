// The interface in C gives what the engines give, in three notations.
#include <fenv.h>
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <cmath>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include "one_point.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/engine.h"
#include "small_rve.h"
#include "support/two_layers.h"

using namespace seco::test;
using seco::materials::MandelMatrix;
using seco::materials::MandelVector;
using seco::surrogate::Homogenized;

namespace {

const char* const section = "Material 0/homogenized";

Homogenized homogenized(const std::string& engine) {
  seco::surrogate::register_builtin_engines();
  const auto rve = seco::materials::generate(small_composite());
  return seco::surrogate::make_engine(engine, {})->homogenize({&rve, 1}).at(0);
}

std::vector<double> random_numbers(std::size_t n, unsigned int seed) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<double> uniform(-1, 1);
  std::vector<double> numbers(n);
  for (auto& number : numbers) number = uniform(generator);
  return numbers;
}

using Tensor = Eigen::Matrix3d;

// The components as the header states them, written out a second time.
Tensor strain_tensor(int notation, const double* e) {
  Tensor t;
  const auto fill = [&](double e23, double e13, double e12) {
    t << e[0], e12, e13, e12, e[1], e23, e13, e23, e[2];
  };
  if (notation == SECO_VOIGT) fill(e[3] / 2, e[4] / 2, e[5] / 2);
  if (notation == SECO_ABAQUS) fill(e[5] / 2, e[4] / 2, e[3] / 2);
  if (notation == SECO_MANDEL) fill(e[3] / M_SQRT2, e[4] / M_SQRT2, e[5] / M_SQRT2);
  return t;
}

Tensor stress_tensor(int notation, const double* s) {
  Tensor t;
  const auto fill = [&](double s23, double s13, double s12) {
    t << s[0], s12, s13, s12, s[1], s23, s13, s23, s[2];
  };
  if (notation == SECO_VOIGT) fill(s[3], s[4], s[5]);
  if (notation == SECO_ABAQUS) fill(s[5], s[4], s[3]);
  if (notation == SECO_MANDEL) fill(s[3] / M_SQRT2, s[4] / M_SQRT2, s[5] / M_SQRT2);
  return t;
}

std::vector<double> components(int notation, const Tensor& e) {
  const double shear = notation == SECO_MANDEL ? M_SQRT2 : 2.;
  std::vector<double> result{e(0, 0), e(1, 1), e(2, 2)};
  for (const double value : notation == SECO_ABAQUS ? std::array{e(0, 1), e(0, 2), e(1, 2)}
                                                    : std::array{e(1, 2), e(0, 2), e(0, 1)})
    result.push_back(shear * value);
  return result;
}

}  // namespace

TEST(CInterface, StressIsTheStiffnessOfTheEngineTimesTheStrain) {
  const auto file = write_composite(new_folder("stress"));
  for (const std::string engine : {"fft", "certified", "voigt", "reuss"}) {
    const auto material = from_rve(file, engine);
    ASSERT_TRUE(material);
    const auto expected = homogenized(engine);
    EXPECT_EQ(seco_n_components(material.get()), 6);
    EXPECT_STREQ(seco_unit(material.get()), "MPa");
    const auto strain = random_numbers(6, 1);
    std::vector<double> stress(6), tangent(36);
    double gap = -1;
    ASSERT_EQ(seco_evaluate(material.get(), SECO_MANDEL, 1, nullptr, strain.data(), stress.data(),
                            tangent.data(), &gap),
              SECO_OK);
    const MandelVector product =
        expected.stiffness * Eigen::Map<const Eigen::VectorXd>(strain.data(), 6);
    for (int i = 0; i < 6; ++i) {
      EXPECT_NEAR(stress[i], product(i), 1e-12 * expected.stiffness.norm()) << engine;
      for (int j = 0; j < 6; ++j)
        EXPECT_NEAR(tangent[6 * i + j], expected.stiffness(i, j),
                    1e-12 * expected.stiffness.norm());
    }
    EXPECT_NEAR(gap, expected.gap, 1e-12);
  }
}

TEST(CInterface, NotationsDescribeTheSameStressAndWork) {
  const auto material = from_rve(write_composite(new_folder("notations")), "fft");
  ASSERT_TRUE(material);
  const auto numbers = random_numbers(6, 2);
  const Tensor strain = strain_tensor(SECO_VOIGT, numbers.data());
  Tensor expected = Tensor::Zero();
  for (const int notation : {SECO_VOIGT, SECO_ABAQUS, SECO_MANDEL}) {
    const auto e = components(notation, strain);
    ASSERT_LT((strain_tensor(notation, e.data()) - strain).norm(), 1e-14);
    std::vector<double> s(6), tangent(36);
    ASSERT_EQ(seco_evaluate(material.get(), notation, 1, nullptr, e.data(), s.data(),
                            tangent.data(), nullptr),
              SECO_OK);
    const Tensor stress = stress_tensor(notation, s.data());
    if (notation == SECO_VOIGT) expected = stress;
    EXPECT_LT((stress - expected).norm(), 1e-12 * expected.norm());
    // Work is the plain product of components, with engineering strains too.
    double work = 0, energy = 0;
    for (int i = 0; i < 6; ++i) {
      work += s[i] * e[i];
      for (int j = 0; j < 6; ++j) energy += e[i] * tangent[6 * i + j] * e[j];
    }
    EXPECT_NEAR(work, (stress.array() * strain.array()).sum(), 1e-12 * std::abs(work));
    EXPECT_NEAR(energy, work, 1e-12 * std::abs(work));
  }
}

TEST(CInterface, BoundsEncloseTheEnergyOfEveryStrain) {
  const auto material = from_rve(write_composite(new_folder("bounds")), "certified", 1e-2);
  ASSERT_TRUE(material);
  std::vector<double> lower(36), upper(36), tangent(36), none(6, 0.);
  ASSERT_EQ(seco_bounds(material.get(), SECO_VOIGT, 0, lower.data(), upper.data()), SECO_OK);
  ASSERT_EQ(seco_evaluate(material.get(), SECO_VOIGT, 1, nullptr, none.data(), nullptr,
                          tangent.data(), nullptr),
            SECO_OK);
  const auto exact = homogenized("fft").stiffness;
  const auto energy = [](const std::vector<double>& c, const double* e) {
    double sum = 0;
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j) sum += e[i] * c[6 * i + j] * e[j];
    return sum;
  };
  double widest = 0;
  for (unsigned int seed = 0; seed < 50; ++seed) {
    const auto e = random_numbers(6, seed);
    const double low = energy(lower, e.data()), high = energy(upper, e.data());
    EXPECT_LE(low, energy(tangent, e.data()) * (1 + 1e-12));
    EXPECT_GE(high, energy(tangent, e.data()) * (1 - 1e-12));
    MandelVector mandel = Eigen::Map<const Eigen::VectorXd>(e.data(), 6);
    mandel.tail(3) /= M_SQRT2;
    const double solved = mandel.dot(exact * mandel);
    EXPECT_LE(low, solved * (1 + 1e-6));
    EXPECT_GE(high, solved * (1 - 1e-6));
    widest = std::max(widest, (high - low) / high);
  }
  EXPECT_GT(widest, 1e-6);
  EXPECT_LT(widest, 0.05);
}

TEST(CInterface, BatchesOfRvesGrowStifferWithTheirInclusions) {
  const auto file = write_parameters(new_folder("batch"), "set Engine = fft");
  const std::vector<double> fractions{0., 0.1, 0.2};
  seco_material* created = nullptr;
  ASSERT_EQ(seco_create_from_parameters(file.c_str(), section, 3, fractions.data(), &created),
            SECO_OK)
      << seco_message();
  const Material material(created, &seco_destroy);
  ASSERT_EQ(seco_n_rves(material.get()), 3);
  const std::vector<int> rve{2, 0, 1, 2};
  std::vector<double> strain(4 * 6, 0.), stress(4 * 6), gap(4);
  for (int p = 0; p < 4; ++p) strain[6 * p] = 1e-3;
  ASSERT_EQ(seco_evaluate(material.get(), SECO_VOIGT, 4, rve.data(), strain.data(), stress.data(),
                          nullptr, gap.data()),
            SECO_OK);
  // Without inclusions the matrix is left: E (1 - nu) / ((1 + nu) (1 - 2 nu)).
  EXPECT_NEAR(stress[6], 1e-3 * 3000 * 0.65 / (1.35 * 0.3), 1e-9);
  EXPECT_GT(stress[12], 1.05 * stress[6]);
  EXPECT_GT(stress[0], 1.05 * stress[12]);
  EXPECT_EQ(stress[0], stress[18]);
}

TEST(CInterface, SectionsAndRveFilesOfOneMicrostructureAgree) {
  const auto folder = new_folder("section");
  const auto from_file = from_rve(write_composite(folder), "fft");
  ASSERT_TRUE(from_file);
  // Keys of seco-macro that are not about the microstructure do not disturb.
  const auto generated =
      write_parameters(folder,
                       "set Engine = fft\nset Seed per = cell\nset Volume fraction = 0.2\n"
                       "set Refinement engine = certified\nset Result cache = cache");
  const std::vector<double> strain = random_numbers(6, 3);
  std::vector<double> expected(6), stress(6);
  ASSERT_EQ(seco_evaluate(from_file.get(), SECO_VOIGT, 1, nullptr, strain.data(), expected.data(),
                          nullptr, nullptr),
            SECO_OK);
  // Computed, then found in the cache.
  for (int run = 0; run < 2; ++run) {
    seco_material* material = nullptr;
    ASSERT_EQ(seco_create_from_parameters(generated.c_str(), section, 1, nullptr, &material),
              SECO_OK)
        << seco_message();
    ASSERT_EQ(seco_evaluate(material, SECO_VOIGT, 1, nullptr, strain.data(), stress.data(), nullptr,
                            nullptr),
              SECO_OK);
    seco_destroy(material);
    for (int i = 0; i < 6; ++i) EXPECT_NEAR(stress[i], expected[i], 1e-9 * 60000);
  }
  EXPECT_FALSE(std::filesystem::is_empty(folder / "cache"));
}

TEST(CInterface, WhatIsAssumedOfAMicrostructureFileIsSaid) {
  const auto folder = new_folder("notes");
  std::ofstream(folder / "layers.vti") << two_layers();
  const auto file = write_parameters(
      folder,
      "set Engine = hill\nset RVE = file\nset RVE file = layers.vti\n"
      "subsection Microstructure file\nset Phase stiffness = 0 = 3000, 0.35; 1 = 60000, 0.25\nend");
  seco_material* material = nullptr;
  ASSERT_EQ(seco_create_from_parameters(file.c_str(), section, 1, nullptr, &material), SECO_OK)
      << seco_message();
  bool said = false;
  for (int n = 0; n < seco_n_notes(material); ++n) {
    const std::string note = seco_note(material, n);
    EXPECT_NE(note.find("layers.vti: "), std::string::npos) << note;
    said |= note.find("axis 0: treated as periodic") != std::string::npos;
  }
  EXPECT_TRUE(said);
  for (const int n : {-1, seco_n_notes(material)}) EXPECT_STREQ(seco_note(material, n), "");
  seco_destroy(material);
  EXPECT_EQ(seco_n_notes(nullptr), 0);
  EXPECT_EQ(seco_n_notes(from_rve(write_composite(folder), "hill").get()), 0);
}

TEST(CInterface, KeysOfRunsAreTakenAndFormerNamesSaid) {
  const auto file =
      write_parameters(new_folder("runs"),
                       "set Engine = hill\nset Seed per = cell\nset Polish engine = fft\n"
                       "set Audit engine = fft\nset Result cache limit = 10");
  seco_material* material = nullptr;
  ASSERT_EQ(seco_create_from_parameters(file.c_str(), section, 1, nullptr, &material), SECO_OK)
      << seco_message();
  int n_said = 0;
  for (int n = 0; n < seco_n_notes(material); ++n)
    n_said += std::string(seco_note(material, n))
                  .find("'Polish engine' is now called 'Refinement engine'") != std::string::npos;
  EXPECT_EQ(n_said, 1);
  seco_destroy(material);
}

TEST(CInterface, HowPhasesWithAnAxisLieIsSaid) {
  const auto file = write_parameters(new_folder("axis"), "set Engine = hill",
                                     "set Type = fibres\nset Inclusion = carbon fibre");
  seco_material* material = nullptr;
  ASSERT_EQ(seco_create_from_parameters(file.c_str(), section, 1, nullptr, &material), SECO_OK)
      << seco_message();
  bool said = false;
  for (int n = 0; n < seco_n_notes(material); ++n)
    said |= std::string(seco_note(material, n)).find("along the fibres, x") != std::string::npos;
  EXPECT_TRUE(said);
  seco_destroy(material);
}

TEST(CInterface, PlaneStrainHasThreeComponents) {
  auto settings = small_composite();
  settings.shape = {16, 16};
  settings.lengths = {1, 1};
  const auto rve = seco::materials::generate(settings);
  const auto file = (new_folder("plane_strain") / "rve.h5").string();
  seco::materials::write_rve(file, rve);
  seco::surrogate::register_builtin_engines();
  const auto exact = seco::surrogate::make_engine("fft", {})->homogenize({&rve, 1}).at(0).stiffness;
  const auto material = from_rve(file, "fft");
  ASSERT_TRUE(material);
  EXPECT_EQ(seco_dimension(material.get()), 2);
  ASSERT_EQ(seco_n_components(material.get()), 3);
  const double shear[] = {0, 0, 1};
  for (const int notation : {SECO_VOIGT, SECO_ABAQUS}) {
    double stress[3];
    ASSERT_EQ(seco_evaluate(material.get(), notation, 1, nullptr, shear, stress, nullptr, nullptr),
              SECO_OK);
    // sigma_12 = C_1212 gamma_12, half the Mandel entry.
    EXPECT_NEAR(stress[2], exact(2, 2) / 2, 1e-12 * exact(2, 2));
  }
}

TEST(CInterface, CallersInC90GetTheSameStress) {
  const auto file = write_composite(new_folder("c90"));
  const auto strain = random_numbers(6, 4);
  double stress[6];
  ASSERT_EQ(stress_at_one_point(file.c_str(), strain.data(), stress), SECO_OK) << seco_message();
  const auto material = from_rve(file, "hill");
  std::vector<double> expected(6);
  ASSERT_EQ(seco_evaluate(material.get(), SECO_VOIGT, 1, nullptr, strain.data(), expected.data(),
                          nullptr, nullptr),
            SECO_OK);
  for (int i = 0; i < 6; ++i) EXPECT_EQ(stress[i], expected[i]);
}

TEST(CInterface, ThreadsShareAMaterialAndCreateTheirOwn) {
  const auto file = write_composite(new_folder("threads"));
  const auto material = from_rve(file, "fft");
  ASSERT_TRUE(material);
  const auto strain = random_numbers(6 * 100, 5);
  std::vector<double> expected(strain.size());
  ASSERT_EQ(seco_evaluate(material.get(), SECO_VOIGT, 100, nullptr, strain.data(), expected.data(),
                          nullptr, nullptr),
            SECO_OK);
  std::vector<int> n_wrong(4, 0);
  std::vector<std::string> messages(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      seco_material* own = nullptr;
      const auto missing = "/no/such/" + std::to_string(t);
      n_wrong[t] += seco_create_from_rve(file.c_str(), "fft", nullptr, 0, &own) != SECO_OK;
      seco_destroy(own);
      n_wrong[t] +=
          seco_create_from_rve(missing.c_str(), "fft", nullptr, 0, &own) != SECO_BAD_INPUT;
      std::vector<double> stress(strain.size());
      for (int run = 0; run < 20; ++run) {
        n_wrong[t] += seco_evaluate(material.get(), SECO_VOIGT, 100, nullptr, strain.data(),
                                    stress.data(), nullptr, nullptr) != SECO_OK;
        n_wrong[t] += stress != expected;
      }
      messages[t] = seco_message();
    });
  for (auto& thread : threads) thread.join();
  for (std::size_t t = 0; t < 4; ++t) {
    EXPECT_EQ(n_wrong[t], 0);
    EXPECT_NE(messages[t].find("/no/such/" + std::to_string(t)), std::string::npos) << messages[t];
  }
}

TEST(CInterface, CallersThatTrapFloatingPointExceptionsSurviveTheNetwork) {
  const auto folder = new_folder("traps");
  const auto file = write_parameters(
      folder, "set Engine = s-eco\nset Surrogate model = " SECO_SOURCE "/models/composite_3d",
      "set Grid = 16, 16, 16");
  feclearexcept(FE_ALL_EXCEPT);
  feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
  seco_material* material = nullptr;
  const int result = seco_create_from_parameters(file.c_str(), section, 1, nullptr, &material);
  const int traps = fegetexcept();
  fedisableexcept(FE_ALL_EXCEPT);
  ASSERT_TRUE(result == SECO_OK || result == SECO_UNRELIABLE) << seco_message();
  EXPECT_EQ(traps, FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
  double gap = 0;
  const double strain[6] = {};
  seco_evaluate(material, SECO_VOIGT, 1, nullptr, strain, nullptr, nullptr, &gap);
  EXPECT_GT(gap, 0);
  EXPECT_LT(gap, 1);
  seco_destroy(material);
}
