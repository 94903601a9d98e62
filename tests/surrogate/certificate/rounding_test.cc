#include "rounding.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <Eigen/Dense>
#include <cmath>

#include "certificate.h"
#include "conjugate_gradients.h"
#include "difference_operator.h"
#include "microstructures.h"
#include "seco/materials/random.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/resolution.h"
#include "seco/surrogate/result_cache.h"
#include "support/temporary.h"

using namespace seco;
using namespace seco::surrogate;
using materials::MandelMatrix;
using test::make_rve;

namespace {

using Long = Eigen::Matrix<long double, 6, 6>;

Long isotropic(long double e, long double nu) {
  const long double lambda = e * nu / ((1 + nu) * (1 - 2 * nu)), mu = e / (2 * (1 + nu));
  Long c = Long::Zero();
  c.topLeftCorner<3, 3>().setConstant(lambda);
  c.diagonal().array() += 2 * mu;
  return c;
}

/// Layers of two isotropic phases across axis 0, half and half: exact for voxels that fill a layer.
/// Stress on the layer plane and strain in it are uniform (Milton 2002, The Theory of Composites,
/// section 9.5), in extended precision.
Long laminate(const Long& a, const Long& b) {
  const std::vector<int> normal{0, 4, 5}, plane{1, 2, 3};
  using Block = Eigen::Matrix<long double, 3, 3>;
  const auto block = [](const Long& c, const auto& rows, const auto& columns) {
    Block result;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j) result(i, j) = c(rows[i], columns[j]);
    return result;
  };
  Block inverse = Block::Zero(), coupling = Block::Zero(), rest = Block::Zero();
  for (const auto* c : {&a, &b}) {
    const Block nn = block(*c, normal, normal).inverse(), nt = block(*c, normal, plane);
    inverse += 0.5L * nn;
    coupling += 0.5L * nn * nt;
    rest += 0.5L * (block(*c, plane, plane) - nt.transpose() * nn * nt);
  }
  const Block nn = inverse.inverse(), nt = nn * coupling;
  const Block tt = rest + coupling.transpose() * nn * coupling;
  Long result;
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j) {
      result(normal[i], normal[j]) = nn(i, j);
      result(normal[i], plane[j]) = nt(i, j);
      result(plane[j], normal[i]) = nt(i, j);
      result(plane[i], plane[j]) = tt(i, j);
    }
  return 0.5L * (result + result.transpose());
}

materials::Rve laminate_rve(const std::vector<int>& shape, const Long& a, const Long& b) {
  materials::Rve rve;
  rve.shape = shape;
  rve.lengths = {1., 0.5, 0.5};
  rve.stiffness = {a.cast<double>(), b.cast<double>()};
  for (std::size_t v = 0; v < rve.n_voxels(); ++v)
    rve.phase.push_back(static_cast<int>(v / (shape[1] * shape[2])) < shape[0] / 2 ? 0 : 1);
  return rve;
}

/// Smallest eigenvalue of b - a, every load scaled by the root of its diagonal entry in `scale`.
long double margin(const Long& a, const Long& b, const Long& scale) {
  const Long d = scale.diagonal().cwiseSqrt().cwiseInverse().asDiagonal();
  const Long scaled = d * (b - a) * d;
  return Eigen::SelfAdjointEigenSolver<Long>(scaled, Eigen::EigenvaluesOnly)
      .eigenvalues()
      .minCoeff();
}

Homogenized homogenize(const std::string& engine, const std::string& precision, double tolerance,
                       const materials::Rve& rve, unsigned int steps = 300) {
  register_builtin_engines();
  EngineSettings settings;
  settings.precision = precision;
  settings.tolerance = tolerance;
  settings.max_iterations = steps;
  return make_engine(engine, settings)->homogenize({&rve, 1}).front();
}

