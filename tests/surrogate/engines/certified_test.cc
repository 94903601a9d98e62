#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "certified_solver.h"
#include "conjugate_gradients.h"
#include "difference_operator.h"
#include "eco_blocks.h"
#include "microstructures.h"
#include "reference_solver.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/random.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/setting_error.h"
#include "support/message_of.h"

using namespace seco;
using namespace seco::surrogate;
using materials::MandelMatrix;
using seco::test::message_of;
using test::loewner_margin;
using test::make_rve;

namespace {

const auto double_precision = torch::TensorOptions(torch::kDouble);

EngineSettings tolerance_of(double tolerance, const std::string& precision = "double") {
  EngineSettings settings;
  settings.tolerance = tolerance;
  settings.precision = precision;
  return settings;
}

std::vector<Homogenized> homogenize(const std::string& engine, const EngineSettings& settings,
                                    const std::vector<materials::Rve>& rves) {
  register_builtin_engines();
  return make_engine(engine, settings)->homogenize(rves);
}

/// RVEs of every generator, contrasts from 1/1000 to 1000, different grids and phases without any
/// symmetry among them.
std::vector<materials::Rve> random_rves(std::size_t n, int dimension, std::uint64_t seed) {
  materials::RandomStream random(seed);
  auto types = materials::generator_names();
  if (dimension == 2) std::erase(types, "fibres");
  const std::vector<std::vector<int>> grids =
      dimension == 2 ? std::vector<std::vector<int>>{{16, 16}, {13, 10}, {12, 20}}
                     : std::vector<std::vector<int>>{{6, 6, 6}, {8, 5, 7}, {7, 7, 7}};
  std::vector<materials::Rve> rves;
  while (rves.size() < n) {
    const auto& type = types[rves.size() % types.size()];
    const double contrast = std::pow(10., 6. * random.uniform() - 3.);
    const auto& grid = grids[(rves.size() / types.size()) % grids.size()];
    try {
      auto rve = make_rve(type, grid, ++seed, contrast);
      if (rves.size() % 7 == 0)
        for (auto& stiffness : rve.stiffness)
          stiffness = test::random_triclinic(dimension, ++seed) *
                      (stiffness.norm() / rve.stiffness.front().norm());
      if (rves.size() % 5 == 0) rve.lengths.back() *= 1.7;
      rves.push_back(std::move(rve));
    } catch (const materials::PackingError&) {
    }
  }
  return rves;
}

/// Largest over smallest eigenvalue of the stiffnesses of an RVE.
double contrast_of(const materials::Rve& rve) {
  double smallest = INFINITY, largest = 0;
  for (const auto& stiffness : rve.stiffness) {
    const Eigen::SelfAdjointEigenSolver<MandelMatrix> solver(stiffness, Eigen::EigenvaluesOnly);
    smallest = std::min(smallest, solver.eigenvalues().minCoeff());
    largest = std::max(largest, solver.eigenvalues().maxCoeff());
  }
  return largest / smallest;
}

}  // namespace

class CertifiedBounds : public ::testing::TestWithParam<std::tuple<int, std::string>> {};

