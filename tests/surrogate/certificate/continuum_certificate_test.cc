#include "seco/surrogate/continuum_certificate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "laminate.h"
#include "microstructures.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/engine.h"
#include "spline_space.h"
#include "stiffness_field.h"
#include "support/run_command.h"
#include "support/temporary.h"

using namespace seco;
using namespace seco::surrogate;
using materials::MandelMatrix;
using test::loewner_margin;
using test::make_rve;
using test::relative_difference;

namespace {

MandelMatrix homogenized(const std::string& engine, const materials::Rve& rve) {
  register_builtin_engines();
  EngineSettings settings;
  settings.tolerance = 1e-10;
  return make_engine(engine, settings)->homogenize({&rve, 1}).front().stiffness;
}

/// Tightened until nothing is gained.
ContinuumSettings tight(int refinement = 1) {
  ContinuumSettings settings;
  settings.refinement = refinement;
  settings.least_gain = 1e-5;
  return settings;
}

/// By how much a stiffness lies outside the bounds, relative; negative inside.
double outside(const MandelMatrix& stiffness, const ContinuumCertificate& bounds) {
  return -std::min(loewner_margin(bounds.lower, stiffness),
                   loewner_margin(stiffness, bounds.upper));
}

Grid grid_with_unequal_edges(int d) {
  return d == 2 ? Grid{{5, 4}, {0.7, 1.1}} : Grid{{4, 5, 3}, {0.7, 1.1, 0.9}};
}

/// Value or slope of the Legendre polynomial that is orthonormal on [0, 1].
double legendre(int degree, double x, bool slope) {
  if (degree == 0) return slope ? 0. : 1.;
  if (degree == 1) return std::sqrt(12.) * (slope ? 1. : x - 0.5);
  return std::sqrt(5.) * (slope ? 12. * x - 6. : 6. * x * x - 6. * x + 1.);
}

/// A field of a SplineSpace evaluated at points of its voxels.
class PointValues {
 public:
  PointValues(const SplineSpace& space, const torch::Tensor& coefficients) : space_(space) {
    const auto transformed = space.transform(coefficients);
    for (std::size_t m = 0; m < space.n_modes(); ++m) modes_.push_back(space.mode(m, transformed));
  }
  /// `[B, L, m, n...]`. @param x place in every voxel, from 0 to 1 along each axis
  /// @param slope_axis the derivative along this axis, or -1 for the value
  torch::Tensor at(const std::vector<double>& x, int slope_axis = -1) const {
    auto sum = torch::zeros_like(modes_[0]);
    for (std::size_t m = 0; m < modes_.size(); ++m) {
      double factor = 1;
      for (int axis = 0; axis < space_.grid().dimension(); ++axis)
        factor *= legendre(space_.degree(m)[axis], x[axis], axis == slope_axis) /
                  (axis == slope_axis ? space_.grid().spacing[axis] : 1.);
      sum += factor * modes_[m];
    }
    return sum;
  }

 private:
  SplineSpace space_;
  std::vector<torch::Tensor> modes_;
};

/// Row i of the tensor, sigma . e_i, `[B, L, d, n...]`.
torch::Tensor row(const torch::Tensor& stress, int i, int d) {
  std::vector<torch::Tensor> components(d);
  const auto pairs = mandel_pairs(d);
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const auto [a, b] = pairs[p];
    const auto value = stress.select(2, static_cast<int>(p)) * (a == b ? 1. : std::sqrt(0.5));
    if (a == i) components[b] = value;
    if (b == i) components[a] = value;
  }
  return torch::stack(components, 2);
}

std::vector<std::int64_t> with_grid(std::vector<std::int64_t> shape, const Grid& grid) {
  shape.insert(shape.end(), grid.shape.begin(), grid.shape.end());
  return shape;
}

test::Outcome run_program(const std::string& arguments) {
  return test::run_command(std::string(SECO_PROGRAM) + " " + arguments);
}

const torch::TensorOptions double_precision = torch::TensorOptions(torch::kDouble);

}  // namespace