// No slack: the bounds are enlarged by all that round-off can do, the constants of the phases
// included.
void expect_truth_inside(const Homogenized& result, const Long& truth) {
  if (result.status == Status::failed) {
    EXPECT_FALSE(result.message.empty());
    return;
  }
  const Long lower = result.lower.cast<long double>(), upper = result.upper.cast<long double>();
  EXPECT_GE(margin(truth, upper, upper), -1e-17L) << to_string(result.status);
  EXPECT_GE(margin(lower, truth, upper), -1e-17L) << to_string(result.status);
  EXPECT_TRUE(bounds_in_order(result));
}

constexpr double poisson_ratios[] = {0.49, 0.4999, 0.499999995, 0.499999999, 0.5 - 1e-12};
constexpr double contrasts[] = {1e-12, 1e-8, 1e-4, 1., 1e4, 1e8, 1e12};

}  // namespace

class RoundOff : public ::testing::TestWithParam<std::tuple<std::string, std::string>> {};

TEST_P(RoundOff, BoundsOfLaminatesContainTheTruthOrSayWhyNot) {
  const auto [engine, precision] = GetParam();
  const double tolerance = 1e-3;
  int n_ok = 0, n = 0;
  for (const double nu : poisson_ratios)
    for (const double contrast : contrasts) {
      SCOPED_TRACE("nu 0.5 - " + std::to_string(std::log10(0.5 - nu)) + " contrast " +
                   std::to_string(std::log10(contrast)));
      const Long a = isotropic(3000., 0.3), b = isotropic(3000.L * contrast, nu);
      const auto result =
          homogenize(engine, precision, tolerance, laminate_rve({6, 2, 3}, a, b), 40);
      expect_truth_inside(result, laminate(a, b));
      if (result.status == Status::ok) {
        ++n_ok;
        if (engine == "certified") {
          EXPECT_LE(result.gap, tolerance);
        }
      } else {
        EXPECT_FALSE(result.message.empty());
      }
      ++n;
    }
  RecordProperty("ok", n_ok);
  EXPECT_GE(n_ok, engine == "certified" && precision == "single" ? 8 : 12) << n;
}

INSTANTIATE_TEST_SUITE_P(
    EnginesAndPrecisions, RoundOff,
    ::testing::Combine(::testing::Values("certified", "fft", "voigt", "reuss", "auto"),
                       ::testing::Values("double", "single")),
    [](const auto& info) { return std::get<0>(info.param) + "_" + std::get<1>(info.param); });

TEST(RoundOff, NearlyIncompressibleLayersAreCertified) {
  // In halves of 3000, 0.3 and a phase of K/G = 5e8: the lower bound once was 8.3e10.
  const Long a = isotropic(6000., 0.3), b = isotropic(3000., 0.499999999);
  const Long truth = laminate(a, b);
  for (const char* engine : {"certified", "auto"}) {
    const auto result = homogenize(engine, "double", 1e-3, laminate_rve({4, 4, 4}, a, b));
    EXPECT_EQ(result.status, Status::ok) << engine << ": " << result.message;
    EXPECT_LE(result.gap, 1e-3);
    expect_truth_inside(result, truth);
    EXPECT_NEAR(result.stiffness(0, 0), static_cast<double>(truth(0, 0)), 1e-3 * truth(0, 0));
  }
  // Strains of single precision are too coarse for a condition of 1e9, which is said.
  const auto coarse = homogenize("certified", "single", 1e-3, laminate_rve({4, 4, 4}, a, b));
  EXPECT_EQ(coarse.status, Status::not_converged);
  EXPECT_NE(coarse.message.find("double precision may help"), std::string::npos);
  expect_truth_inside(coarse, truth);
}