// 250 RVEs for each dimension and precision: a thousand in all.
TEST_P(CertifiedBounds, HoldOnRandomRvesAndMeetTheToleranceOrSaySo) {
  const auto [dimension, precision] = GetParam();
  const auto rves = random_rves(250, dimension, 77 * dimension + precision.size());
  auto exact_settings = tolerance_of(1e-10);
  exact_settings.max_iterations = 20000;
  const auto exact = homogenize("fft", exact_settings, rves);
  double log_ratio = 0, n_ratios = 0;
  for (const double tolerance : {0.1, 3e-3}) {
    const auto results = homogenize("certified", tolerance_of(tolerance, precision), rves);
    // The slack that certified_solver.h states for single precision.
    const double slack = precision == "double" ? 1e-9 : std::max(0.01 * tolerance, 1e-6);
    for (std::size_t i = 0; i < rves.size(); ++i) {
      SCOPED_TRACE(i);
      const auto& result = results[i];
      ASSERT_EQ(exact[i].status, Status::ok) << exact[i].message;
      ASSERT_NE(result.status, Status::failed) << result.message;
      EXPECT_GT(loewner_margin(result.lower, exact[i].stiffness), -slack);
      EXPECT_GT(loewner_margin(exact[i].stiffness, result.upper), -slack);
      if (result.status == Status::ok) {
        EXPECT_LE(result.gap, tolerance);
      } else {
        // Only round-off of single precision may stop it, which grows with the contrast.
        EXPECT_EQ(precision, "single") << result.message;
        EXPECT_GT(std::numeric_limits<float>::epsilon() * contrast_of(rves[i]), 0.1 * tolerance);
      }
      if (result.iterations == 0) continue;  // Voigt and Reuss: the estimate is the midpoint
      const MandelMatrix midpoint = 0.5 * (result.lower + result.upper);
      const double error = test::relative_difference(result.stiffness, exact[i].stiffness);
      log_ratio += std::log((error + 1e-9) /
                            (test::relative_difference(midpoint, exact[i].stiffness) + 1e-9));
      ++n_ratios;
    }
  }
  // The estimate is typically nearer than the midpoint: the geometric mean of the ratios.
  EXPECT_LT(std::exp(log_ratio / n_ratios), 0.75);
}

INSTANTIATE_TEST_SUITE_P(DimensionsAndPrecisions, CertifiedBounds,
                         ::testing::Combine(::testing::Values(2, 3),
                                            ::testing::Values("double", "single")),
                         [](const auto& info) {
                           return std::to_string(std::get<0>(info.param)) + "d_" +
                                  std::get<1>(info.param);
                         });

TEST(Certified, FarOutsideAnyTrainingSetTakesMoreStepsButHolds) {
  // The shipped network starts from microstructures and grids it has never seen.
  register_builtin_engines();
  auto settings = tolerance_of(1e-2);
  settings.model = SECO_SOURCE "/models/polycrystal_3d";
  auto odd = make_rve("inclusions", {9, 7, 10}, 3, 300.);
  odd.lengths = {1., 0.6, 1.3};
  auto triclinic = make_rve("polycrystal", {8, 8, 8}, 4);
  for (std::size_t p = 0; p < triclinic.stiffness.size(); ++p)
    triclinic.stiffness[p] = test::random_triclinic(3, 50 + p);
  const std::vector<materials::Rve> rves{odd, triclinic,
                                         make_rve("fibres", {12, 12, 12}, 5, 1. / 500.),
                                         make_rve("polycrystal", {12, 12, 12}, 6)};
  const auto results = homogenize("certified", settings, rves);
  const auto exact = homogenize("fft", tolerance_of(1e-10), rves);
  for (std::size_t i = 0; i < rves.size(); ++i) {
    EXPECT_EQ(results[i].status, Status::ok) << results[i].message;
    EXPECT_LE(results[i].gap, 1e-2);
    EXPECT_GT(loewner_margin(results[i].lower, exact[i].stiffness), -1e-9);
    EXPECT_GT(loewner_margin(exact[i].stiffness, results[i].upper), -1e-9);
  }
  // Copper is what the network knows: its fields are good enough as they are.
  EXPECT_EQ(results[3].iterations, 0);
  for (const int i : {0, 1, 2}) EXPECT_GT(results[i].iterations, 2);
}

