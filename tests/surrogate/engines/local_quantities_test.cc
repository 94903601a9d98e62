#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <cmath>
#include <limits>

#include "microstructures.h"
#include "seco/materials/elastic_symmetry.h"
#include "seco/surrogate/engine.h"

using namespace seco;
using namespace seco::surrogate;
using materials::MandelMatrix;
using materials::MandelVector;
using test::make_rve;

namespace {

MandelVector random_strain(int m, std::uint64_t seed) {
  materials::RandomStream random(seed);
  MandelVector strain(m);
  for (int i = 0; i < m; ++i) strain[i] = 1e-3 * random.normal();
  return strain;
}

LocalQuery query(materials::Rve rve, int n_strains = 1, bool whole_fields = true,
                 std::uint64_t seed = 7) {
  LocalQuery result;
  const int m = materials::n_mandel_components(rve.dimension());
  for (int i = 0; i < n_strains; ++i) result.strains.push_back(random_strain(m, seed + i));
  result.rve = std::move(rve);
  result.whole_fields = whole_fields;
  return result;
}

LocalAnswer ask(const std::string& engine, const LocalQuery& question,
                EngineSettings settings = {}) {
  register_builtin_engines();
  return make_engine(engine, settings)->local_quantities({&question, 1}).front();
}

EngineSettings tight() {
  EngineSettings settings;
  settings.tolerance = 1e-11;
  return settings;
}

EngineSettings stopped_after(unsigned int iterations) {
  EngineSettings settings;
  settings.max_iterations = iterations;
  return settings;
}

/// The tensor of voxel v of a field, m x voxels.
MandelVector tensor_at(const std::vector<double>& field, std::size_t v, std::size_t n_voxels) {
  const auto m = static_cast<Eigen::Index>(field.size() / n_voxels);
  MandelVector result(m);
  for (Eigen::Index c = 0; c < m; ++c) result[c] = field[c * n_voxels + v];
  return result;
}

std::size_t index_of(const std::array<int, 3>& voxel, const materials::Rve& rve) {
  std::size_t index = 0;
  for (int axis = 0; axis < rve.dimension(); ++axis) index = index * rve.shape[axis] + voxel[axis];
  return index;
}

/// sqrt(3/2) |dev s| of a stress with all six components.
double von_mises(const MandelVector& s) {
  const double mean = (s[0] + s[1] + s[2]) / 3;
  MandelVector deviator = s;
  for (int i = 0; i < 3; ++i) deviator[i] -= mean;
  return std::sqrt(1.5) * deviator.norm();
}

/// A plane stress state with a normal stress added.
MandelVector with_normal_stress(const MandelVector& s, double normal) {
  MandelVector result = MandelVector::Zero(6);
  result << s[0], s[1], normal, 0, 0, s[2];
  return result;
}

/// Layers of two thirds and one third along an axis of a grid of 6 voxels.
materials::Rve laminate(const std::vector<MandelMatrix>& layers, int axis) {
  materials::Rve rve;
  const int d = materials::dimension_of(layers[0]);
  rve.shape.assign(d, 4);
  rve.shape[axis] = 6;
  rve.lengths.assign(d, 1.);
  rve.lengths[0] = 0.7;
  rve.stiffness = layers;
  std::size_t stride = 1;
  for (int i = d - 1; i > axis; --i) stride *= rve.shape[i];
  for (std::size_t v = 0; v < rve.n_voxels(); ++v) rve.phase.push_back(v / stride % 6 < 4 ? 0 : 1);
  return rve;
}

/// Strains of the two layers: strains in the plane and tractions on it are the same in both.
std::vector<MandelVector> laminate_strains(const std::vector<MandelMatrix>& layers,
                                           const MandelVector& mean, int axis) {
  const int m = static_cast<int>(mean.size());
  const std::vector<std::pair<int, int>> pairs =
      m == 3 ? std::vector<std::pair<int, int>>{{0, 0}, {1, 1}, {0, 1}}
             : std::vector<std::pair<int, int>>{{0, 0}, {1, 1}, {2, 2}, {1, 2}, {0, 2}, {0, 1}};
  // The strain of layer 0 is mean + f1 P a, that of layer 1 mean - f0 P a, where P picks the
  // components with the normal; the jump a makes the tractions P^T C e equal.
  std::vector<int> normal;
  for (int p = 0; p < m; ++p)
    if (pairs[p].first == axis || pairs[p].second == axis) normal.push_back(p);
  Eigen::MatrixXd pick = Eigen::MatrixXd::Zero(m, normal.size());
  for (std::size_t i = 0; i < normal.size(); ++i) pick(normal[i], i) = 1;
  const double f0 = 2. / 3, f1 = 1. / 3;
  const Eigen::MatrixXd left = pick.transpose() * (f1 * layers[0] + f0 * layers[1]) * pick;
  const Eigen::VectorXd right = pick.transpose() * ((layers[1] - layers[0]) * mean);
  const Eigen::VectorXd jump = pick * left.ldlt().solve(right);
  return {mean + f1 * jump, mean - f0 * jump};
}

}  // namespace