TEST(RoundOff, InclusionsOfAnyContrastKeepTheOrderAndTheKnownBounds) {
  // Voigt and Reuss of the same RVE, from constants in extended precision, enclose whatever an
  // engine claims to know.
  for (const double nu : {0.3, 0.499999999})
    for (const double contrast : {1e-12, 1e-6, 1., 1e6, 1e12}) {
      SCOPED_TRACE(contrast);
      auto rve = make_rve("inclusions", {6, 6, 6}, 3);
      const Long a = isotropic(3000., 0.35), b = isotropic(3000.L * contrast, nu);
      rve.stiffness = {a.cast<double>(), b.cast<double>()};
      long double share = 0;
      for (const auto p : rve.phase) share += p;
      share /= static_cast<long double>(rve.phase.size());
      const Long voigt = (1 - share) * a + share * b;
      const Long reuss = ((1 - share) * a.inverse() + share * b.inverse()).inverse();
      for (const char* precision : {"double", "single"}) {
        const auto result = homogenize("certified", precision, 1e-3, rve, 80);
        if (result.status == Status::failed) continue;
        const Long lower = result.lower.cast<long double>(),
                   upper = result.upper.cast<long double>();
        EXPECT_GE(margin(lower, voigt, voigt), -1e-9L);
        EXPECT_GE(margin(reuss, upper, upper), -1e-9L);
        EXPECT_TRUE(bounds_in_order(result));
        if (result.status == Status::ok) {
          EXPECT_LE(result.gap, 1e-3);
        }
      }
    }
}

TEST(RoundOff, SmallestSymbolIsThatOfAllFrequencies) {
  for (const auto& shape : {std::vector<std::int64_t>{5, 8, 6}, {4, 4, 4}, {7, 9, 1}, {2, 3, 2}}) {
    Grid grid{shape, {0.3, 0.2, 0.7}};
    double smallest = 1e300, largest = 0;
    for (int i = 0; i < shape[0]; ++i)
      for (int j = 0; j < shape[1]; ++j)
        for (int k = 0; k < shape[2]; ++k) {
          const double half[] = {M_PI * i / static_cast<double>(shape[0]),
                                 M_PI * j / static_cast<double>(shape[1]),
                                 M_PI * k / static_cast<double>(shape[2])};
          double square = 0;
          for (int a = 0; a < 3; ++a) {
            double value = 2. / grid.spacing[a] * std::sin(half[a]);
            for (int b = 0; b < 3; ++b)
              if (b != a) value *= std::cos(half[b]);
            square += value * value;
          }
          if (square > 1e-20) smallest = std::min(smallest, square);
          largest = std::max(largest, square);
        }
    const auto found = rounding_of(grid);
    EXPECT_NEAR(found.smallest_symbol, std::sqrt(smallest), 1e-9 * found.smallest_symbol);
    EXPECT_GE(found.difference, std::sqrt(largest));
  }
}

TEST(RoundOff, UpperBoundLiesAboveTheBestEnergyOfItsFields) {
  // The strains of the same displacement in extended precision, voxel by voxel, and the least
  // energy of their combinations with the unit strains.
  torch::manual_seed(5);
  for (const double contrast : {1e-6, 1., 1e6}) {
    auto rve = make_rve("inclusions", {4, 5, 6}, 2);
    rve.stiffness = {isotropic(1., 0.3).cast<double>(), isotropic(contrast, 0.4999).cast<double>()};
    const StiffnessField stiffness({&rve, 1}, torch::kDouble);
    const Grid& grid = stiffness.grid();
    const auto u = 0.2 * torch::randn({1, 6, 3, 4, 5, 6}, torch::kDouble);
    const auto bound = enclose_from_above(stiffness, u);
    const auto values = u.accessor<double, 6>();
    Long fluctuations = Long::Zero(), coupling = Long::Zero(), voigt = Long::Zero();
    std::size_t v = 0;
    for (int i = 0; i < 4; ++i)
      for (int j = 0; j < 5; ++j)
        for (int k = 0; k < 6; ++k, ++v) {
          Long strain;  // one column per load
          for (int load = 0; load < 6; ++load) {
            long double g[3][3] = {};
            for (int c = 0; c < 3; ++c)
              for (int corner = 0; corner < 8; ++corner) {
                const int p = (i + (corner & 1)) % 4, q = (j + (corner >> 1 & 1)) % 5,
                          r = (k + (corner >> 2 & 1)) % 6;
                for (int a = 0; a < 3; ++a)
                  g[c][a] += (corner >> a & 1 ? 1 : -1) *
                             static_cast<long double>(values[0][load][c][p][q][r]) /
                             (4 * static_cast<long double>(grid.spacing[a]));
              }
            const long double root = std::sqrt(2.L);
            strain.col(load) << g[0][0], g[1][1], g[2][2], (g[1][2] + g[2][1]) / root,
                (g[0][2] + g[2][0]) / root, (g[0][1] + g[1][0]) / root;
          }
          const Eigen::Matrix<double, 6, 6> stored = rve.stiffness[rve.phase[v]];
          const Long c = stored.cast<long double>() /
                         (120.L * static_cast<long double>(stiffness.scale()[0].item<double>()));
          fluctuations += strain.transpose() * c * strain;
          coupling += c * strain;
          voigt += c;
        }
    const Long best = voigt - coupling * fluctuations.inverse() * coupling.transpose();
    Long upper;
    for (int i = 0; i < 6; ++i)
      for (int j = 0; j < 6; ++j) upper(i, j) = bound[0][i][j].item<double>();
    EXPECT_GE(margin(best, upper, upper), -1e-12L) << contrast;
    EXPECT_LE(margin(best, upper, upper), 1e-7L) << contrast;
  }
}

