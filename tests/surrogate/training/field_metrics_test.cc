#include "field_metrics.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <numbers>

#include "eco_blocks.h"
#include "measurement.h"
#include "microstructures.h"
#include "reference_solver.h"
#include "seco/materials/rotation.h"
#include "study_scores.h"

using namespace seco::surrogate;

namespace {

const Grid square{{16, 16}, {1. / 16, 1. / 16}};
const Grid cube{{12, 12, 12}, {1. / 12, 1. / 12, 1. / 12}};

torch::Tensor random_fields(const Grid& grid, std::uint64_t seed) {
  torch::manual_seed(seed);
  std::vector<std::int64_t> shape{2, grid.n_components(), grid.n_components()};
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  return torch::randn(shape, torch::kDouble);
}

// cos(2 pi frequency . x) at voxel centres in one component of one load of the first RVE.
torch::Tensor plane_wave(const Grid& grid, const std::vector<double>& frequency, double amplitude) {
  auto angle = torch::zeros({1}, torch::kDouble);
  for (int j = 0; j < grid.dimension(); ++j) {
    std::vector<std::int64_t> shape(grid.dimension(), 1);
    shape[j] = grid.shape[j];
    const auto n = static_cast<double>(grid.shape[j]);
    angle = angle + (torch::arange(grid.shape[j], torch::kDouble) *
                     (2 * std::numbers::pi * frequency[j] / n))
                        .reshape(shape);
  }
  auto field = torch::zeros_like(random_fields(grid, 1));
  field[0][1][0] = amplitude * angle.cos();
  return field;
}

double entry(const torch::Tensor& per_rve, std::int64_t b = 0) {
  return per_rve[b].item<double>();
}

}  // namespace

TEST(FieldMetrics, KnownPerturbationHasItsKnownError) {
  for (const auto& grid : {square, cube}) {
    const auto reference = random_fields(grid, 1) + 3.;
    auto noise = random_fields(grid, 2);
    // Scaled to 2 % of the first and 7 % of the second RVE.
    for (int b = 0; b < 2; ++b)
      noise[b] *= (b == 0 ? 0.02 : 0.07) * reference[b].norm() / noise[b].norm();
    const auto error = relative_error(reference + noise, reference, grid);
    EXPECT_NEAR(entry(error, 0), 0.02, 1e-12);
    EXPECT_NEAR(entry(error, 1), 0.07, 1e-12);
    // The fluctuation is smaller than the field by a known factor, and so is the denominator.
    const auto mean = reference.mean(grid.axes(), true);
    const double ratio =
        reference[0].norm().item<double>() / (reference - mean)[0].norm().item<double>();
    EXPECT_NEAR(entry(fluctuation_error(reference + noise, reference, grid)), 0.02 * ratio, 1e-12);
    // A prediction that knows the mean of each load case and nothing else.
    EXPECT_NEAR(entry(fluctuation_error(mean.expand_as(reference), reference, grid)), 1., 1e-12);
  }
}

TEST(FieldMetrics, ErrorsDoNotDependOnTheFrameOrTheOrigin) {
  const auto reference = random_fields(cube, 3), field = reference + 0.1 * random_fields(cube, 4);
  seco::materials::RandomStream random(5);
  const auto rotation = seco::materials::mandel_rotation(seco::materials::random_rotation(random));
  torch::Tensor matrix = torch::empty({6, 6}, torch::kDouble);
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j) matrix[i][j] = rotation(i, j);
  const auto rotated = [&](const torch::Tensor& x) {
    return torch::einsum("ij,bljxyz->blixyz", {matrix, x});
  };
  const auto moved = [](const torch::Tensor& x) { return torch::roll(x, {3, 5, -2}, {3, 4, 5}); };
  for (int b = 0; b < 2; ++b) {
    const double error = entry(fluctuation_error(field, reference, cube), b);
    EXPECT_NEAR(entry(fluctuation_error(rotated(field), rotated(reference), cube), b), error,
                1e-12);
    EXPECT_NEAR(entry(fluctuation_error(moved(field), moved(reference), cube), b), error, 1e-12);
  }
  const auto spectrum = energy_spectrum(field, cube);
  const auto largest = spectrum.max().item<double>();
  EXPECT_LT((energy_spectrum(rotated(field), cube) - spectrum).abs().max().item<double>(),
            1e-12 * largest);
  EXPECT_LT((energy_spectrum(moved(field), cube) - spectrum).abs().max().item<double>(),
            1e-12 * largest);
  // A quarter turn of the cube: axes and components go along.
  EXPECT_LT((energy_spectrum(field.transpose(3, 4), cube) - spectrum).abs().max().item<double>(),
            1e-12 * largest);
}