TEST(SplineSpace, StressesAreInEquilibriumAtEveryPointAndAcrossEveryFace) {
  torch::manual_seed(1);
  for (const int d : {2, 3}) {
    const auto grid = grid_with_unequal_edges(d);
    const auto space = SplineSpace::stress_functions(grid, double_precision);
    const PointValues stress(
        space, torch::randn(with_grid({1, 2, space.n_coefficients()}, grid), double_precision));
    const double size = stress.at(std::vector<double>(d, 0.5)).abs().max().item<double>();
    for (const double shift : {0., 0.13, 0.41, 0.87}) {
      std::vector<double> x(d);
      for (int axis = 0; axis < d; ++axis) x[axis] = std::fmod(shift + 0.29 * axis, 1.);
      torch::Tensor divergence;
      for (int axis = 0; axis < d; ++axis) {
        const auto part = row(stress.at(x, axis), axis, d);
        divergence = axis == 0 ? part : divergence + part;
      }
      EXPECT_LT(divergence.abs().max().item<double>(), 1e-12 * size) << d;
      for (int axis = 0; axis < d; ++axis) {
        auto left = x, right = x;
        left[axis] = 1;
        right[axis] = 0;
        const auto jump = row(stress.at(left), axis, d) -
                          torch::roll(row(stress.at(right), axis, d), -1, axis - d);
        EXPECT_LT(jump.abs().max().item<double>(), 1e-12 * size) << d << " across " << axis;
      }
      // What may jump across a face does.
      auto left = x, right = x;
      left[0] = 1;
      right[0] = 0;
      const auto jump = stress.at(left) - torch::roll(stress.at(right), -1, -d);
      EXPECT_GT(jump.select(2, 1).abs().max().item<double>(), 1e-2 * size);
    }
    const auto mean =
        space.mode(0, space.transform(torch::randn(with_grid({1, 1, space.n_coefficients()}, grid),
                                                   double_precision)));
    EXPECT_LT(grid_mean(mean, grid).abs().max().item<double>(), 1e-13 * size);
  }
}

TEST(SplineSpace, EnergyOfLinearDisplacementsIsThatOfGaussPoints) {
  torch::manual_seed(2);
  for (const int d : {2, 3}) {
    auto rve = make_rve("inclusions", d == 2 ? std::vector<int>{7, 6} : std::vector<int>{5, 4, 6});
    for (int axis = 0; axis < d; ++axis) rve.lengths[axis] = 1. + 0.3 * axis;
    const StiffnessField stiffness({&rve, 1}, double_precision);
    const Grid& grid = stiffness.grid();
    const auto space = SplineSpace::displacements(grid, double_precision);
    const auto u = torch::randn(with_grid({1, 2, d}, grid), double_precision);
    const auto energy = [&](const torch::Tensor& strain) {
      return grid_mean((strain * stiffness.apply(strain)).sum(2), grid);
    };
    auto modes = torch::zeros({1, 2}, double_precision), points = modes.clone();
    const auto transformed = space.transform(u);
    for (std::size_t m = 0; m < space.n_modes(); ++m) modes += energy(space.mode(m, transformed));
    for (int point = 0; point < 1 << d; ++point) {
      // Gradient of the interpolation of the corner values.
      std::vector<torch::Tensor> gradient;
      for (int j = 0; j < d; ++j) {
        auto value = u;
        for (int axis = 0; axis < d; ++axis) {
          const auto next = torch::roll(value, -1, axis - d);
          const double x = 0.5 + ((point >> axis) & 1 ? 0.5 : -0.5) / std::sqrt(3.);
          value = axis == j ? (next - value) / grid.spacing[j] : (1. - x) * value + x * next;
        }
        gradient.push_back(value);
      }
      std::vector<torch::Tensor> strain;
      for (const auto& [i, j] : mandel_pairs(d))
        strain.push_back((gradient[i].select(2, j) + gradient[j].select(2, i)) *
                         (i == j ? 0.5 : std::sqrt(0.5)));
      points += energy(torch::stack(strain, 2)) / (1 << d);
    }
    EXPECT_LT((modes - points).abs().max().item<double>(), 1e-12 * points.max().item<double>());
  }
}

TEST(ContinuumCertificate, IsExactForLaminatesAlongAnAxis) {
  // Both spaces contain the solution; so does the discrete scheme (solver_test.cc holds it against
  // the closed form).
  for (const int d : {2, 3})
    for (int axis = 0; axis < d; ++axis) {
      const auto rve = test::triclinic_laminate(
          d == 2 ? std::vector<int>{3, 4} : std::vector<int>{3, 2, 4}, axis, {2, 3, 2});
      const auto exact = homogenized("fft", rve);
      const auto result = certify_continuum(rve, tight());
      EXPECT_LT(relative_difference(result.upper, exact), 1e-7) << d << "D, normal " << axis;
      EXPECT_LT(relative_difference(result.lower, exact), 1e-7) << d << "D, normal " << axis;
      EXPECT_LT(outside(exact, result), 1e-10);
    }
}

TEST(ContinuumCertificate, IsExactForHomogeneousRves) {
  for (const auto& shape :
       {std::vector<int>{5, 8}, {5, 4, 3}, {1, 6}, {2, 2, 2}, {1, 1, 1}, {4, 1, 2}}) {
    materials::Rve rve;
    rve.shape = shape;
    const int d = rve.dimension();
    rve.lengths.assign(d, 2.);
    rve.stiffness = {test::random_triclinic(d, 7)};
    rve.phase.assign(rve.n_voxels(), 0);
    const auto result = certify_continuum(rve);
    EXPECT_LT(relative_difference(result.upper, rve.stiffness[0]), 1e-11);
    EXPECT_LT(relative_difference(result.lower, rve.stiffness[0]), 1e-11);
    EXPECT_LT(result.gap, 1e-11);
    EXPECT_EQ(result.status, Status::ok);
  }
}

