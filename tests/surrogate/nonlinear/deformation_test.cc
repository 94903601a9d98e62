#include "seco/surrogate/deformation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

#include "microstructures.h"
#include "seco/materials/parameter_file.h"
#include "seco/materials/rve_file.h"

namespace seco::surrogate {
namespace {

using materials::MandelMatrix;
using materials::MandelVector;

std::shared_ptr<const materials::Law> law(const std::string& text) {
  materials::register_builtin_laws();
  materials::ParameterFile file(text, "law");
  auto result = materials::read_law(file, "", {});
  file.check_all_used();
  return result;
}

std::shared_ptr<const materials::Law> elastic(double young, double poisson) {
  return law(
      fmt::format("set Law = linear elastic\nset Young modulus = {}\nset Poisson ratio = {}\n",
                  young, poisson));
}

std::shared_ptr<const materials::Law> plastic(double young, double poisson, double yield,
                                              const std::string& hardening) {
  return law(
      fmt::format("set Law = J2 plasticity\nset Young modulus = {}\nset Poisson ratio = {}\n"
                  "set Yield stress = {}\n{}",
                  young, poisson, yield, hardening));
}

MandelVector vector(const std::vector<double>& values) {
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

LoadIncrement strain_of(double time, const MandelVector& strain) {
  return {time, std::vector<bool>(static_cast<std::size_t>(strain.size()), false), strain,
          MandelVector::Zero(strain.size())};
}

DeformationSettings tight() {
  DeformationSettings settings;
  settings.device = "cpu";
  settings.tolerance = 1e-6;
  settings.tangent = TangentWanted::none;
  return settings;
}

DeformationSettings rough(double tolerance = 1e-3) {
  auto settings = tight();
  settings.tolerance = tolerance;
  return settings;
}

/// Sphere of radius 0.4 edges at the voxel centres of a cube: phase 1.
materials::Rve sphere(int n) {
  materials::Rve rve;
  rve.shape = {n, n, n};
  rve.lengths = {1, 1, 1};
  const auto centre = [&](int i) { return (i + 0.5) / n - 0.5; };
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < n; ++j)
      for (int k = 0; k < n; ++k)
        rve.phase.push_back(std::hypot(centre(i), centre(j), centre(k)) < 0.4 ? 1 : 0);
  rve.stiffness.assign(2, MandelMatrix::Identity(6, 6));
  return rve;
}

/// Error in the norm of the mean elastic compliance relative to the stress, as the bounds have it.
double relative_error(const LawRve& rve, const MandelVector& stress, const MandelVector& exact) {
  MandelMatrix mean = MandelMatrix::Zero(6, 6);
  for (const auto phase : rve.rve.phase) mean += rve.laws[phase]->elastic_stiffness();
  if (rve.rve.dimension() == 2) mean = materials::plane_strain(mean);
  const MandelMatrix metric = (mean / static_cast<double>(rve.rve.phase.size())).inverse();
  const MandelVector difference = stress - exact;
  return std::sqrt(difference.dot(metric * difference) / exact.dot(metric * exact));
}

TEST(Deformation, AgreesWithAnIndependentCodeOnUnloadingAndShearReversal) {
  const std::string data = SECO_TEST_DATA;
  std::ifstream stream(data + "/j2_stiff_inclusions_16_answer.json");
  const auto answer = nlohmann::json::parse(stream)["increments"];
  LawRve rve{materials::read_rve(data + "/j2_stiff_inclusions_16.h5"),
             {plastic(70e3, 0.3, 100, "set Hardening modulus = 700\n"), elastic(400e3, 0.2)}};
  auto settings = tight();
  settings.tangent = TangentWanted::bounds;
  Deformation exact({rve}, settings), bounded({rve}, rough());
  double time = 0;
  for (const auto& expected : answer) {
    const auto strain = vector(expected["strain"].get<std::vector<double>>());
    const auto stress = vector(expected["stress"].get<std::vector<double>>());
    time += 1;
    const auto increment = strain_of(time, strain);
    const auto fine = exact.advance({&increment, 1}).front(),
               coarse = bounded.advance({&increment, 1}).front();
    ASSERT_EQ(fine.status, IncrementStatus::ok) << fine.message;
    EXPECT_LT((fine.stress - stress).norm(), 2e-6 * stress.norm());
    EXPECT_NEAR(fine.energy_upper, expected["energy_upper"].get<double>(),
                1e-6 * fine.energy_upper);
    MandelMatrix tangent(6, 6);
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j) tangent(i, j) = expected["tangent"][i][j].get<double>();
    EXPECT_LT((fine.tangent - tangent).norm(), 1e-3 * tangent.norm());
    for (const auto& [larger, smaller] :
         {std::pair(fine.tangent_upper, tangent), std::pair(tangent, fine.tangent_lower)})
      EXPECT_GT(materials::relative_smallest_eigenvalue(larger - smaller + 1e-5 * tangent), 0);
    ASSERT_EQ(coarse.status, IncrementStatus::ok);
    EXPECT_LE(coarse.stress_error_bound, 1e-3);
    EXPECT_LE(relative_error(rve, coarse.stress, stress), coarse.path_error_bound);
    EXPECT_GE(coarse.path_error_bound, coarse.stress_error_bound);
  }
}

// Published values of two composites (docs/nonlinear.md), from a code on another discretization of
// the same problem's Green operator.
TEST(Deformation, ReproducesTheCompositeUnderUniaxialStrain) {
  LawRve rve{sphere(32),
             {plastic(9 * 62.5 * 28.8462 / (3 * 62.5 + 28.8462),
                      (3 * 62.5 - 2 * 28.8462) / (2 * (3 * 62.5 + 28.8462)), 0.1,
                      "set Hardening modulus = 1\n"),
              elastic(9 * 222.222 * 166.6667 / (3 * 222.222 + 166.6667),
                      (3 * 222.222 - 2 * 166.6667) / (2 * (3 * 222.222 + 166.6667)))}};
  ASSERT_EQ(std::count(rve.rve.phase.begin(), rve.rve.phase.end(), 1), 8744);
  Deformation deformation({rve}, rough(1e-4));
  const std::vector<std::pair<double, double>> expected{{.13690781, .05289866},
                                                        {.23424874, .11911331},
                                                        {.31499977, .19503046},
                                                        {.39476691, .27144702},
                                                        {.47416261, .34797894}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    MandelVector strain = MandelVector::Zero(6);
    strain[0] = 0.001 * static_cast<double>(i + 1);
    const auto increment = strain_of(static_cast<double>(i + 1), strain);
    const auto result = deformation.advance({&increment, 1}).front();
    EXPECT_NEAR(result.stress[0], expected[i].first, 2e-6);
    EXPECT_NEAR(result.stress[1], expected[i].second, 2e-6);
  }
}

TEST(Deformation, ReproducesTheCompositeWithVoceHardening) {
  LawRve rve{
      sphere(32),
      {plastic(9 * 62.5 * 28.8462 / (3 * 62.5 + 28.8462),
               (3 * 62.5 - 2 * 28.8462) / (2 * (3 * 62.5 + 28.8462)), 0.1,
               "set Hardening modulus = 0.1\nset Voce stress = 0.05\nset Voce exponent = 100\n"),
       elastic(9 * 222.222 * 166.6667 / (3 * 222.222 + 166.6667),
               (3 * 222.222 - 2 * 166.6667) / (2 * (3 * 222.222 + 166.6667)))}};
  Deformation deformation({rve}, rough(1e-3));
  const std::vector<std::pair<double, double>> expected{{.07430421, -.03900666},
                                                        {.08731062, -.04495356},
                                                        {.09452951, -.04853233},
                                                        {.09998163, -.05124372},
                                                        {.10418747, -.05333979}};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double x = 0.001 * static_cast<double>(i + 1);
    const auto increment =
        strain_of(static_cast<double>(i + 1), vector({x, -x / 2, -x / 2, 0, 0, 0}));
    const auto result = deformation.advance({&increment, 1}).front();
    ASSERT_EQ(result.status, IncrementStatus::ok) << result.message;
    EXPECT_NEAR(result.stress[0], expected[i].first, 2e-5);
    EXPECT_NEAR(result.stress[1], expected[i].second, 2e-5);
  }
}