TEST(Certified, WrongFieldsToStartFromCostStepsOnly) {
  const auto rve = make_rve("inclusions", {10, 10, 10}, 8, 30.);
  const StiffnessField stiffness({&rve, 1}, double_precision);
  torch::manual_seed(3);
  CertifiedStart start;
  start.displacement = 0.1 * torch::randn({1, 6, 3, 10, 10, 10}, double_precision);
  const GreenOperator green(stiffness.grid(), double_precision);
  start.stress = equilibrium_block(torch::randn({1, 6, 6, 10, 10, 10}, double_precision),
                                   EquilibriumForm::projection, green, mean_medium(stiffness));
  const auto wrong = solve_certified(stiffness, {1e-3, 2000, 0}, start);
  const auto plain = solve_certified(stiffness, {1e-3, 2000, 0});
  EXPECT_EQ(wrong.status[0], Status::ok);
  EXPECT_LE(wrong.bounds.gap()[0].item<double>(), 1e-3);
  EXPECT_GT(wrong.iterations[0], plain.iterations[0]);
  // The exact solution needs no step.
  const auto solution = solve(stiffness, {1e-10, 2000});
  start.displacement = solution.displacement;
  start.stress =
      equilibrium_block(stiffness.apply(total_strain(solution.displacement, stiffness.grid())),
                        EquilibriumForm::projection, green, mean_medium(stiffness));
  EXPECT_EQ(solve_certified(stiffness, {1e-3, 2000, 0}, start).iterations[0], 0);
}

TEST(Certified, VoidsHaveBoundsToATolerance) {
  auto rve = make_rve("inclusions", {12, 12, 12}, 9);
  rve.stiffness[1].setZero();
  const auto exact = homogenize("fft", tolerance_of(1e-10), {rve}).front();
  for (const char* precision : {"double", "single"})
    for (const double tolerance : {1e-1, 1e-2, 1e-4}) {
      SCOPED_TRACE(fmt::format("{} {}", precision, tolerance));
      const auto result =
          homogenize("certified", tolerance_of(tolerance, precision), {rve}).front();
      EXPECT_EQ(result.status, Status::ok) << result.message;
      EXPECT_LE(result.gap, tolerance);
      EXPECT_GT(loewner_margin(result.lower, exact.upper), -1e-10);
      EXPECT_GT(loewner_margin(exact.upper, result.upper), -1e-10);
      // The upper bound is much the nearer, and the estimate says so.
      EXPECT_LT(test::relative_difference(result.stiffness, exact.upper), 0.1 * tolerance);
    }
}

TEST(Certified, VoidsSolidsAndPlatesMayShareABatch) {
  std::vector<materials::Rve> rves;
  for (int seed = 0; seed < 4; ++seed)
    rves.push_back(make_rve("inclusions", {8, 8, 8}, 20 + static_cast<std::uint64_t>(seed)));
  rves[1].stiffness[1].setZero();
  rves[3].stiffness[1].setZero();
  for (std::size_t v = 0; v < rves[3].phase.size(); ++v) rves[3].phase[v] = v / 64 < 3 ? 0 : 1;
  const auto together = homogenize("certified", tolerance_of(1e-3), rves);
  for (std::size_t i = 0; i < rves.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(together[i].status, i == 3 ? Status::one_sided : Status::ok) << together[i].message;
    const auto exact = homogenize("fft", tolerance_of(1e-9), {rves[i]}).front();
    EXPECT_GT(loewner_margin(together[i].lower, exact.upper), -1e-9);
    EXPECT_GT(loewner_margin(exact.upper, together[i].upper), -1e-9);
    EXPECT_LE(together[i].gap, i == 3 ? 1. : 1e-3);
  }
}