TEST(LocalQuantities, LaminatesOfTriclinicPhasesMatchTheClosedForm) {
  for (const int d : {2, 3})
    for (int axis = 0; axis < d; ++axis) {
      const std::vector<MandelMatrix> layers{test::random_triclinic(d, 10 + axis),
                                             test::random_triclinic(d, 20 + axis)};
      const auto question = query(laminate(layers, axis), 3, false);
      const auto answer = ask("fft", question, tight());
      for (std::size_t q = 0; q < 3; ++q) {
        const auto exact = laminate_strains(layers, question.strains[q], axis);
        const auto& load = answer.loads[q];
        std::size_t largest = 0;
        std::array<double, 2> measure;
        for (std::size_t p = 0; p < 2; ++p) {
          const MandelVector stress = layers[p] * exact[p];
          EXPECT_LT((load.phases[p].strain - exact[p]).norm(), 1e-8 * exact[p].norm());
          EXPECT_LT((load.phases[p].stress - stress).norm(), 1e-8 * stress.norm());
          // In the plane the measure is von Mises's for the normal stress that makes it smallest.
          measure[p] = von_mises(
              d == 3 ? stress : with_normal_stress(stress, 0.5 * (stress[0] + stress[1])));
          if (measure[p] > measure[largest]) largest = p;
        }
        EXPECT_NEAR(load.largest_von_mises.value, measure[largest], 1e-8 * measure[largest]);
        EXPECT_EQ(question.rve.phase[index_of(load.largest_von_mises.voxel, question.rve)], largest)
            << d << "D, normal " << axis;
        EXPECT_NEAR(load.phases[0].volume_fraction, 2. / 3, 1e-14);
      }
      EXPECT_EQ(answer.measure, d == 3 ? StressMeasure::spatial : StressMeasure::in_plane);
    }
}

TEST(LocalQuantities, FieldsAreLinearInTheStrain) {
  auto question = query(make_rve("inclusions", {16, 16}, 3), 2);
  question.strains.push_back(3. * question.strains[0] - 0.5 * question.strains[1]);
  for (const char* engine : {"fft", "voigt", "reuss"}) {
    const auto loads = ask(engine, question, stopped_after(2)).loads;
    for (std::size_t i = 0; i < loads[0].fields.stress.size(); ++i)
      EXPECT_NEAR(loads[2].fields.stress[i],
                  3. * loads[0].fields.stress[i] - 0.5 * loads[1].fields.stress[i], 1e-9)
          << engine;
  }
}