TEST(Plateau, CertifiedGoesOnWhileTheEnergiesFall) {
  // A random half of the voxels 1e4 times as stiff: the gap stays near 1 for dozens of steps.
  auto rve = make_rve("inclusions", {12, 12, 12}, 1);
  rve.stiffness = {isotropic(10., 0.3).cast<double>(), isotropic(1e5, 0.3).cast<double>()};
  materials::RandomStream random(11);
  for (auto& phase : rve.phase) phase = random.uniform() < 0.5 ? 0 : 1;
  const auto result = homogenize("certified", "double", 1e-2, rve, 2000);
  EXPECT_EQ(result.status, Status::ok) << result.message;
  EXPECT_LE(result.gap, 1e-2);
  EXPECT_GT(result.iterations, 60u);
  const auto exact = homogenize("fft", "double", 1e-9, rve, 5000);
  ASSERT_EQ(exact.status, Status::ok);
  EXPECT_GE(test::loewner_margin(result.lower, exact.stiffness), -1e-9);
  EXPECT_GE(test::loewner_margin(exact.stiffness, result.upper), -1e-9);
}

TEST(Voids, ASolidCutByAVoidPlaneHasNoStiffnessAcrossIt) {
  auto rve = make_rve("inclusions", {8, 6, 6}, 1);
  rve.stiffness = {isotropic(1000., 0.3).cast<double>(), MandelMatrix::Zero(6, 6)};
  for (std::size_t v = 0; v < rve.phase.size(); ++v) rve.phase[v] = v / 36 == 0 ? 1 : 0;
  for (const char* engine : {"fft", "certified", "auto"})
    for (const char* precision : {"double", "single"}) {
      SCOPED_TRACE(std::string(engine) + " " + precision);
      const auto result = homogenize(engine, precision, 1e-3, rve);
      EXPECT_EQ(result.status, Status::one_sided) << result.message;
      EXPECT_NE(result.message.find("does not percolate along axis 0"), std::string::npos);
      EXPECT_NEAR(result.upper(0, 0), 0., 1e-3);
      EXPECT_NEAR(result.upper(4, 4), 0., 1e-3);
      // Layers of the solid under plane stress, seven of eight: E / (1 - nu^2).
      EXPECT_NEAR(result.stiffness(1, 1), 7. / 8. * 1000. / (1. - 0.09), 2.);
      EXPECT_TRUE(bounds_in_order(result));
    }
  // Islands in the void carry nothing at all.
  for (std::size_t v = 0; v < rve.phase.size(); ++v)
    rve.phase[v] = v / 36 == 3 && v % 6 == 2 && v / 6 % 6 == 2 ? 0 : 1;
  const auto island = homogenize("certified", "double", 1e-3, rve);
  EXPECT_EQ(island.status, Status::one_sided) << island.message;
  EXPECT_NE(island.message.find("along axis 0, 1, 2"), std::string::npos) << island.message;
  EXPECT_LT(island.upper.diagonal().maxCoeff(), 1e-6);
}