TEST(Certified, PlatesBetweenVoidsHaveTheirClosedForm) {
  // Half of the cell is solid: plane stress in the plane, nothing across it, which has no bound.
  auto rve = make_rve("inclusions", {8, 4}, 1);
  rve.lengths = {1., 1.};
  rve.stiffness = {materials::plane_strain(materials::isotropic(1000., 0.3).cast<double>()),
                   MandelMatrix::Zero(3, 3)};
  for (std::size_t v = 0; v < rve.phase.size(); ++v) rve.phase[v] = v / 4 < 4 ? 0 : 1;
  const auto result = homogenize("certified", tolerance_of(1e-6), {rve}).front();
  EXPECT_EQ(result.status, Status::one_sided);
  EXPECT_NE(result.message.find("axis 0"), std::string::npos) << result.message;
  EXPECT_NEAR(result.upper(1, 1), 0.5 * 1000. / (1. - 0.09), 1e-3);
  // A cross of two such plates carries every load.
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 4; ++j)
      rve.phase[static_cast<std::size_t>(4 * i + j)] = i < 4 || j < 2 ? 0 : 1;
  const auto cross = homogenize("certified", tolerance_of(1e-6), {rve}).front();
  EXPECT_EQ(cross.status, Status::ok) << cross.message;
  EXPECT_LE(cross.gap, 1e-6);
}

TEST(Certified, TheStepLimitIsReportedAndTheBoundsHold) {
  auto settings = tolerance_of(1e-6);
  settings.max_iterations = 3;
  const auto rve = make_rve("fibres", {12, 12, 12}, 10, 100.);
  const auto result = homogenize("certified", settings, {rve}).front();
  EXPECT_EQ(result.status, Status::not_converged);
  EXPECT_EQ(result.iterations, 3);
  EXPECT_NE(result.message.find("after 3 steps, asked for 1e-06"), std::string::npos)
      << result.message;
  const auto exact = homogenize("fft", tolerance_of(1e-10), {rve}).front();
  EXPECT_GT(loewner_margin(result.lower, exact.stiffness), -1e-9);
  EXPECT_GT(loewner_margin(exact.stiffness, result.upper), -1e-9);
}

TEST(Certified, ToTightForSinglePrecisionStopsAndSaysSo) {
  const auto result = homogenize("certified", tolerance_of(1e-5, "single"),
                                 {make_rve("fibres", {12, 12, 12}, 2, 1000.)})
                          .front();
  if (result.status != Status::ok) {
    EXPECT_EQ(result.status, Status::not_converged);
    EXPECT_NE(result.message.find("double precision"), std::string::npos) << result.message;
  }
  EXPECT_LT(result.iterations, 2000);
}

TEST(Certified, RefusesWhatCannotBe) {
  register_builtin_engines();
  const auto refused = [](EngineSettings settings) {
    return message_of([&] { make_engine("certified", settings); });
  };
  EXPECT_EQ(refused(tolerance_of(0.)), "tolerance 0 is not between 0 and 1");
  EXPECT_NE(refused(tolerance_of(1e-7, "single")).find("single precision"), std::string::npos);
  auto settings = tolerance_of(1e-2);
  settings.model = "/nowhere";
  EXPECT_NE(refused(settings).find("/nowhere"), std::string::npos);
  settings.model = SECO_SOURCE "/models/pores_2d";
  EXPECT_NE(message_of([&] {
              make_engine("certified", settings)
                  ->homogenize(std::vector{make_rve("polycrystal", {6, 6, 6})});
            }).find("trained for 2D"),
            std::string::npos);
}

TEST(Certified, SettingsThatAreToBlameAreNamed) {
  register_builtin_engines();
  const auto blamed = [](const std::string& engine, const EngineSettings& settings) {
    try {
      make_engine(engine, settings);
    } catch (const SettingError& error) {
      return error.setting();
    }
    ADD_FAILURE() << "nothing was refused";
    return Setting::model;
  };
  for (const char* engine : {"certified", "auto", "fft"})
    EXPECT_EQ(blamed(engine, tolerance_of(0.)), Setting::tolerance) << engine;
  EXPECT_EQ(blamed("certified", tolerance_of(1e-9, "single")), Setting::tolerance);
  EXPECT_EQ(blamed("fft", tolerance_of(1e-3, "half")), Setting::precision);
  auto settings = tolerance_of(1e-3);
  settings.device = "abacus";
  EXPECT_EQ(blamed("fft", settings), Setting::device);
  EXPECT_EQ(blamed("ftt", tolerance_of(1e-3)), Setting::engine);
}