TEST(LocalQuantities, MeansBelongToTheUpperBoundAlsoOfUnconvergedFields) {
  for (const auto& rve :
       {make_rve("inclusions", {16, 16}, 2, 100.), make_rve("polycrystal", {8, 8, 8}),
        make_rve("inclusions", {10, 9, 8}, 5, 0.01)})
    for (const unsigned int iterations : {1u, 3u}) {
      const auto question = query(rve, 2);
      const auto answer = ask("fft", question, stopped_after(iterations));
      const auto n = rve.n_voxels();
      for (std::size_t q = 0; q < 2; ++q) {
        const auto& load = answer.loads[q];
        const MandelVector expected = answer.homogenized.upper * question.strains[q];
        EXPECT_LT((load.mean_stress - expected).norm(), 1e-10 * expected.norm());
        EXPECT_LT((load.mean_strain - question.strains[q]).norm(),
                  1e-12 * question.strains[q].norm());
        EXPECT_LT(load.hill_mandel_residual, 1e-10);
        // Means of the phases by another way: from the whole fields.
        std::vector<MandelVector> strain(rve.stiffness.size(), 0. * expected), stress = strain;
        std::vector<double> fraction(rve.stiffness.size());
        for (std::size_t v = 0; v < n; ++v) {
          const auto p = rve.phase[v];
          fraction[p] += 1. / n;
          strain[p] += tensor_at(load.fields.strain, v, n) / n;
          stress[p] += tensor_at(load.fields.stress, v, n) / n;
        }
        ASSERT_EQ(load.phases.size(), rve.stiffness.size());
        for (std::size_t p = 0; p < fraction.size(); ++p) {
          EXPECT_NEAR(load.phases[p].volume_fraction, fraction[p], 1e-12);
          if (fraction[p] == 0.) continue;
          EXPECT_LT((load.phases[p].strain - strain[p] / fraction[p]).norm(), 1e-10 * 1e-3);
          EXPECT_LT((load.phases[p].stress - stress[p] / fraction[p]).norm(),
                    1e-9 * expected.norm());
        }
      }
    }
}

TEST(LocalQuantities, ExtremesAreThoseOfTheWholeFieldsAndWhereTheyAre) {
  for (const auto& rve :
       {make_rve("inclusions", {12, 10, 8}, 4, 50.), make_rve("inclusions", {24, 20}, 4, 0.05)}) {
    const auto question = query(rve, 2);
    const auto answer = ask("fft", question);
    const auto n = rve.n_voxels();
    for (const auto& load : answer.loads) {
      double largest = 0, highest = -1e300, lowest = 1e300;
      for (std::size_t v = 0; v < n; ++v) {
        MandelVector stress = tensor_at(load.fields.stress, v, n);
        if (rve.dimension() == 2) {
          const auto& c = rve.stiffness[rve.phase[v]];
          const double ratio = c(0, 1) / (c(0, 0) + c(0, 1));
          stress = with_normal_stress(stress, ratio * (stress[0] + stress[1]));
        }
        largest = std::max(largest, von_mises(stress));
        highest = std::max(highest, stress.head(3).sum() / 3);
        lowest = std::min(lowest, stress.head(3).sum() / 3);
        EXPECT_NEAR(load.fields.von_mises[v], von_mises(stress), 1e-9 * largest);
      }
      EXPECT_NEAR(load.largest_von_mises.value, largest, 1e-10 * largest);
      EXPECT_NEAR(load.largest_hydrostatic.value, highest, 1e-10 * largest);
      EXPECT_NEAR(load.smallest_hydrostatic.value, lowest, 1e-10 * largest);
      EXPECT_EQ(load.fields.von_mises[index_of(load.largest_von_mises.voxel, rve)],
                load.largest_von_mises.value);
      EXPECT_EQ(load.fields.hydrostatic[index_of(load.smallest_hydrostatic.voxel, rve)],
                load.smallest_hydrostatic.value);
    }
    EXPECT_EQ(answer.measure, StressMeasure::spatial);
  }
}