TEST(Voids, AChainOfCornersHasAContinuumCertificateWithoutInverse) {
  materials::Rve rve;
  rve.shape = {3, 3};
  rve.lengths = {1., 1.};
  rve.stiffness = {MandelMatrix::Zero(3, 3),
                   materials::plane_strain(isotropic(1000., 0.3).cast<double>())};
  for (int v = 0; v < 9; ++v) rve.phase.push_back(v % 4 == 0 ? 1 : 0);
  ContinuumSettings settings;
  settings.refinement = 2;
  EXPECT_EQ(certify_continuum(rve, settings).status, Status::one_sided);
  EXPECT_EQ(resolution_note(rve), "");
  // A third of a diagonal bar under plane strain, seen in the discretization.
  const auto result = homogenize("certified", "double", 1e-6, rve);
  EXPECT_EQ(result.status, Status::one_sided) << result.message;
  EXPECT_NEAR(result.upper(0, 0), 91.5751, 1e-3);
  EXPECT_NEAR(result.upper(2, 2), 183.150, 2e-3);
}

TEST(Resolution, CheckerboardsOfSingleVoxelsGetANote) {
  auto rve = make_rve("inclusions", {8, 8, 8}, 1);
  rve.stiffness = {isotropic(1., 0.3).cast<double>(), isotropic(100., 0.3).cast<double>()};
  std::size_t v = 0;
  for (int i = 0; i < 8; ++i)
    for (int j = 0; j < 8; ++j)
      for (int k = 0; k < 8; ++k) rve.phase[v++] = static_cast<std::uint16_t>((i + j + k) % 2);
  EXPECT_NE(resolution_note(rve).find("hourglass"), std::string::npos);
  EXPECT_EQ(resolution_note(make_rve("inclusions", {12, 12, 12}, 1)), "");
}

namespace {

/// An engine whose lower bound is above the upper one.
class CrossedEngine : public Engine {
 public:
  std::string name() const override { return "crossed"; }
  std::vector<Homogenized> homogenize(std::span<const materials::Rve> rves,
                                      const std::function<void(std::size_t)>&) const override {
    std::vector<Homogenized> results(rves.size());
    for (auto& result : results) {
      result.upper = result.stiffness = MandelMatrix::Identity(6, 6);
      result.lower = result.upper;
      result.lower(2, 1) = result.lower(1, 2) = 0.01;  // no diagonal entry shows it
      result.engine = name();
    }
    return results;
  }
};

}  // namespace

TEST(RoundOff, NoEngineHandsOutBoundsThatCross) {
  static const bool registered = [] {
    register_engine("crossed", {"wrong", "1"},
                    [](const EngineSettings&) { return std::make_unique<CrossedEngine>(); });
    return true;
  }();
  ASSERT_TRUE(registered);
  const auto rve = make_rve("inclusions", {4, 4, 4});
  const auto result = make_engine("crossed", {})->homogenize({&rve, 1}).front();
  EXPECT_EQ(result.status, Status::failed);
  EXPECT_NE(result.message.find("above the upper one"), std::string::npos) << result.message;

  const ResultCache cache(test::new_folder("cache").string(), "crossed", {});
  const auto digest = ResultCache::digest(rve);
  auto crossed = CrossedEngine().homogenize({&rve, 1}, {}).front();
  ASSERT_EQ(crossed.status, Status::ok);
  cache.store(digest, crossed);
  EXPECT_FALSE(cache.find(digest).has_value());
  crossed.lower = 0.5 * crossed.upper;
  cache.store(digest, crossed);
  EXPECT_TRUE(cache.find(digest).has_value());
}