TEST(Deformation, OfAHomogeneousRveIsTheLawItself) {
  auto rve = sphere(4);
  std::fill(rve.phase.begin(), rve.phase.end(), 0);
  const auto of_all = plastic(120e3, 0.3, 100, "set Voce stress = 100\nset Voce exponent = 10\n");
  Deformation deformation({{rve, {of_all}}}, tight());
  // Uniaxial stress: the closed form of Voce hardening.
  for (const auto& [strain, expected] :
       {std::pair(0.0019, 101.05232126932), std::pair(0.0039, 102.99590654306)}) {
    LoadIncrement increment{strain,
                            {false, true, true, true, true, true},
                            MandelVector::Zero(6),
                            MandelVector::Zero(6)};
    increment.strain[0] = strain;
    const auto result = deformation.advance({&increment, 1}).front();
    EXPECT_NEAR(result.stress[0], expected, 1e-6 * expected);
    EXPECT_NEAR(result.stress.tail(5).norm(), 0, 1e-4);
    EXPECT_LT(result.stress_error_bound, 1e-6);
  }
}

/// Layers normal to axis 0 under a mean strain: the strain normal to them and its shears jump so
/// that the tractions are equal, a problem in three unknowns.
TEST(Deformation, OfLayersIsExact) {
  auto rve = sphere(4);
  rve.shape = {4, 2, 3};
  rve.phase.clear();
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 6; ++j) rve.phase.push_back(i == 0 ? 1 : 0);
  const std::vector<std::shared_ptr<const materials::Law>> laws{
      plastic(70e3, 0.3, 100, "set Hardening modulus = 900\n"),
      plastic(200e3, 0.25, 300, "set Voce stress = 80\nset Voce exponent = 60\n")};
  Deformation deformation({{rve, laws}}, tight());
  const MandelVector mean = vector({0.004, -0.001, 0.002, 0.001, -0.003, 0.002});
  const auto increment = strain_of(1, mean);
  const auto result = deformation.advance({&increment, 1}).front();
  ASSERT_EQ(result.status, IncrementStatus::ok) << result.message;

  const double part[] = {0.75, 0.25};
  const int normal[] = {0, 4, 5};
  std::vector<double> state[] = {laws[0]->initial_state(), laws[1]->initial_state()};
  Eigen::Vector3d jump = Eigen::Vector3d::Zero();  // of phase 0, times its part
  MandelVector stress[2] = {MandelVector::Zero(6), MandelVector::Zero(6)};
  for (int i = 0; i < 200; ++i) {
    Eigen::Matrix3d derivative = Eigen::Matrix3d::Zero();
    Eigen::Vector3d traction = Eigen::Vector3d::Zero();
    for (int p = 0; p < 2; ++p) {
      MandelVector strain = mean;
      const double sign = p == 0 ? 1 : -1;
      for (int c = 0; c < 3; ++c) strain[normal[c]] += sign * jump[c] / part[p];
      double tangent[21];
      laws[p]->respond({1, 1, strain.data(), state[p].data(), 1},
                       {stress[p].data(), tangent, nullptr, nullptr});
      for (int a = 0; a < 3; ++a) {
        traction[a] += sign * stress[p][normal[a]];
        for (int b = 0; b < 3; ++b) {
          const int k = std::min(normal[a], normal[b]), l = std::max(normal[a], normal[b]);
          derivative(a, b) += tangent[k * 6 - k * (k - 1) / 2 + l - k] / part[p];
        }
      }
    }
    const Eigen::Vector3d step = derivative.inverse() * traction;
    jump -= (i < 100 ? 0.5 : 1.) * step;
  }
  const MandelVector expected = part[0] * stress[0] + part[1] * stress[1];
  EXPECT_LT((result.stress - expected).norm(), 1e-6 * expected.norm());
}