TEST(LocalQuantities, PlaneStrainOfIsotropicPhasesIsThatOfParallelFibres) {
  const auto plane = make_rve("inclusions", {16, 16}, 6, 30.);
  auto fibres = plane;
  fibres.shape.push_back(2);
  fibres.lengths.push_back(1.);
  fibres.phase.clear();
  for (const auto p : plane.phase) fibres.phase.insert(fibres.phase.end(), 2, p);
  fibres.stiffness = {materials::isotropic(3000, 0.35), 30. * materials::isotropic(3000, 0.2)};
  ASSERT_LT((materials::plane_strain(fibres.stiffness[1]) - plane.stiffness[1]).norm(), 1e-8);
  const auto question = query(plane, 1, false);
  auto spatial = query(fibres, 1, false);
  const auto& e = question.strains[0];
  spatial.strains[0] << e[0], e[1], 0, 0, 0, e[2];
  const auto two = ask("fft", question, tight()).loads[0],
             three = ask("fft", spatial, tight()).loads[0];
  EXPECT_NEAR(two.largest_von_mises.value, three.largest_von_mises.value,
              1e-7 * three.largest_von_mises.value);
  EXPECT_NEAR(two.largest_hydrostatic.value, three.largest_hydrostatic.value,
              1e-7 * three.largest_von_mises.value);
  EXPECT_NEAR(two.smallest_hydrostatic.value, three.smallest_hydrostatic.value,
              1e-7 * three.largest_von_mises.value);
  // The mean normal to the plane, a row of the stiffness in space.
  const auto homogenized = [](const char* engine, const materials::Rve& rve) {
    return make_engine(engine, tight())->homogenize({&rve, 1}).front();
  };
  const auto in_space = homogenized("fft", fibres).stiffness;
  for (const char* engine : {"fft", "certified"}) {
    const auto in_plane = homogenized(engine, plane);
    ASSERT_EQ(in_plane.out_of_plane.rows(), 3);
    for (const auto& [column, of_space] : {std::pair(0, 0), std::pair(1, 1), std::pair(2, 5)})
      EXPECT_NEAR(in_plane.out_of_plane(0, column), in_space(2, of_space), 1e-5 * in_space.norm());
    EXPECT_LT(in_plane.out_of_plane.bottomRows(2).norm(), 1e-9 * in_space.norm());
  }
  auto unknown = plane;
  unknown.stiffness_3d.clear();
  EXPECT_EQ(homogenized("fft", unknown).out_of_plane.size(), 0);
  EXPECT_EQ(homogenized("hill", plane).out_of_plane.size(), 0);
}

TEST(LocalQuantities, HomogeneousRvesHaveTheStressOfHooke) {
  for (const int d : {2, 3}) {
    materials::Rve rve;
    rve.shape.assign(d, 5);
    rve.lengths.assign(d, 2.);
    rve.stiffness = {d == 2 ? materials::plane_strain(materials::isotropic(200e3, 0.3))
                            : test::random_triclinic(3, 1)};
    if (d == 2) rve.stiffness_3d = {materials::isotropic(200e3, 0.3)};
    rve.phase.assign(rve.n_voxels(), 0);
    const auto question = query(rve, 1, false);
    MandelVector stress = rve.stiffness[0] * question.strains[0];
    if (d == 2) stress = with_normal_stress(stress, 0.3 * (stress[0] + stress[1]));
    for (const char* engine : {"fft", "voigt", "reuss"}) {
      const auto load = ask(engine, question).loads[0];
      EXPECT_NEAR(load.largest_von_mises.value, von_mises(stress), 1e-9 * stress.norm());
      EXPECT_NEAR(load.largest_hydrostatic.value, stress.head(3).sum() / 3, 1e-9 * stress.norm());
      EXPECT_NEAR(load.smallest_hydrostatic.value, stress.head(3).sum() / 3, 1e-9 * stress.norm());
      // The root of what round-off can do to the bounds.
      EXPECT_LT(load.relative_field_error, 1e-5);
    }
  }
}

TEST(LocalQuantities, PlaneStrainOfAnyPhaseHasItsStressOutOfThePlane) {
  // Homogeneous: the stress is that of the 6 x 6 stiffness under a plane strain, with all six
  // components. A fibre along the normal looks isotropic in the plane and is not.
  const auto fibre = materials::transversely_isotropic(225e3, 15e3, 0.2, 15e3, 7e3);
  for (const MandelMatrix& full : {MandelMatrix(fibre), test::random_triclinic(3, 5)}) {
    materials::Rve rve;
    rve.shape = {4, 4};
    rve.lengths = {1., 1.};
    rve.stiffness = {materials::plane_strain(full)};
    rve.stiffness_3d = {full};
    rve.phase.assign(16, 0);
    auto question = query(rve, 2);
    for (std::size_t q = 0; q < 2; ++q) {
      const auto& e = question.strains[q];
      MandelVector strain = MandelVector::Zero(6);
      strain << e[0], e[1], 0, 0, 0, e[2];
      const MandelVector stress = full * strain;
      for (const char* engine : {"fft", "voigt", "reuss"}) {
        const auto answer = ask(engine, question);
        EXPECT_EQ(answer.measure, StressMeasure::spatial);
        const auto& load = answer.loads[q];
        EXPECT_NEAR(load.largest_von_mises.value, von_mises(stress), 1e-9 * stress.norm());
        EXPECT_NEAR(load.largest_hydrostatic.value, stress.head(3).sum() / 3, 1e-9 * stress.norm());
        EXPECT_NEAR(load.fields.von_mises[5], von_mises(stress), 1e-9 * stress.norm());
      }
    }
    // Where only the plane strain part is known, nothing is called spatial: not even of a phase
    // that is isotropic in the plane, nor by the 6 x 6 stiffness of another one.
    question.rve.stiffness_3d.clear();
    EXPECT_EQ(ask("fft", question).measure, StressMeasure::in_plane);
    question.rve.stiffness_3d = {2. * full};
    EXPECT_EQ(ask("fft", question).measure, StressMeasure::in_plane);
  }
}