TEST(Certified, TheFirstCheckIsNotBeforeTheStepThatIsAsked) {
  auto settings = tolerance_of(0.1);
  const auto rve = make_rve("inclusions", {16, 16}, 3, 10.);
  const auto usual = homogenize("certified", settings, {rve}).front();
  settings.own["certified"]["First check"] = std::to_string(usual.iterations + 7);
  const auto later = homogenize("certified", settings, {rve}).front();
  EXPECT_GE(later.iterations, usual.iterations + 7);
  EXPECT_LT(later.gap, usual.gap);
  settings.own["certified"]["First chek"] = "1";
  EXPECT_NE(message_of([&] { make_engine("certified", settings); }).find("'First check'"),
            std::string::npos);
}

TEST(Certified, ABatchGivesWhatEachRveGivesAlone) {
  std::vector<materials::Rve> rves;
  for (int i = 0; i < 5; ++i)
    rves.push_back(make_rve("inclusions", {16, 16}, 20 + i, std::pow(10., i - 2)));
  const auto together = homogenize("certified", tolerance_of(1e-4), rves);
  for (std::size_t i = 0; i < rves.size(); ++i) {
    const auto alone = homogenize("certified", tolerance_of(1e-4), {rves[i]}).front();
    EXPECT_EQ(together[i].status, Status::ok);
    EXPECT_LT(test::relative_difference(together[i].stiffness, alone.stiffness), 1e-4);
  }
}

TEST(KinematicIteration, KnowsTheFallOfItsEnergyAndItsGap) {
  const std::vector<materials::Rve> rves{make_rve("inclusions", {8, 7, 6}, 1, 40.),
                                         make_rve("inclusions", {8, 7, 6}, 2, 0.02)};
  const StiffnessField stiffness(rves, double_precision);
  const Grid& grid = stiffness.grid();
  KinematicIteration iteration(stiffness);
  const auto energy = [&] {
    const auto strain = total_strain(iteration.displacement(), grid);
    return (strain * stiffness.apply(strain)).flatten(2).sum(2) /
           static_cast<double>(grid.n_voxels());
  };
  for (int step = 0; step < 4; ++step) {
    const auto before = energy();
    iteration.step();
    EXPECT_TRUE(torch::allclose(before - energy(), iteration.decrease(), 1e-9, 1e-14));
    const auto strain = total_strain(iteration.displacement(), grid);
    const auto stress = stiffness.apply(strain);
    const auto equilibrated = equilibrium_block(stress, EquilibriumForm::projection,
                                                iteration.green(), iteration.medium()) +
                              stress.mean(grid.axes(), true);
    const auto residual = equilibrated - stress;
    const auto gap = (residual * stiffness.apply_compliance(residual)).flatten(2).sum(2) /
                     static_cast<double>(grid.n_voxels());
    EXPECT_TRUE(torch::allclose(gap, iteration.gap(), 1e-8, 1e-14));
    // Prager-Synge: the gap is the distance of the two energies.
    const auto complementary =
        2. * grid_mean(equilibrated, grid).diagonal(0, 1, 2) -
        (equilibrated * stiffness.apply_compliance(equilibrated)).flatten(2).sum(2) /
            static_cast<double>(grid.n_voxels());
    EXPECT_TRUE(torch::allclose(energy() - complementary, iteration.gap(), 1e-8, 1e-13));
  }
}