TEST(Deformation, HoldsPrescribedStressesOfACompositeToTheTolerance) {
  LawRve rve{sphere(8),
             {plastic(70e3, 0.3, 100, "set Hardening modulus = 700\n"), elastic(400e3, 0.2)}};
  Deformation deformation({rve}, rough());
  for (int i = 1; i <= 5; ++i) {
    LoadIncrement increment{static_cast<double>(i),
                            {false, true, true, true, true, true},
                            MandelVector::Zero(6),
                            MandelVector::Zero(6)};
    increment.strain[0] = 0.001 * i;
    const auto result = deformation.advance({&increment, 1}).front();
    ASSERT_EQ(result.status, IncrementStatus::ok) << result.message;
    EXPECT_DOUBLE_EQ(result.strain[0], 0.001 * i);
    EXPECT_LT(result.stress.tail(5).norm(), 1e-12 * result.stress[0]);
    EXPECT_LT(result.strain[1], -0.2e-3 * i);
  }
}

// Random microstructures, laws and paths: what converges far tighter lies inside every bound.
TEST(Deformation, BoundsEncloseTheConvergedAnswer) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int k = 0; k < 200; ++k) {
    const bool plane = k % 4 == 3;
    const std::vector<int> shape = plane ? std::vector<int>{8, 6} : std::vector<int>{6, 5, 4};
    materials::Rve rve;
    rve.shape = shape;
    rve.lengths.assign(shape.size(), 1.);
    for (std::size_t v = 0; v < rve.n_voxels(); ++v)
      rve.phase.push_back(static_cast<std::uint16_t>(3 * uniform(random)));
    const std::string kinds[] = {
        fmt::format("set Hardening modulus = {}\n", 200 + 5000 * uniform(random)),
        fmt::format("set Hardening modulus = 100\nset Voce stress = {}\nset Voce exponent = 30\n",
                    50 * uniform(random)),
        fmt::format("set Hardening modulus = 500\nset Kinematic modulus = {}\n",
                    3000 * uniform(random))};
    LawRve all{rve,
               {elastic(50e3 + 3e5 * uniform(random), 0.4 * uniform(random)),
                plastic(70e3, 0.3, 60 + 100 * uniform(random), kinds[k % 3]),
                plastic(120e3, 0.25, 90 + 100 * uniform(random), kinds[(k + 1) % 3])}};
    auto fine_settings = tight();
    fine_settings.criterion = StopCriterion::residual;
    fine_settings.tolerance = 1e-9;
    Deformation exact({all}, fine_settings), coarse({all}, rough(0.02));
    const auto m = plane ? 3 : 6;
    MandelVector strain = MandelVector::Zero(m);
    for (int i = 1; i <= 3; ++i) {
      for (int c = 0; c < m; ++c) strain[c] += 0.004 * (uniform(random) - 0.5);
      const auto increment = strain_of(i, strain);
      const auto converged = exact.advance({&increment, 1}).front(),
                 bounded = coarse.advance({&increment, 1}).front();
      ASSERT_NE(bounded.status, IncrementStatus::failed) << k << bounded.message;
      ASSERT_NE(converged.status, IncrementStatus::failed) << k << converged.message;
      if (i > 1) {
        if (std::isfinite(bounded.path_error_bound)) {
          EXPECT_LE(relative_error(all, bounded.stress, converged.stress),
                    bounded.path_error_bound * 1.1 + 1e-8);
        }
        continue;
      }
      // From the same state: energies and stress of the increment itself.
      EXPECT_LE(converged.energy_upper, bounded.energy_upper * (1 + 1e-12));
      EXPECT_GE(converged.energy_upper, bounded.energy_lower * (1 - 1e-12));
      EXPECT_LE(relative_error(all, bounded.stress, converged.stress),
                bounded.stress_error_bound * (1 + 1e-6));
    }
  }
}