TEST(LocalQuantities, GrainsInPlaneStrainHaveTheStressOfTheirCrystal) {
  const auto plane = make_rve("polycrystal", {12, 12}, 3);
  ASSERT_EQ(plane.stiffness_3d.size(), plane.stiffness.size());
  const auto question = query(plane, 1);
  const auto answer = ask("fft", question, tight());
  EXPECT_EQ(answer.measure, StressMeasure::spatial);
  const auto n = plane.n_voxels();
  for (std::size_t v = 0; v < n; ++v) {
    const MandelVector e = tensor_at(answer.loads[0].fields.strain, v, n);
    MandelVector strain = MandelVector::Zero(6);
    strain << e[0], e[1], 0, 0, 0, e[2];
    const MandelVector stress = plane.stiffness_3d[plane.phase[v]] * strain;
    EXPECT_NEAR(answer.loads[0].fields.von_mises[v], von_mises(stress), 1e-9 * stress.norm());
    EXPECT_NEAR(answer.loads[0].fields.hydrostatic[v], stress.head(3).sum() / 3,
                1e-9 * stress.norm());
  }
}

TEST(LocalQuantities, TheErrorBoundHoldsAgainstTheConvergedFields) {
  const auto with_voids = [] {
    auto rve = make_rve("inclusions", {16, 16}, 9);
    rve.stiffness[1].setZero();
    return rve;
  };
  for (const auto& rve :
       {make_rve("inclusions", {16, 16}, 1, 100.), make_rve("inclusions", {8, 8, 8}, 2, 0.01),
        make_rve("polycrystal", {8, 8, 8}, 3), with_voids()}) {
    const auto question = query(rve, 3);
    const auto exact = ask("fft", question, tight());
    const auto n = rve.n_voxels();
    const auto compare = [&](const std::string& engine, const EngineSettings& settings) {
      const auto answer = ask(engine, question, settings);
      for (std::size_t q = 0; q < 3; ++q) {
        double square = 0;
        for (std::size_t v = 0; v < n; ++v) {
          const MandelVector error = tensor_at(answer.loads[q].fields.strain, v, n) -
                                     tensor_at(exact.loads[q].fields.strain, v, n);
          square += error.dot(rve.stiffness[rve.phase[v]] * error) / n;
        }
        EXPECT_LE(std::sqrt(square), answer.loads[q].field_error) << engine;
        EXPECT_GT(std::sqrt(square), 0.);
      }
    };
    for (const unsigned int iterations : {1u, 2u, 5u}) compare("fft", stopped_after(iterations));
    auto single = stopped_after(3);
    single.precision = "single";
    compare("fft", single);
    auto loose = EngineSettings{};
    loose.tolerance = 0.05;
    compare("certified", loose);
    compare("voigt", {});
    if (rve.stiffness[1].norm() > 0) compare("reuss", {});
    EngineSettings network;
    network.model = SECO_SOURCE "/models/pores_2d";
    if (rve.dimension() == 2) compare("s-eco", network);
  }
}