struct Case {
  std::string type;
  std::vector<int> shape;
  double contrast;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
  return out << c.type << c.shape.size() << "D" << c.contrast;
}

class GridRefinement : public testing::TestWithParam<Case> {};

TEST_P(GridRefinement, ConvergesIntoTheContinuumCertificate) {
  const auto& [type, shape, contrast] = GetParam();
  const auto rve = make_rve(type, shape, 3, contrast);
  const auto name = fmt::format("{} {}D contrast {}", type, shape.size(), contrast);
  const int finest = shape.size() == 2 ? 4 : 2;
  const auto bounds = certify_continuum(rve, tight());
  EXPECT_EQ(bounds.status, Status::ok);
  EXPECT_GT(loewner_margin(bounds.lower, bounds.upper), -1e-12) << name;
  EXPECT_GT(loewner_margin(homogenized("reuss", rve), bounds.lower), -1e-12) << name;
  EXPECT_GT(loewner_margin(bounds.upper, homogenized("voigt", rve)), -1e-12) << name;
  EXPECT_LE(bounds.gap, bounds.initial_gap);

  const auto coarse = homogenized("fft", rve);
  double previous = outside(coarse, bounds);
  auto certificate = bounds;
  auto discrete = coarse;
  for (int factor = 2; factor <= finest; factor *= 2) {
    const auto before = certificate;
    const auto coarser = discrete;
    certificate = certify_continuum(rve, tight(factor));
    discrete = homogenized("fft", refined(rve, factor));
    // Spaces of finer grids contain those of coarser ones.
    EXPECT_GT(loewner_margin(before.lower, certificate.lower), -1e-5) << name << factor;
    EXPECT_GT(loewner_margin(certificate.upper, before.upper), -1e-5) << name << factor;
    EXPECT_LT(certificate.gap, 0.8 * before.gap) << name << factor;
    // One integration point per voxel sees less energy than all of them.
    EXPECT_GT(loewner_margin(discrete, certificate.upper), -1e-8) << name << factor;
    // The discrete values approach the bracket of the first grid.
    EXPECT_LT(outside(discrete, bounds), std::max(previous, 0.) + 1e-9) << name << factor;
    previous = outside(discrete, bounds);
    // First order at corners and edges of voxels.
    const MandelMatrix limit = discrete + (discrete - coarser);
    EXPECT_LT(outside(limit, bounds), 1e-9) << name << factor;
  }
  // Every bound of a finer grid is a bound of the same material.
  EXPECT_GT(loewner_margin(bounds.lower, certificate.upper), -1e-12) << name;
  EXPECT_GT(loewner_margin(certificate.lower, bounds.upper), -1e-12) << name;
}

INSTANTIATE_TEST_SUITE_P(
    Rves, GridRefinement,
    testing::Values(Case{"inclusions", {12, 11}, 0.01}, Case{"inclusions", {10, 12}, 50.},
                    Case{"inclusions", {9, 9}, 0.2}, Case{"inclusions", {5, 5, 6}, 20.},
                    Case{"inclusions", {5, 6, 5}, 0.01}, Case{"fibres", {3, 7, 7}, 30.},
                    Case{"polycrystal", {5, 5, 5}, 1.}));

TEST(ContinuumCertificate, TurningTheRveTurnsItsBounds) {
  const auto rve = make_rve("polycrystal", {6, 6, 5}, 3);
  const materials::Rotation turn = materials::from_euler(M_PI / 2, 0, 0);
  auto turned = rve;
  for (auto& stiffness : turned.stiffness) stiffness = materials::rotate(stiffness, turn);
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j)
      for (int k = 0; k < 5; ++k)  // (x, y) goes to (-y, x)
        turned.phase[((5 - j) * 6 + i) * 5 + k] = rve.phase[(i * 6 + j) * 5 + k];
  const auto a = certify_continuum(rve, tight()), b = certify_continuum(turned, tight());
  EXPECT_LT(relative_difference(b.upper, materials::rotate(a.upper, turn)), 1e-7);
  EXPECT_LT(relative_difference(b.lower, materials::rotate(a.lower, turn)), 1e-7);
}