// The stored state is rounded; what that does to the path is part of its bound.
TEST(Deformation, BoundsOfThePathHoldWithAStateInSinglePrecision) {
  LawRve rve{sphere(8),
             {plastic(70e3, 0.3, 100, "set Hardening modulus = 700\n"), elastic(400e3, 0.2)}};
  auto settings = tight();
  settings.tolerance = 1e-5;
  Deformation exact({rve}, settings);
  settings.single_precision_state = true;
  Deformation rounded({rve}, settings);
  double exact_sum = 0, rounded_sum = 0;
  for (int i = 1; i <= 12; ++i) {
    const double x = 0.002 * ((i % 4 < 2) ? i % 4 : 2 - i % 4) + 1e-4 * i;
    const auto increment = strain_of(i, vector({x, -x / 2, -x / 2, 0, 0, x / 3}));
    const auto a = exact.advance({&increment, 1}).front(),
               b = rounded.advance({&increment, 1}).front();
    ASSERT_EQ(b.status, IncrementStatus::ok);
    EXPECT_LE(relative_error(rve, b.stress, a.stress), a.path_error_bound + b.path_error_bound);
    EXPECT_LE(relative_error(rve, b.stress, a.stress), 2e-5);
    exact_sum += a.path_error_bound;
    rounded_sum += b.path_error_bound;
  }
  EXPECT_GT(rounded_sum, exact_sum);
}

