#include <gtest/gtest.h>
#include <torch/torch.h>

#include <Eigen/Dense>

#include "laminate.h"
#include "microstructures.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/materials/rotation.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/engine.h"

using namespace seco;
using namespace seco::surrogate;
using materials::MandelMatrix;
using test::loewner_margin;
using test::make_rve;
using test::relative_difference;

namespace {

Homogenized homogenized(const std::string& engine, const materials::Rve& rve,
                        EngineSettings settings = {}) {
  register_builtin_engines();
  return make_engine(engine, settings)->homogenize({&rve, 1}).front();
}

/// Closed form of a laminate with layers normal to `axis` (Postma 1955; Backus 1962, in matrix
/// form): in-plane strains and out-of-plane tractions are uniform.
MandelMatrix laminate_stiffness(const std::vector<MandelMatrix>& layers,
                                const std::vector<double>& fractions, int axis) {
  const int m = static_cast<int>(layers[0].rows()), d = m == 3 ? 2 : 3;
  std::vector<int> normal, plane;
  const std::vector<std::pair<int, int>> pairs =
      d == 2 ? std::vector<std::pair<int, int>>{{0, 0}, {1, 1}, {0, 1}}
             : std::vector<std::pair<int, int>>{{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
  for (int p = 0; p < m; ++p)
    (pairs[p].first == axis || pairs[p].second == axis ? normal : plane).push_back(p);
  const auto block = [&](const MandelMatrix& c, const std::vector<int>& r,
                         const std::vector<int>& s) {
    Eigen::MatrixXd b(r.size(), s.size());
    for (std::size_t i = 0; i < r.size(); ++i)
      for (std::size_t j = 0; j < s.size(); ++j) b(i, j) = c(r[i], s[j]);
    return b;
  };
  Eigen::MatrixXd inverse = Eigen::MatrixXd::Zero(normal.size(), normal.size());
  Eigen::MatrixXd coupling = Eigen::MatrixXd::Zero(normal.size(), plane.size());
  Eigen::MatrixXd condensed = Eigen::MatrixXd::Zero(plane.size(), plane.size());
  for (std::size_t l = 0; l < layers.size(); ++l) {
    const Eigen::MatrixXd nn = block(layers[l], normal, normal).inverse(),
                          np = block(layers[l], normal, plane);
    inverse += fractions[l] * nn;
    coupling += fractions[l] * nn * np;
    condensed += fractions[l] * (block(layers[l], plane, plane) - np.transpose() * nn * np);
  }
  const Eigen::MatrixXd nn = inverse.inverse(), np = nn * coupling;
  const Eigen::MatrixXd pp = condensed + coupling.transpose() * nn * coupling;
  MandelMatrix result(m, m);
  for (std::size_t i = 0; i < normal.size(); ++i) {
    for (std::size_t j = 0; j < normal.size(); ++j) result(normal[i], normal[j]) = nn(i, j);
    for (std::size_t j = 0; j < plane.size(); ++j)
      result(normal[i], plane[j]) = result(plane[j], normal[i]) = np(i, j);
  }
  for (std::size_t i = 0; i < plane.size(); ++i)
    for (std::size_t j = 0; j < plane.size(); ++j) result(plane[i], plane[j]) = pp(i, j);
  return result;
}

EngineSettings tight() {
  EngineSettings settings;
  settings.tolerance = 1e-11;
  return settings;
}

}  // namespace

TEST(FftEngine, LaminatesOfTriclinicPhasesMatchTheClosedForm) {
  for (const int d : {2, 3})
    for (int axis = 0; axis < d; ++axis) {
      const auto rve = test::triclinic_laminate(
          d == 2 ? std::vector<int>{8, 8} : std::vector<int>{4, 4, 4}, axis, {2, 4, 3});
      const std::vector<double> fractions{2. / 9, 4. / 9, 3. / 9};
      const auto result = homogenized("fft", rve, tight());
      EXPECT_LT(
          relative_difference(result.stiffness, laminate_stiffness(rve.stiffness, fractions, axis)),
          1e-8)
          << d << "D, normal " << axis;
      EXPECT_LT(result.gap, 1e-8);
    }
}

TEST(FftEngine, ReferenceRvesMatchTheIndependentCode) {
  for (const char* name : {"cu_32.h5", "ti_32.h5", "fibres_32.h5", "pore1e-3_32.h5"}) {
    const auto path = std::string(SECO_TEST_DATA) + "/" + name;
    const auto result = homogenized("fft", materials::read_rve(path));
    EXPECT_LT(relative_difference(result.stiffness, *materials::read_homogenized_stiffness(path)),
              1e-6)
        << name;
    EXPECT_EQ(result.status, Status::ok);
  }
}

TEST(FftEngine, BoundsEncloseTheSolutionAtEveryStage) {
  for (const std::string type : {"polycrystal", "inclusions", "fibres", "laminate"}) {
    const auto rve = make_rve(type, {12, 13, 14});
    const auto exact = homogenized("fft", rve, tight()).stiffness;
    const auto voigt = homogenized("voigt", rve).stiffness,
               reuss = homogenized("reuss", rve).stiffness;
    EXPECT_GT(loewner_margin(reuss, exact), -1e-12) << type;
    // The estimate of fft is its upper bound, enlarged by what round-off can do.
    EXPECT_GT(loewner_margin(exact, voigt), -1e-11) << type;
    double previous = 2;
    for (const unsigned int steps : {0u, 1u, 2u, 4u, 8u}) {
      EngineSettings settings = tight();
      settings.max_iterations = steps;
      const auto result = homogenized("fft", rve, settings);
      EXPECT_GT(loewner_margin(exact, result.upper), -1e-12) << type << " after " << steps;
      EXPECT_GT(loewner_margin(result.lower, exact), -1e-12) << type << " after " << steps;
      EXPECT_LE(result.gap, previous + 1e-12);
      previous = result.gap;
      EXPECT_TRUE(type == "laminate" || result.status == Status::not_converged);
    }
  }
}

TEST(FftEngine, StaysWithinHashinShtrikmanForSpheres) {
  // Bulk modulus of an isotropic two-phase composite (Hashin and Shtrikman 1963). One RVE is only
  // nearly isotropic, so its isotropic part is compared with a margin of 2 %.
  const auto rve = make_rve("inclusions", {24, 24, 24}, 3, 10.);
  const auto result = homogenized("fft", rve);
  const auto [k1, g1] = materials::isotropic_part(rve.stiffness[0]);
  const auto [k2, g2] = materials::isotropic_part(rve.stiffness[1]);
  const double f = 0.16;
  const double lower = k1 + f / (1 / (k2 - k1) + 3 * (1 - f) / (3 * k1 + 4 * g1));
  const double upper = k2 + (1 - f) / (1 / (k1 - k2) + 3 * f / (3 * k2 + 4 * g2));
  const double bulk = materials::isotropic_part(result.stiffness).first;
  EXPECT_GT(bulk, 0.98 * lower);
  EXPECT_LT(bulk, upper);
}

TEST(FftEngine, TurningTheRveTurnsItsStiffness) {
  // A quarter turn about axis 3 maps the grid onto itself.
  auto rve = make_rve("polycrystal", {12, 12, 10});
  const materials::Rotation turn = materials::from_euler(M_PI / 2, 0, 0);
  auto turned = rve;
  for (auto& stiffness : turned.stiffness) stiffness = materials::rotate(stiffness, turn);
  for (int i = 0; i < 12; ++i)
    for (int j = 0; j < 12; ++j)
      for (int k = 0; k < 10; ++k)  // (x, y) goes to (-y, x)
        turned.phase[((11 - j) * 12 + i) * 10 + k] = rve.phase[(i * 12 + j) * 10 + k];
  const auto a = homogenized("fft", rve, tight()).stiffness,
             b = homogenized("fft", turned, tight()).stiffness;
  EXPECT_LT(relative_difference(b, materials::rotate(a, turn)), 1e-10);
}

TEST(FftEngine, DoesNotDependOnTheUnit) {
  const auto rve = make_rve("inclusions", {10, 11, 12});
  const auto reference = homogenized("fft", rve);
  for (const double factor : {1e-12, 1e-3, 1e6, 1e15}) {
    auto scaled = rve;
    for (auto& stiffness : scaled.stiffness) stiffness *= factor;
    const auto result = homogenized("fft", scaled);
    EXPECT_EQ(result.iterations, reference.iterations);
    EXPECT_LT(relative_difference(result.stiffness / factor, reference.stiffness), 1e-12) << factor;
    EXPECT_LT(relative_difference(result.lower / factor, reference.lower), 1e-11) << factor;
  }
}

TEST(FftEngine, HomogeneousRveReturnsItsOwnStiffness) {
  for (const int d : {2, 3}) {
    materials::Rve rve;
    rve.shape = d == 2 ? std::vector<int>{5, 8} : std::vector<int>{5, 4, 3};
    rve.lengths.assign(d, 2.);
    rve.stiffness = {test::random_triclinic(d, 7)};
    rve.phase.assign(rve.n_voxels(), 0);
    for (const char* engine : {"fft", "voigt", "reuss", "hill"}) {
      const auto result = homogenized(engine, rve);
      EXPECT_LT(relative_difference(result.stiffness, rve.stiffness[0]), 1e-12) << engine;
      // Bounds are apart by what round-off can do to them, relative to the condition of 20.
      EXPECT_LT(relative_difference(result.lower, rve.stiffness[0]), 1e-10) << engine;
      EXPECT_LT(result.gap, 1e-10);
      EXPECT_EQ(result.status, Status::ok);
    }
    // Its own output fed back in.
    rve.stiffness = {homogenized("fft", make_rve("inclusions", d == 2 ? std::vector<int>{16, 16}
                                                                      : std::vector<int>{8, 8, 8}))
                         .stiffness};
    EXPECT_LT(relative_difference(homogenized("fft", rve).stiffness, rve.stiffness[0]), 1e-12);
  }
}

TEST(FftEngine, OddUnequalAndSingleVoxelGridsWork) {
  for (const auto& shape :
       {std::vector<int>{9, 7, 5}, {1, 8, 8}, {16, 1, 3}, {2, 2, 2}, {15, 4}, {1, 9}}) {
    auto rve = make_rve("inclusions", shape);
    for (std::size_t i = 0; i < shape.size(); ++i) rve.lengths[i] = 0.3 + static_cast<double>(i);
    const auto result = homogenized("fft", rve);
    EXPECT_EQ(result.status, Status::ok) << result.message;
    EXPECT_LT(result.gap, 1e-6);
    EXPECT_GT(loewner_margin(homogenized("reuss", rve).stiffness, result.stiffness), -1e-10);
  }
}

TEST(FftEngine, VoidsOfZeroStiffnessWork) {
  auto rve = make_rve("inclusions", {16, 16, 16}, 2, 1e-6);
  const auto soft = homogenized("fft", rve);
  rve.stiffness[1].setZero();
  const auto result = homogenized("fft", rve);
  // A residual of 1e-6 leaves a lower bound as well (void_bounds.h).
  EXPECT_EQ(result.status, Status::ok) << result.message;
  EXPECT_LT(result.gap, 1e-2);
  EXPECT_LT(relative_difference(result.upper, soft.upper), 1e-4);
  EngineSettings rough;
  rough.tolerance = 1e-1;
  EXPECT_EQ(homogenized("fft", rve, rough).status, Status::one_sided);
  EXPECT_EQ(homogenized("reuss", rve).status, Status::one_sided);
}

TEST(FftEngine, SaysWhenItDidNotConverge) {
  EngineSettings settings;
  settings.max_iterations = 2;
  const auto result = homogenized("fft", make_rve("inclusions", {12, 12, 12}), settings);
  EXPECT_EQ(result.status, Status::not_converged);
  EXPECT_EQ(result.iterations, 2u);
  EXPECT_GT(result.residual, settings.tolerance);
  EXPECT_FALSE(result.message.empty());
}

TEST(FftEngine, ABatchGivesWhatItsMembersGive) {
  std::vector<materials::Rve> rves{
      make_rve("inclusions", {12, 12, 12}, 1, 50.), make_rve("polycrystal", {12, 12, 12}),
      make_rve("fibres", {8, 10, 12}), make_rve("polycrystal", {12, 12, 12}, 5)};
  register_builtin_engines();
  EngineSettings settings;
  settings.chunk_memory = 40;
  const auto together = make_engine("fft", settings)->homogenize(rves);
  for (std::size_t i = 0; i < rves.size(); ++i) {
    const auto alone = homogenized("fft", rves[i]);
    EXPECT_LT(relative_difference(together[i].stiffness, alone.stiffness), 1e-10) << i;
    EXPECT_EQ(together[i].iterations, alone.iterations) << i;
  }
}

TEST(FftEngine, SinglePrecisionKeepsItsBoundsToItsSlack) {
  EngineSettings settings;
  settings.precision = "single";
  settings.tolerance = 1e-4;
  for (const std::string type : {"polycrystal", "inclusions", "fibres"}) {
    const auto rve = make_rve(type, {16, 16, 16}, 4, 100.);
    const auto exact = homogenized("fft", rve, tight()).stiffness;
    const auto result = homogenized("fft", rve, settings);
    EXPECT_EQ(result.status, Status::ok);
    EXPECT_LT(relative_difference(result.stiffness, exact), 1e-5) << type;
    EXPECT_GT(loewner_margin(exact, result.upper), -1e-5) << type;
    EXPECT_GT(loewner_margin(result.lower, exact), -1e-5) << type;
  }
}

TEST(Engines, UnknownNamesAndSettingsAreNamed) {
  register_builtin_engines();
  const auto message = [](const std::string& engine,
                          const EngineSettings& settings) -> std::string {
    try {
      make_engine(engine, settings);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_NE(message("ftf", {}).find("Did you mean 'fft'"), std::string::npos);
  EngineSettings settings;
  settings.device = "tpu";
  EXPECT_NE(message("fft", settings).find("'tpu'"), std::string::npos);
  settings = {};
  settings.tolerance = -1;
  EXPECT_NE(message("fft", settings).find("-1"), std::string::npos);
  settings = {};
  settings.precision = "half";
  EXPECT_NE(message("fft", settings).find("single, double"), std::string::npos);
}