TEST(LocalQuantities, FieldsOfANetworkHaveTheMeanStressOfTheUpperBound) {
  EngineSettings settings;
  settings.model = SECO_SOURCE "/models/pores_2d";
  const auto question = query(make_rve("inclusions", {32, 32}, 4, 1e-2));
  const auto answer = ask("s-eco", question, settings);
  const MandelVector expected = answer.homogenized.upper * question.strains[0];
  EXPECT_LT((answer.loads[0].mean_stress - expected).norm(), 1e-5 * expected.norm());
  EXPECT_LT(answer.loads[0].hill_mandel_residual, 1e-5);
}

TEST(LocalQuantities, SinglePrecisionAgreesWithDouble) {
  const auto question = query(make_rve("inclusions", {12, 12, 12}, 8, 20.), 2, false);
  auto settings = EngineSettings{};
  const auto accurate = ask("fft", question, settings);
  settings.precision = "single";
  const auto rough = ask("fft", question, settings);
  for (std::size_t q = 0; q < 2; ++q) {
    const auto &a = accurate.loads[q], &b = rough.loads[q];
    const double scale = a.largest_von_mises.value;
    EXPECT_NEAR(b.largest_von_mises.value, scale, 1e-4 * scale);
    EXPECT_NEAR(b.largest_hydrostatic.value, a.largest_hydrostatic.value, 1e-4 * scale);
    EXPECT_NEAR(b.smallest_hydrostatic.value, a.smallest_hydrostatic.value, 1e-4 * scale);
    EXPECT_LT((b.mean_stress - a.mean_stress).norm(), 1e-5 * a.mean_stress.norm());
  }
}

TEST(LocalQuantities, BatchesOfAnyMixAnswerLikeSingleQueries) {
  std::vector<LocalQuery> queries{query(make_rve("inclusions", {8, 8}, 1), 2, true),
                                  query(make_rve("polycrystal", {6, 6, 6}, 2), 5, false),
                                  query(make_rve("inclusions", {8, 8}, 3), 3, false),
                                  query(make_rve("inclusions", {8, 8}, 4), 3, false),
                                  query(make_rve("inclusions", {8, 8}, 5), 0, false)};
  register_builtin_engines();
  EngineSettings small;
  small.chunk_memory = 0.05;  // one strain at a time
  const auto answers = make_engine("fft", small)->local_quantities(queries);
  for (std::size_t i = 0; i < queries.size(); ++i) {
    const auto alone = ask("fft", queries[i]);
    ASSERT_EQ(answers[i].loads.size(), queries[i].strains.size());
    EXPECT_LT((answers[i].homogenized.upper - alone.homogenized.upper).norm(),
              1e-12 * alone.homogenized.upper.norm());
    for (std::size_t q = 0; q < queries[i].strains.size(); ++q) {
      const double value = alone.loads[q].largest_von_mises.value;
      EXPECT_NEAR(answers[i].loads[q].largest_von_mises.value, value, 1e-10 * value);
      EXPECT_EQ(answers[i].loads[q].largest_von_mises.voxel,
                alone.loads[q].largest_von_mises.voxel);
      EXPECT_EQ(answers[i].loads[q].fields.stress.empty(), !queries[i].whole_fields);
    }
  }
}

TEST(LocalQuantities, WhatHasNoAnswerIsRefusedWithTheReason) {
  const auto message = [](const std::string& engine, const LocalQuery& question) -> std::string {
    try {
      ask(engine, question);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "no error";
  };
  const auto contains = [](const std::string& text, const std::string& part) {
    EXPECT_NE(text.find(part), std::string::npos) << text;
  };
  auto question = query(make_rve("inclusions", {8, 8}));
  contains(message("hill", question), "engine 'hill' has no fields");
  question.strains.push_back(random_strain(6, 1));
  for (const char* engine : {"fft", "voigt"}) {
    contains(message(engine, question), "strain 1 has 6 components");
    contains(message(engine, question), "11 22 12");
  }
  question.strains[1] = random_strain(3, 1);
  question.strains[1][2] = std::numeric_limits<double>::quiet_NaN();
  contains(message("fft", question), "component 2 of strain 1 is nan");
  question = query(make_rve("inclusions", {8, 8}));
  question.rve.stiffness[1].setZero();
  contains(message("reuss", question), "voids");
}