// The stress that balances leaves the saturated yield surface at some voxel.
TEST(Deformation, PerfectPlasticityHasBoundsToo) {
  LawRve rve{sphere(8), {plastic(70e3, 0.3, 100, ""), elastic(400e3, 0.2)}};
  Deformation deformation({rve}, rough()), exact({rve}, [] {
    auto settings = tight();
    settings.criterion = StopCriterion::residual;
    settings.tolerance = 1e-8;
    return settings;
  }());
  for (int i = 1; i <= 3; ++i) {
    const auto increment = strain_of(i, vector({0.002 * i, -0.001 * i, -0.001 * i, 0, 0, 0}));
    const auto a = deformation.advance({&increment, 1}).front(),
               b = exact.advance({&increment, 1}).front();
    ASSERT_EQ(a.status, IncrementStatus::ok) << a.message;
    EXPECT_LE(a.stress_error_bound, 1e-3);
    if (i == 1) {
      EXPECT_LE(relative_error(rve, a.stress, b.stress), a.stress_error_bound);
    } else {
      EXPECT_LE(relative_error(rve, a.stress, b.stress), a.path_error_bound);
    }
  }
}

// Every law that has an energy, beside an elastic phase: converged answers lie inside the bounds.
TEST(Deformation, BoundsEncloseTheAnswerOfEveryLaw) {
  const std::string elasticity = "set Young modulus = 70e3\nset Poisson ratio = 0.3\n",
                    creep = "set Reference rate = 1e-3\nset Reference stress = 50\nset Exponent = ",
                    crystal =
                        "set Law = crystal viscoplasticity\nset Euler angles = 20, 40, 70\n"
                        "set Rate exponent = 10\nset Reference slip rate = 1e-3\n"
                        "set Slip resistance = 40\nset Hardening = none\n";
  const std::vector<std::string> texts{
      "set Law = Norton creep\n" + elasticity + creep + "1\n",
      "set Law = Norton creep\n" + elasticity + creep + "6\n",
      "set Law = Perzyna\n" + elasticity + creep +
          "3\nset Yield stress = 60\nset Hardening modulus = 500\n",
      "set Law = J2 plasticity\n" + elasticity +
          "set Yield stress = 60\nset Ludwik coefficient = 200\nset Ludwik exponent = 0.3\n",
      "set Law = J2 plasticity\n" + elasticity +
          "set Hardening curve = 0, 60, 0.002, 90, 0.01, 100\n",
      "set Law = Ramberg-Osgood\n" + elasticity +
          "set Reference strain = 0.002\nset Reference stress = 80\nset Exponent = 7\n",
      "set Law = Hencky power law\n" + elasticity + "set Yield stress = 60\nset Exponent = 0.2\n",
      crystal + "set Lattice = fcc\nset Elastic constants = Cu\n",
      crystal + "set Lattice = bcc\nset Elastic constants = Fe\n"};
  for (const auto& text : texts) {
    LawRve rve{sphere(5), {law(text), elastic(300e3, 0.2)}};
    for (std::size_t v = 0; v < rve.rve.phase.size(); v += 3) rve.rve.phase[v] ^= 1;
    auto fine = tight();
    fine.criterion = StopCriterion::residual;
    fine.tolerance = 1e-9;
    Deformation exact({rve}, fine), coarse({rve}, rough(0.02));
    for (int i = 1; i <= 3; ++i) {
      const double x = 0.0015 * i;
      const auto increment = strain_of(0.5 * i, vector({x, -x / 3, 0, x / 2, 0, -x / 4}));
      const auto converged = exact.advance({&increment, 1}).front(),
                 bounded = coarse.advance({&increment, 1}).front();
      ASSERT_EQ(bounded.status, IncrementStatus::ok) << text << bounded.message;
      ASSERT_NE(converged.status, IncrementStatus::failed) << text << converged.message;
      const double error = relative_error(rve, bounded.stress, converged.stress);
      if (i == 1) {
        EXPECT_LE(error, bounded.stress_error_bound * (1 + 1e-6)) << text;
        EXPECT_LE(converged.energy_upper, bounded.energy_upper * (1 + 1e-12)) << text;
        EXPECT_GE(converged.energy_upper, bounded.energy_lower * (1 - 1e-12)) << text;
      } else if (std::isfinite(bounded.path_error_bound)) {
        EXPECT_LE(error, bounded.path_error_bound * 1.1) << text;
      }
    }
  }
}