TEST(ContinuumCertificate, HoldsHoweverFewStepsWereDone) {
  for (const auto& shape : {std::vector<int>{12, 12}, std::vector<int>{6, 6, 6}})
    for (const double contrast : {1e-3, 1e3}) {
      const auto rve = make_rve("inclusions", shape, 5, contrast);
      const auto exact = certify_continuum(rve, tight());
      double gap = 2;
      for (const unsigned int steps : {0u, 1u, 4u}) {
        auto settings = tight();
        settings.max_steps = steps;
        const auto result = certify_continuum(rve, settings);
        EXPECT_LE(result.upper_steps, steps);
        EXPECT_GT(loewner_margin(result.lower, exact.lower), -1e-12) << contrast << steps;
        EXPECT_GT(loewner_margin(exact.upper, result.upper), -1e-12) << contrast << steps;
        EXPECT_LE(result.gap, gap);
        gap = result.gap;
      }
    }
}

TEST(ContinuumCertificate, HoldsForRandomRvesOfAnyContrast) {
  for (const auto& shape : {std::vector<int>{9, 8}, std::vector<int>{5, 4, 6}})
    for (const std::string type : {"inclusions", "polycrystal", "fibres", "laminate"})
      for (const double contrast : {1e-6, 1e-2, 0.5, 20., 1e5}) {
        if (shape.size() == 2 && type == "fibres") continue;
        auto rve = make_rve(type, shape, 11, type == "polycrystal" ? 1. : contrast);
        if (type == "polycrystal")
          rve.stiffness[0] = contrast * test::random_triclinic(rve.dimension(), 3);
        const auto result = certify_continuum(rve);
        const auto name = fmt::format("{} {}D contrast {}", type, shape.size(), contrast);
        EXPECT_GT(loewner_margin(result.lower, result.upper), -1e-14) << name;
        EXPECT_GT(loewner_margin(homogenized("reuss", rve), result.lower), -1e-8) << name;
        EXPECT_GT(loewner_margin(result.upper, homogenized("voigt", rve)), -1e-8) << name;
        // One integration point per voxel sees less energy than all of them.
        EXPECT_GT(loewner_margin(homogenized("fft", rve), result.upper), -1e-8) << name;
        EXPECT_LE(result.gap, result.initial_gap + 1e-8) << name;
      }
}

TEST(ContinuumCertificate, VoidsOfZeroStiffnessAreOneSided) {
  auto rve = make_rve("inclusions", {8, 8, 8}, 2, 1e-7);
  const auto soft = certify_continuum(rve, tight());
  rve.stiffness[1].setZero();
  const auto result = certify_continuum(rve, tight());
  EXPECT_EQ(result.status, Status::one_sided);
  EXPECT_FALSE(result.message.empty());
  EXPECT_TRUE(result.lower.isZero());
  EXPECT_EQ(result.lower_steps, 0u);
  EXPECT_LT(relative_difference(result.upper, soft.upper), 1e-4);
}

TEST(ContinuumCertificate, DoesNotDependOnTheUnit) {
  const auto rve = make_rve("inclusions", {9, 10});
  const auto reference = certify_continuum(rve);
  auto scaled = rve;
  for (auto& stiffness : scaled.stiffness) stiffness *= 1e9;
  const auto result = certify_continuum(scaled);
  EXPECT_LT(relative_difference(result.upper / 1e9, reference.upper), 1e-12);
  EXPECT_LT(relative_difference(result.lower / 1e9, reference.lower), 1e-12);
}

TEST(ContinuumCertificate, SettingsOutOfRangeAreNamed) {
  const auto rve = make_rve("inclusions", {6, 6});
  ContinuumSettings settings;
  settings.least_gain = -2;
  EXPECT_THROW(certify_continuum(rve, settings), std::invalid_argument);
  settings = {};
  settings.refinement = 0;
  EXPECT_THROW(certify_continuum(rve, settings), std::invalid_argument);
}

TEST(ContinuumCertificate, IsAnOptionOfTheProgram) {
  const auto rve = test::temporary("rve.h5"), out = test::temporary("out.json");
  materials::write_rve(rve, make_rve("inclusions", {8, 8}));
  const auto read = [&] { return nlohmann::json::parse(std::ifstream(out)); };
  EXPECT_EQ(run_program("homogenize " + rve + " --json " + out).exit_code, 0);
  EXPECT_FALSE(read().contains("continuum"));
  EXPECT_EQ(run_program("homogenize " + rve + " --certificate continuum --json " + out).exit_code,
            0);
  const auto result = read();
  EXPECT_LT(result["gap"].get<double>(), result["continuum"]["gap"].get<double>());
  EXPECT_LT(result["continuum"]["lower"][0][0], result["continuum"]["upper"][0][0]);
  const auto refused = run_program("homogenize " + rve + " --certificate exact");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_NE(refused.output.find("continuum"), std::string::npos) << refused.output;
  EXPECT_NE(refused.output.find("exact"), std::string::npos) << refused.output;
}