TEST(KinematicIteration, SmoothsToTheSmallestResidual) {
  const std::vector<materials::Rve> rves{make_rve("inclusions", {8, 7, 6}, 1, 300.),
                                         make_rve("inclusions", {8, 7, 6}, 2, 0.003)};
  const StiffnessField stiffness(rves, double_precision);
  KinematicIteration iteration(stiffness);
  iteration.step();
  const auto size = [&](const torch::Tensor& displacement) {
    const KinematicIteration there(stiffness, displacement);
    return there.residual_energy().sqrt();
  };
  const auto expect_same_displacement = [&] {
    EXPECT_TRUE(torch::equal(iteration.smoothed_displacement(), iteration.displacement()));
    EXPECT_TRUE((iteration.smoothing_factor() == 1.).all().item<bool>());
  };
  expect_same_displacement();
  iteration.start_smoothing(/*with_residual=*/true);
  expect_same_displacement();
  std::vector<torch::Tensor> steps{iteration.displacement().clone()};
  for (int k = 0; k < 6; ++k) {
    iteration.step();
    steps.push_back(iteration.displacement().clone());
  }
  const auto mean = iteration.smoothed_displacement();
  const auto smallest = size(mean);
  EXPECT_TRUE(torch::allclose(
      smallest, (iteration.residual_energy() * iteration.smoothing_factor()).sqrt(), 1e-8));
  // The preconditioned residual of the mean is the mean of those of the steps.
  const KinematicIteration there(stiffness, mean);
  EXPECT_LT((iteration.smoothed_preconditioned() - there.preconditioned()).norm().item<double>(),
            1e-10 * there.preconditioned().norm().item<double>());
  // Residuals are quadratic, so a minimum among two means is one in every direction.
  for (const auto& step : steps)
    for (const double part : {-0.3, -0.01, 0.01, 0.3, 1.})
      EXPECT_TRUE(
          (size(mean + part * (step - mean)) >= smallest * (1. - 1e-10)).all().item<bool>());
}

TEST(Certified, StressesOfAllStepsTakeFewerStepsThanThatOfTheLast) {
  // Contrasts at which conjugate gradients advance by fits and starts, and touching grains.
  for (const std::string precision : {"double", "single"}) {
    double plain = 0, smoothed = 0;
    for (const double contrast : {1e-3, 1e3})
      for (int seed = 0; seed < 3; ++seed) {
        auto rve = make_rve("polycrystal", {16, 16, 16}, 40 + seed);
        for (std::size_t phase = 0; phase < rve.stiffness.size(); ++phase)
          rve.stiffness[phase] = materials::isotropic(phase % 2 == 0 ? 1. : contrast, 0.3);
        rve.orientation.clear();
        auto settings = tolerance_of(1e-2, precision);
        const auto with = homogenize("certified", settings, {rve}).front();
        settings.own["certified"]["Smooth stress"] = "false";
        const auto without = homogenize("certified", settings, {rve}).front();
        for (const auto* result : {&with, &without}) {
          EXPECT_EQ(result->status, Status::ok) << result->message;
          EXPECT_LE(result->gap, 1e-2);
        }
        // Both hold, so the bounds of either enclose what the others may be.
        EXPECT_GT(loewner_margin(with.lower, without.upper), 0.);
        EXPECT_GT(loewner_margin(without.lower, with.upper), 0.);
        smoothed += with.iterations;
        plain += without.iterations;
      }
    EXPECT_LT(smoothed, 0.9 * plain) << precision;
  }
}