// One voxel thick, a body in plane strain is the plane one.
TEST(Deformation, InPlaneStrainIsThatOfASheet) {
  materials::Rve plane;
  plane.shape = {9, 6};
  plane.lengths = {1.5, 1};
  for (int v = 0; v < 54; ++v) plane.phase.push_back(v * v % 5 < 2);
  auto sheet = plane;
  sheet.shape = {9, 6, 1};
  sheet.lengths = {1.5, 1, 0.2};
  const std::vector<std::shared_ptr<const materials::Law>> laws{
      plastic(70e3, 0.3, 100, "set Hardening modulus = 700\n"), elastic(300e3, 0.2)};
  Deformation two({{plane, laws}}, tight()), three({{sheet, laws}}, tight());
  for (int i = 1; i <= 4; ++i) {
    const double x = 0.002 * (i < 3 ? i : 4 - i);
    const auto in_plane = strain_of(i, vector({x, -x / 2, x / 3})),
               in_space = strain_of(i, vector({x, -x / 2, 0, 0, 0, x / 3}));
    const auto a = two.advance({&in_plane, 1}).front(), b = three.advance({&in_space, 1}).front();
    ASSERT_EQ(a.status, IncrementStatus::ok) << a.message;
    const MandelVector expected = vector({b.stress[0], b.stress[1], b.stress[5]});
    EXPECT_LT((a.stress - expected).norm(), 4e-6 * expected.norm());
  }
}

// The axes of grid, laws and path turned cyclically.
TEST(Deformation, DoesNotDependOnTheAxes) {
  const std::vector<int> shape{4, 5, 6};
  materials::Rve rve, turned;
  rve.shape = shape;
  rve.lengths = {1, 1.2, 1.4};
  for (int v = 0; v < 120; ++v) rve.phase.push_back(v * v % 7 < 3);
  turned.shape = {6, 4, 5};
  turned.lengths = {1.4, 1, 1.2};
  turned.phase.resize(120);
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j < 5; ++j)
      for (int k = 0; k < 6; ++k)
        turned.phase[(k * 4 + i) * 5 + j] = rve.phase[(i * 5 + j) * 6 + k];
  const std::vector<std::shared_ptr<const materials::Law>> laws{
      plastic(70e3, 0.3, 100, "set Hardening modulus = 700\n"), elastic(300e3, 0.2)};
  // x y z become y z x: 11 22 33 23 13 12 stand at 22 33 11 13 12 23.
  const auto turn = [](const MandelVector& v) {
    return vector({v[2], v[0], v[1], v[5], v[3], v[4]});
  };
  Deformation a({{rve, laws}}, tight()), b({{turned, laws}}, tight());
  for (int i = 1; i <= 2; ++i) {
    const MandelVector strain = i * vector({0.001, -0.0004, 0.0002, 0.0006, 0, -0.0008});
    const auto load = strain_of(i, strain), turned_load = strain_of(i, turn(strain));
    const auto first = a.advance({&load, 1}).front(), second = b.advance({&turned_load, 1}).front();
    EXPECT_LT((turn(first.stress) - second.stress).norm(), 4e-6 * first.stress.norm());
  }
}

// A tolerance that round-off does not allow ends with what there is, not in ever smaller steps.
TEST(Deformation, EndsWhereRoundOffKeepsItFromTheTolerance) {
  LawRve rve{sphere(6),
             {plastic(70e3, 0.3, 100, "set Hardening modulus = 700\n"), elastic(400e3, 0.2)}};
  Deformation deformation({rve}, rough(1e-9));
  const auto increment = strain_of(1, vector({0.003, -0.001, 0, 0, 0.001, 0}));
  const auto result = deformation.advance({&increment, 1}).front();
  EXPECT_EQ(result.status, IncrementStatus::not_converged);
  EXPECT_EQ(result.n_parts, 1u);
  EXPECT_LT(result.stress_error_bound, 1e-6);
  EXPECT_NE(result.message.find("round-off"), std::string::npos);
}

// Of elastic phases the tangent is what the stresses say, also where one is nearly incompressible.
TEST(Deformation, TangentsOfNearlyIncompressiblePhasesAreRight) {
  LawRve rve{sphere(5), {elastic(4e3, 0.3), elastic(40e3, 0.49999)}};
  auto settings = rough(1e-5);
  settings.tangent = TangentWanted::estimate;
  Deformation deformation({rve}, settings);
  const auto increment = strain_of(1, vector({0.001, 0, 0, 0, 0, 0}));
  const auto result = deformation.advance({&increment, 1}).front();
  ASSERT_EQ(result.status, IncrementStatus::ok) << result.message;
  EXPECT_NEAR(result.tangent(0, 0), result.stress[0] / 0.001, 2e-3 * result.tangent(0, 0));
  EXPECT_NEAR(result.tangent(1, 0), result.stress[1] / 0.001, 2e-3 * result.tangent(0, 0));
  EXPECT_TRUE(result.message.empty()) << result.message;
}