TEST(FieldMetrics, SpectrumOfPlaneWavesLiesAtTheirWaveNumber) {
  const std::vector<std::vector<double>> waves{{3, 0}, {0, 5}, {3, 4}, {-2, 6}, {8, 0}, {8, 8}};
  for (const auto& wave : waves) {
    const auto spectrum = energy_spectrum(plane_wave(square, wave, 2.) + 7., square);
    const auto bin = std::lround(std::hypot(wave[0], wave[1]));
    // At the Nyquist frequency the wave alternates between plus and minus its amplitude.
    const double energy = wave[0] == 8 ? 4. : 2.;
    EXPECT_NEAR(spectrum[0][bin].item<double>(), energy, 1e-12);
    EXPECT_NEAR(spectrum[0].sum().item<double>(), energy, 1e-12);
    EXPECT_NEAR(spectrum[1].sum().item<double>(), 0., 1e-12);
  }
}

TEST(FieldMetrics, SpectrumAddsUpToTheMeanSquareOfTheFluctuation) {
  const std::vector<Grid> grids{square, cube, {{9, 7}, {0.1, 0.2}}, {{6, 5, 8}, {0.1, 0.2, 0.1}}};
  for (const auto& grid : grids) {
    const auto field = random_fields(grid, 6);
    const auto fluctuation = field - field.mean(grid.axes(), true);
    const double square_mean =
        fluctuation[1].square().sum().item<double>() / static_cast<double>(grid.n_voxels());
    EXPECT_NEAR(energy_spectrum(field, grid)[1].sum().item<double>(), square_mean,
                1e-10 * square_mean);
    EXPECT_NEAR(entry(energy_beyond(field, 0., grid), 1), square_mean, 1e-10 * square_mean);
  }
}

TEST(FieldMetrics, WaveNumbersCountCyclesPerLongestEdge) {
  // Twice as long along the first axis: the same frequency index is half the wave number.
  const Grid grid{{16, 16}, {2. / 16, 1. / 16}};
  EXPECT_NEAR(energy_spectrum(plane_wave(grid, {3, 0}, 1.), grid)[0][3].item<double>(), 0.5, 1e-12);
  EXPECT_NEAR(energy_spectrum(plane_wave(grid, {0, 3}, 1.), grid)[0][6].item<double>(), 0.5, 1e-12);
  EXPECT_DOUBLE_EQ(nyquist_wave_number(grid, 1), 8.);
  EXPECT_DOUBLE_EQ(nyquist_wave_number(square, 2), 4.);
}

TEST(FieldMetrics, LabelsResolveModesUpToTheirNyquistLimit) {
  const double limit = nyquist_wave_number(square, 2);
  const auto at_limit = plane_wave(square, {4, 0}, 1.), above = plane_wave(square, {5, 0}, 1.);
  EXPECT_NEAR(entry(energy_beyond(at_limit, limit, square)), 0., 1e-12);
  EXPECT_NEAR(entry(energy_beyond(above, limit, square)), 0.5, 1e-12);
  EXPECT_NEAR(entry(energy_beyond(at_limit + above, limit, square)), 0.5, 1e-12);
}

TEST(FieldMetrics, CheckerboardsHaveTheHighestFrequencies) {
  EXPECT_NEAR(entry(high_frequency_share(plane_wave(square, {8, 8}, 1.), square)), 1., 1e-12);
  EXPECT_NEAR(entry(high_frequency_share(plane_wave(square, {1, 2}, 1.), square)), 0., 1e-12);
  const auto mixed = plane_wave(square, {1, 2}, 3.) + plane_wave(square, {2, 7}, 1.);
  EXPECT_NEAR(entry(high_frequency_share(mixed, square)), 0.1, 1e-12);
  EXPECT_EQ(entry(high_frequency_share(torch::zeros_like(mixed), square)), 0.);
  // White noise has the share of the modes; here every load and component adds to the sample.
  const Grid fine{{48, 48}, {1. / 48, 1. / 48}};
  EXPECT_NEAR(entry(high_frequency_share(random_fields(fine, 7), fine)), 1 - 4. / 9, 0.03);
}

TEST(FieldMetrics, BoundaryRatioComparesTheTwoKindsOfVoxels) {
  auto phase = torch::zeros({2, 16, 16}, torch::kInt);
  phase.slice(1, 4, 12).fill_(1);
  const auto boundary = boundary_voxels(phase, square);
  // Two interfaces, one voxel on either side of each.
  EXPECT_EQ(boundary[0].sum().item<std::int64_t>(), 4 * 16);
  auto error = torch::ones({2, 3, 3, 16, 16}, torch::kDouble);
  EXPECT_NEAR(entry(boundary_error_ratio(error, boundary, square)), 1., 1e-12);
  error = error * (1. + 4. * boundary.to(torch::kDouble)).reshape({2, 1, 1, 16, 16});
  EXPECT_NEAR(entry(boundary_error_ratio(error, boundary, square)), 5., 1e-12);
  EXPECT_EQ(entry(boundary_error_ratio(error, torch::zeros_like(boundary), square)), 1.);
}