TEST(AutoEngine, MeetsTheToleranceInEveryWayThatItMayChoose) {
  std::vector<materials::Rve> rves;
  for (int i = 0; i < 20; ++i) rves.push_back(make_rve("polycrystal", {8, 8, 8}, 100 + i));
  for (int i = 0; i < 3; ++i) rves.push_back(make_rve("inclusions", {16, 16}, 200 + i, 10.));
  const auto exact = homogenize("fft", tolerance_of(1e-10), rves);
  const auto expect_met = [&](const std::vector<Homogenized>& results, const std::string& engine) {
    for (std::size_t i = 0; i < rves.size(); ++i) {
      EXPECT_EQ(results[i].status, Status::ok);
      EXPECT_EQ(results[i].engine, engine);
      EXPECT_LE(results[i].gap, 1e-3);
      EXPECT_GT(loewner_margin(results[i].lower, exact[i].stiffness), -2e-6);
      EXPECT_GT(loewner_margin(exact[i].stiffness, results[i].upper), -2e-6);
    }
  };
  // A clock chooses one of these ways, so all of them are tried.
  for (const std::string precision : {"single", "double"})
    for (const unsigned int first_check : {0u, 2u, 6u}) {
      SCOPED_TRACE(precision + " " + std::to_string(first_check));
      auto way = tolerance_of(1e-3, precision);
      way.own["certified"]["First check"] = std::to_string(first_check);
      expect_met(homogenize("certified", way, rves), "certified");
    }
  const auto engine = make_engine("auto", tolerance_of(1e-3));
  std::size_t last = 0;
  expect_met(engine->homogenize(rves, [&](std::size_t done) { last = done; }), "auto");
  EXPECT_EQ(last, rves.size());
}

TEST(AutoEngine, MeasuresBothPrecisionsWhereThereAreEnoughRves) {
  register_builtin_engines();
  std::vector<materials::Rve> rves;
  for (int i = 0; i < 16; ++i) rves.push_back(make_rve("polycrystal", {6, 6, 6}, 100 + i));
  for (int i = 0; i < 3; ++i) rves.push_back(make_rve("inclusions", {16, 16}, 200 + i, 10.));
  const auto engine = make_engine("auto", tolerance_of(1e-3));
  engine->homogenize(rves);
  const auto report = engine->report();
  const auto n_lines = [&](const std::vector<std::string>& words) {
    return std::count_if(report.begin(), report.end(), [&](const std::string& line) {
      return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
        return line.find(word) != std::string::npos;
      });
    });
  };
  EXPECT_GE(n_lines({"measured", "single"}), 1);
  EXPECT_GE(n_lines({"measured", "double"}), 1);
  ASSERT_EQ(n_lines({"6x6x6"}), 1);
  // What was taken was measured: the words between the grid and the seconds.
  const auto& taken = *std::find_if(report.begin(), report.end(), [](const std::string& line) {
    return line.find("6x6x6") != std::string::npos;
  });
  const auto begin = taken.find(": ") + 2, end = taken.find(" (");
  ASSERT_LT(begin, end) << taken;
  EXPECT_GE(n_lines({"measured", taken.substr(begin, end - begin)}), 1) << taken;
  EXPECT_EQ(n_lines({"16x16"}), 1);
  EXPECT_EQ(n_lines({"16x16", "s per RVE"}), 0);
}

TEST(AutoEngine, TakesANetworkIntoAccount) {
  std::vector<materials::Rve> rves;
  for (int i = 0; i < 16; ++i) rves.push_back(make_rve("polycrystal", {8, 8, 8}, 300 + i));
  register_builtin_engines();
  auto settings = tolerance_of(1e-3);
  settings.model = SECO_SOURCE "/models/polycrystal_3d";
  const auto engine = make_engine("auto", settings);
  for (const auto& result : engine->homogenize(rves)) EXPECT_LE(result.gap, 1e-3);
  std::string all;
  for (const auto& line : engine->report()) all += line + "\n";
  EXPECT_NE(all.find("start from the network"), std::string::npos) << all;
}

TEST(AutoEngine, WhatSinglePrecisionMissesIsDoneInDouble) {
  // Contrast and tolerance where single precision stops short for some RVEs.
  std::vector<materials::Rve> rves;
  for (int i = 0; i < 8; ++i) rves.push_back(make_rve("fibres", {12, 12, 12}, 400 + i, 1e4));
  for (const auto& result : homogenize("auto", tolerance_of(1e-4), rves)) {
    EXPECT_EQ(result.status, Status::ok) << result.message;
    EXPECT_LE(result.gap, 1e-4);
  }
}