TEST(Deformation, OfABatchIsThatOfEachRve) {
  std::vector<LawRve> rves;
  for (int k = 0; k < 3; ++k) {
    auto rve = sphere(6);
    for (auto& phase : rve.phase) phase = static_cast<std::uint16_t>((phase + k) % 2);
    rves.push_back(
        {rve,
         {plastic(70e3, 0.3, 100 + 20 * k, "set Hardening modulus = 700\n"), elastic(300e3, 0.2)}});
  }
  Deformation batch(rves, rough(1e-5));
  std::vector<LoadIncrement> increments;
  for (int k = 0; k < 3; ++k)
    increments.push_back(strain_of(1, vector({0.001 * (k + 1), 0, 0.001, 0, 0, 0.001})));
  const auto together = batch.advance(increments);
  for (std::size_t k = 0; k < 3; ++k) {
    Deformation alone({rves[k]}, rough(1e-5));
    const auto one = alone.advance({&increments[k], 1}).front();
    EXPECT_LT((together[k].stress - one.stress).norm(), 2e-5 * one.stress.norm());
  }
}

TEST(Deformation, GoesOnFromASavedState) {
  LawRve rve{sphere(6),
             {plastic(70e3, 0.3, 100, "set Hardening modulus = 700\n"), elastic(400e3, 0.2)}};
  Deformation first({rve}, rough());
  const auto load = [](int i) {
    return strain_of(i, vector({0.001 * i, -0.0005 * i, 0, 0, 0.001, 0}));
  };
  for (int i = 1; i <= 2; ++i) {
    const auto increment = load(i);
    first.advance({&increment, 1});
  }
  Deformation second({rve}, rough());
  second.restore(first.save());
  const auto increment = load(3);
  const auto a = first.advance({&increment, 1}).front(),
             b = second.advance({&increment, 1}).front();
  EXPECT_EQ(a.stress, b.stress);
  EXPECT_EQ(a.path_error_bound, b.path_error_bound);
  EXPECT_THROW(second.restore(std::vector<double>(3)), std::invalid_argument);
}

TEST(Deformation, DoesNotDependOnUnits) {
  const auto run = [](double unit) {
    LawRve rve{sphere(6),
               {plastic(70e3 * unit, 0.3, 100 * unit,
                        fmt::format("set Hardening modulus = {}\n", 700 * unit)),
                elastic(400e3 * unit, 0.2)}};
    Deformation deformation({rve}, rough());
    const auto increment = strain_of(1, vector({0.003, -0.001, 0, 0, 0.001, 0}));
    return deformation.advance({&increment, 1}).front();
  };
  const auto mega = run(1), pascal = run(1e6);
  EXPECT_EQ(mega.iterations, pascal.iterations);
  EXPECT_LT((1e6 * mega.stress - pascal.stress).norm(), 1e-6 * pascal.stress.norm());
  EXPECT_NEAR(mega.stress_error_bound, pascal.stress_error_bound, 0.05 * mega.stress_error_bound);
}

TEST(Deformation, RefusesWhatDoesNotFit) {
  LawRve rve{sphere(4), {plastic(70e3, 0.3, 100, ""), elastic(400e3, 0.2)}};
  Deformation deformation({rve}, rough());
  const auto increment = strain_of(0, MandelVector::Zero(6));
  EXPECT_THROW(deformation.advance({&increment, 1}), std::invalid_argument);
  const auto plane = strain_of(1, MandelVector::Zero(3));
  EXPECT_THROW(deformation.advance({&plane, 1}), std::invalid_argument);
  auto infinite = strain_of(1, MandelVector::Zero(6));
  infinite.strain[2] = HUGE_VAL;
  EXPECT_THROW(deformation.advance({&infinite, 1}), std::invalid_argument);
  rve.laws.pop_back();
  EXPECT_THROW(Deformation({rve}, rough()), std::invalid_argument);
}

}  // namespace
}  // namespace seco::surrogate