TEST(FieldMetrics, DivergenceVanishesForEquilibratedFieldsOnly) {
  const auto medium =
      ReferenceMedium{torch::ones({2}, torch::kDouble), torch::ones({2}, torch::kDouble)};
  const auto field = random_fields(cube, 8);
  const GreenOperator green(cube, torch::TensorOptions(torch::kDouble));
  const auto equilibrated = equilibrium_block(field, EquilibriumForm::projection, green, medium);
  EXPECT_LT(entry(divergence_measure(equilibrated + 5., cube)), 1e-14);
  EXPECT_GT(entry(divergence_measure(field, cube)), 0.1);
}

TEST(FieldMetrics, ViolationIsZeroBetweenTheBoundsAndMeasuredOutside) {
  const auto exact = torch::diag(torch::tensor({4., 2., 1.}, torch::kDouble)).unsqueeze(0);
  const auto identity = torch::eye(3, torch::kDouble).unsqueeze(0);
  EXPECT_EQ(entry(bound_violation(exact - 0.1 * identity, exact + 0.1 * identity, exact)), 0.);
  EXPECT_NEAR(entry(bound_violation(exact - identity, exact - 0.2 * identity, exact)), 0.05, 1e-12);
  EXPECT_NEAR(entry(bound_violation(exact + 0.4 * identity, exact + identity, exact)), 0.1, 1e-12);
  EXPECT_NEAR(entry(stiffness_error(1.03 * exact, exact)), 0.03, 1e-12);
}

TEST(StudyScores, ConvergedSolverHasNoErrorAndStoppedOneImproves) {
  const std::vector<seco::materials::Rve> rves{seco::test::make_rve("inclusions", {8, 8, 8}, 3),
                                               seco::test::make_rve("inclusions", {8, 8, 8}, 4)};
  const auto reference = reference_fields(rves, 2, 1e-10, torch::kCPU);
  const StiffnessField field(rves, torch::TensorOptions(torch::kDouble));
  for (const auto& run : {stopped_solver, stopped_descent}) {
    const auto rough = score(run(field, 2), reference), good = score(run(field, 40), reference);
    for (std::size_t b = 0; b < 2; ++b) {
      EXPECT_GT(rough[b].stress_fluctuation_error, 1e-3);
      EXPECT_LT(good[b].stress_fluctuation_error, 1e-5);
      EXPECT_LT(good[b].strain_fluctuation_error, 1e-5);
      EXPECT_LT(good[b].band_error, 1e-4);
      EXPECT_LT(good[b].stiffness_error, 1e-8);
      EXPECT_LT(good[b].mean_stress_error, 1e-5);
      EXPECT_LT(good[b].gap, 1e-8);
      EXPECT_GT(rough[b].gap, 100 * good[b].gap);
      EXPECT_LT(rough[b].bound_violation, 1e-9);
      EXPECT_LT(rough[b].stress_error, rough[b].stress_fluctuation_error);
    }
  }
  EXPECT_LT(reference.divergence.max().item<double>(), 1e-8);
}

TEST(StudyScores, WrongModuliOfOneFactorScaleEverythingByIt) {
  // A stiffness that is wrong by one common factor has the right strains, and stresses and
  // stiffness that are wrong by the factor; the certificate cannot know.
  const std::vector<seco::materials::Rve> rves{seco::test::make_rve("inclusions", {10, 10}, 5)};
  auto wrong = rves;
  for (auto& stiffness : wrong[0].stiffness) stiffness *= 1.2;
  const auto reference = reference_fields(rves, 2, 1e-10, torch::kCPU);
  const StiffnessField field(wrong, torch::TensorOptions(torch::kDouble));
  auto prediction = stopped_solver(field, 200);
  rescale(prediction, field.scale(), reference.scale);
  const auto result = score(prediction, reference)[0];
  EXPECT_NEAR(result.stiffness_error, 0.2, 1e-6);
  EXPECT_NEAR(result.stress_error, 0.2, 1e-5);
  EXPECT_LT(result.strain_error, 1e-5);
  EXPECT_LT(result.gap, 1e-8);
  EXPECT_NEAR(result.bound_violation, 0.2, 1e-6);
}
