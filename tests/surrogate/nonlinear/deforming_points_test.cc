#include "seco/surrogate/deforming_points.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <filesystem>
#include <limits>

#include "microstructures.h"
#include "seco/materials/parameter_file.h"
#include "support/message_of.h"
#include "support/temporary.h"

namespace seco::surrogate {
namespace {

using materials::MandelMatrix;
using materials::MandelVector;

/// Spheres of a stiff elastic phase in a plastic matrix with linear hardening, 8 x 8 x 8.
LawRve particles(std::uint64_t seed = 3) {
  materials::register_builtin_laws();
  const auto law = [](const std::string& text) {
    materials::ParameterFile file(text, "law");
    return materials::read_law(file, "", {});
  };
  return {test::make_rve("inclusions", {8, 8, 8}, seed, 5.),
          {law("set Law = J2 plasticity\nset Young modulus = 70000\nset Poisson ratio = 0.3\n"
               "set Yield stress = 100\nset Hardening modulus = 700\n"),
           law("set Law = linear elastic\nset Young modulus = 400000\nset Poisson ratio = 0.2\n")}};
}

MandelVector tension(double strain) {
  MandelVector e = MandelVector::Zero(6);
  e << strain, -0.4 * strain, -0.35 * strain, 0.1 * strain, 0.2 * strain, 0.3 * strain;
  return e;
}

PointRequest precise() {
  PointRequest request;
  request.tolerance = 1e-5;
  request.tangent_accuracy = 1e-5;
  return request;
}

/// Loading and unloading of three points, of which one is only loaded a little.
const std::vector<std::vector<double>> history{{0.0004, 0.0003, 0.00001},
                                               {0.003, 0.002, 0.00002},
                                               {0.006, 0.001, 0.00003},
                                               {0.002, -0.003, 0.00001}};

std::vector<MandelVector> strains_at(std::size_t step) {
  std::vector<MandelVector> result;
  for (const double strain : history[step]) result.push_back(tension(strain));
  return result;
}

TEST(DeformingPoints, AnswerAsAnRveAlongItsPath) {
  const auto rve = particles();
  for (const bool all : {false, true}) {
    PointSettings settings;
    settings.superpose_elastic = settings.keep_tangent_fields = all;
    settings.tangent_change = 1e-3;
    DeformingPoints points({rve}, {0, 0, 0}, settings);
    DeformationSettings path;
    path.device = "cpu";
    path.tolerance = 1e-6;
    Deformation exact({rve, rve, rve}, path);
    for (std::size_t step = 0; step < history.size(); ++step) {
      const auto strain = strains_at(step);
      std::vector<LoadIncrement> increments;
      for (const auto& e : strain)
        increments.push_back(
            {static_cast<double>(step + 1), std::vector<bool>(6, false), e, MandelVector::Zero(6)});
      const auto expected = exact.advance(increments);
      // Other strains of the same step leave nothing behind.
      auto other = strain;
      for (auto& e : other) e *= 1.5;
      points.evaluate(1, other, {});
      const auto responses = points.evaluate(1, strain, precise());
      for (std::size_t p = 0; p < 3; ++p) {
        SCOPED_TRACE(fmt::format("step {}, point {}", step, p));
        const auto& r = responses[p];
        ASSERT_TRUE(r.answered);
        EXPECT_TRUE(r.converged);
        EXPECT_LT((r.stress - expected[p].stress).norm(), 2e-5 * expected[p].stress.norm());
        EXPECT_LT((r.tangent - expected[p].tangent).norm(), 2e-2 * expected[p].tangent.norm());
        // Each from its own state, which agree to the tolerance.
        EXPECT_GE(r.energy * (1 + 1e-4), expected[p].energy_lower);
        EXPECT_LE(r.energy - r.gap, expected[p].energy_upper * (1 + 1e-4));
      }
      points.accept();
    }
    EXPECT_EQ(points.has_history(2), !all);
    EXPECT_GT(points.mean_state(0, "equivalent plastic strain"), 1e-3);
    EXPECT_EQ(points.mean_state(2, "equivalent plastic strain"), 0);
  }
}

// The stress is the derivative of the energy, and the tangent that of the stress.
TEST(DeformingPoints, HaveConsistentEnergyStressAndTangent) {
  PointSettings settings;
  settings.tangent_change = 0;
  DeformingPoints points({particles()}, {0}, settings);
  const auto at = [&](const MandelVector& strain) {
    return points.evaluate(1, std::vector{strain}, precise()).front();
  };
  at(tension(0.002));
  points.accept();
  const auto here = at(tension(0.004));
  const double h = 2e-5;
  for (int i = 0; i < 6; ++i) {
    MandelVector change = MandelVector::Zero(6);
    change[i] = h;
    const auto ahead = at(tension(0.004) + change), behind = at(tension(0.004) - change);
    EXPECT_NEAR((ahead.energy - behind.energy) / (2 * h), here.stress[i],
                1e-3 * here.stress.norm());
    const MandelVector slope = (ahead.stress - behind.stress) / (2 * h);
    EXPECT_LT((slope - here.tangent.col(i)).norm(), 2e-2 * here.tangent.norm());
  }
}

// Fenchel's inequality `w*(S) >= S:E - W(E)` for any E, with equality at the stress of E.
TEST(DeformingPoints, DualEnergiesBoundTheConjugate) {
  DeformingPoints points({particles()}, {0}, {});
  points.evaluate(1, std::vector{tension(0.003)}, precise());
  points.accept();
  const auto response = points.evaluate(1, std::vector{tension(0.005)}, precise()).front();
  const double own = points.dual_energy(std::vector{response.stress}).front();
  EXPECT_NEAR(own, response.stress.dot(tension(0.005)) - response.energy + response.gap,
              1e-6 * response.energy);
  const MandelVector shifted = response.stress * 1.001;
  const double dual = points.dual_energy(std::vector{shifted}).front();
  ASSERT_TRUE(std::isfinite(dual));
  for (const double strain : {0.004, 0.0045, 0.005, 0.0052, 0.0055}) {
    const auto r = points.evaluate(1, std::vector{tension(strain)}, precise()).front();
    EXPECT_GE(dual, shifted.dot(tension(strain)) - r.energy);
    EXPECT_GE(own, response.stress.dot(tension(strain)) - r.energy - 1e-9 * r.energy);
  }
}

// Points with strains nearly alike have one tangent, computed once; others have their own.
TEST(DeformingPoints, ShareTangentsOfTheSameRve) {
  std::vector<MandelVector> strain;
  for (int p = 0; p < 12; ++p) strain.push_back(tension(0.003 + 1e-6 * p));
  strain.push_back(-tension(0.003));
  strain.push_back(tension(0.0005));
  for (int c = 0; c < 6; ++c) strain.push_back(0.003 * MandelVector::Unit(6, c));
  const auto rve = particles();
  PointSettings alone;
  alone.tangent_change = 0;
  alone.share_tangents = false;
  PointSettings sharing;
  sharing.tangent_change = 0.1;
  const std::vector<std::uint32_t> same(strain.size(), 0);
  DeformingPoints exact({rve}, same, alone), points({rve}, same, sharing);
  const auto expected = exact.evaluate(1, strain, precise()),
             answers = points.evaluate(1, strain, precise());
  const auto n_plastic = strain.size() - exact.work().n_elastic;
  EXPECT_EQ(exact.work().n_tangents, n_plastic);
  EXPECT_LE(points.work().n_tangents, n_plastic - 11);
  EXPECT_GE(points.work().n_tangents, 2u);
  for (std::size_t p = 0; p < strain.size(); ++p) {
    SCOPED_TRACE(fmt::format("point {}", p));
    // Stresses and energies do not know of it.
    EXPECT_LT((answers[p].stress - expected[p].stress).norm(), 2e-5 * expected[p].stress.norm());
    const MandelMatrix change = expected[p].tangent.inverse() * answers[p].tangent;
    EXPECT_LT((change - MandelMatrix::Identity(6, 6)).norm(), 0.3);
  }
  for (int p = 1; p < 12; ++p) EXPECT_EQ(answers[p].tangent, answers[0].tangent);
  // Nor does it depend on what was asked before.
  points.reject();
  DeformingPoints again({rve}, same, sharing);
  const auto second = again.evaluate(1, strain, precise());
  for (std::size_t p = 0; p < strain.size(); ++p) EXPECT_EQ(second[p].tangent, answers[p].tangent);
}

// A structure that could not take a step gets the tangent of every point, and so does one that
// iterates for long.
TEST(DeformingPoints, HaveTangentsOfTheirOwnAfterAFailedStep) {
  PointSettings settings;
  settings.tangent_change = 0.5;
  const std::vector<MandelVector> strain{tension(0.003), tension(0.0032), tension(0.0034)};
  DeformingPoints points({particles()}, {0, 0, 0}, settings);
  points.evaluate(1, strain, precise());
  EXPECT_EQ(points.work().n_tangents, 1u);
  points.reject();
  points.evaluate(1, strain, precise());
  EXPECT_GE(points.work().n_tangents, 3u);
  DeformingPoints others({particles()}, {0, 0, 0}, settings);
  for (int k = 0; k < 20; ++k) {
    auto moving = strain;
    for (auto& e : moving) e *= 1 + 1e-3 * k;
    others.evaluate(1, moving, precise());
  }
  EXPECT_GE(others.work().n_tangents, 6u);
}

// Another RVE has tangents of its own, be they as near as may be.
TEST(DeformingPoints, DoNotShareTangentsOfDifferentRves) {
  PointSettings settings;
  settings.tangent_change = 10;
  settings.superpose_elastic = false;
  DeformingPoints points({particles(3), particles(4)}, {0, 1, 0, 1}, settings);
  const auto answers = points.evaluate(1, std::vector<MandelVector>(4, tension(0.003)), precise());
  EXPECT_EQ(points.work().n_tangents, 2u);
  EXPECT_EQ(answers[0].tangent, answers[2].tangent);
  EXPECT_EQ(answers[1].tangent, answers[3].tangent);
  EXPECT_NE(answers[0].tangent, answers[1].tangent);
}

TEST(DeformingPoints, KeepAToleranceOfTheirOwn) {
  const auto rve = particles();
  DeformingPoints points({rve}, {0, 0}, {});
  PointRequest rough;
  rough.tolerance = 0.05;
  const std::vector<MandelVector> strain(2, tension(0.004));
  const auto before = points.evaluate(1, strain, rough);
  points.set_tolerance(1, 1e-4);
  EXPECT_EQ(points.tolerance(0), std::nullopt);
  const auto after = points.evaluate(1, strain, rough);
  EXPECT_GT(after[0].error, 2e-4 * after[0].stress_norm);
  EXPECT_LE(after[1].error, 1e-4 * after[1].stress_norm);
  EXPECT_LT(after[1].gap, 0.1 * before[1].gap);
  // Both bounds hold together.
  EXPECT_LE(after[1].energy - after[1].gap, before[1].energy);
  EXPECT_LE(before[1].energy - before[1].gap, after[1].energy);
  points.accept();
  DeformingPoints other({rve}, {0, 0}, {});
  other.restore(1, points.save(1));
  EXPECT_EQ(other.tolerance(1), 1e-4);
  EXPECT_THROW(points.set_tolerance(0, 0), std::invalid_argument);
}

// Every number that is kept comes back as it was, whichever the points share and where they are.
TEST(DeformingPoints, OnTheDiskAnswerAsInMemory) {
  const auto folder = seco::test::new_folder("points_on_disk");
  for (const bool single : {false, true}) {
    PointSettings in_memory, on_disk;
    in_memory.single_precision_state = on_disk.single_precision_state = single;
    on_disk.state_folder = folder.string();
    const std::vector<LawRve> rves{particles(3), particles(4)};
    DeformingPoints expected(rves, {0, 0, 1}, in_memory), points(rves, {0, 0, 1}, on_disk);
    DeformingPoints restored(rves, {0, 0, 1}, on_disk);
    for (std::size_t step = 0; step < history.size(); ++step) {
      SCOPED_TRACE(fmt::format("single {}, step {}", single, step));
      const auto compare = [&](DeformingPoints& others) {
        const auto a = expected.evaluate(1, strains_at(step), precise()),
                   b = others.evaluate(1, strains_at(step), precise());
        for (std::size_t p = 0; p < 3; ++p) {
          EXPECT_EQ(a[p].stress, b[p].stress);
          EXPECT_EQ(a[p].tangent, b[p].tangent);
          EXPECT_EQ(a[p].gap, b[p].gap);
        }
        EXPECT_EQ(expected.dual_energy({{a[0].stress, a[1].stress, a[2].stress}}),
                  others.dual_energy({{b[0].stress, b[1].stress, b[2].stress}}));
      };
      compare(points);
      expected.reject();
      points.reject();
      compare(points);
      expected.accept();
      points.accept();
      for (std::size_t p = 0; p < 3; ++p) {
        EXPECT_EQ(expected.save(p), points.save(p));
        restored.restore(p, points.save(p));
        EXPECT_EQ(restored.save(p), points.save(p));
      }
      EXPECT_EQ(expected.mean_state(0, "equivalent plastic strain"),
                points.mean_state(0, "equivalent plastic strain"));
      // Nothing is there that a process that is killed would leave.
      EXPECT_TRUE(std::filesystem::is_empty(folder));
    }
    EXPECT_EQ(expected.bytes_per_point(), points.bytes_per_point());
  }
}

// With one Poisson's ratio nu everywhere plane strain has nu (s11 + s22) normal to the plane, as
// long as nothing yields; by superposed fields and without them.
TEST(DeformingPoints, TellTheStressNormalToThePlane) {
  materials::register_builtin_laws();
  const auto law = [](const std::string& text) {
    materials::ParameterFile file(text, "law");
    return materials::read_law(file, "", {});
  };
  const LawRve rve{
      test::make_rve("inclusions", {16, 16}, 3, 5.),
      {law("set Law = J2 plasticity\nset Young modulus = 70000\nset Poisson ratio = 0.3\n"
           "set Yield stress = 100\nset Hardening modulus = 700\n"),
       law("set Law = linear elastic\nset Young modulus = 400000\nset Poisson ratio = 0.3\n")}};
  MandelVector strain(3);
  strain << 0.0005, -0.0001, 0.0002;
  for (const bool superpose : {true, false}) {
    PointSettings settings;
    settings.superpose_elastic = superpose;
    DeformingPoints points({rve}, {0}, settings);
    const auto elastic = points.evaluate(1, std::vector{strain}, precise()).front();
    EXPECT_EQ(elastic.elastic, superpose);
    EXPECT_NEAR(elastic.out_of_plane[0], 0.3 * (elastic.stress[0] + elastic.stress[1]),
                1e-5 * elastic.stress.norm());
    EXPECT_NEAR(elastic.out_of_plane[1], 0, 1e-9 * elastic.stress.norm());
    EXPECT_NEAR(elastic.out_of_plane[2], 0, 1e-9 * elastic.stress.norm());
    // Plastic strain keeps the volume, so that more of the stress is normal to the plane.
    const auto plastic =
        points.evaluate(1, std::vector{MandelVector(20 * strain)}, precise()).front();
    EXPECT_FALSE(plastic.elastic);
    EXPECT_GT(plastic.out_of_plane[0], 0.35 * (plastic.stress[0] + plastic.stress[1]));
  }
}

TEST(DeformingPoints, OfSinglePrecisionTakeHalfTheMemoryOfTheState) {
  const auto rve = particles();
  PointSettings settings;
  const double in_double = DeformingPoints::bytes_per_point(rve, settings);
  settings.single_precision_state = true;
  std::size_t n_state = 0;
  for (const auto phase : rve.rve.phase)
    n_state += static_cast<std::size_t>(rve.laws[phase]->n_state());
  EXPECT_EQ(in_double - DeformingPoints::bytes_per_point(rve, settings),
            static_cast<double>(4 * n_state));
}

// Each rank of a node gets its part of memory and disk.
TEST(DeformingPoints, RefuseWhatFindsNoRoom) {
  PointSettings settings;
  settings.n_processes = 1 << 30;
  const auto refusal = [&] {
    return seco::test::message_of([&] {
      const DeformingPoints points({particles()}, {0, 0}, settings);
    });
  };
  for (const char* part :
       {"2 points with 1 RVEs", "free for one of 1073741824 ranks", "'State storage' = disk"})
    EXPECT_NE(refusal().find(part), std::string::npos) << refusal();
  // Memory for the RVE that they share, which stays there, is not enough either.
  settings.state_folder = seco::test::new_folder("no_room").string();
  EXPECT_NE(refusal().find("use fewer RVEs or voxels"), std::string::npos) << refusal();
  settings.n_processes = 1;
  EXPECT_EQ(refusal(), "no error");
}

TEST(DeformingPoints, TellWhereNoScratchFileCanBeMade) {
  PointSettings settings;
  settings.state_folder = (seco::test::new_folder("no_such") / "folder").string();
  const auto message =
      seco::test::message_of([&] { const DeformingPoints points({particles()}, {0}, settings); });
  EXPECT_NE(message.find(settings.state_folder), std::string::npos) << message;
  EXPECT_NE(message.find("State folder"), std::string::npos) << message;
}

TEST(DeformingPoints, GoOnFromASavedState) {
  const auto rve = particles();
  DeformingPoints points({rve}, {0, 0, 0}, {}), other({rve}, {0, 0, 0}, {});
  for (std::size_t step = 0; step < 2; ++step) {
    points.evaluate(1, strains_at(step), precise());
    points.accept();
  }
  for (std::size_t p = 0; p < 3; ++p) {
    other.restore(p, points.save(p));
    EXPECT_EQ(other.strain(p), strains_at(1)[p]);
  }
  points.evaluate(1, strains_at(0), precise());
  points.reject();
  const auto first = points.evaluate(1, strains_at(2), precise()),
             second = other.evaluate(1, strains_at(2), precise());
  for (std::size_t p = 0; p < 3; ++p)
    EXPECT_LT((first[p].stress - second[p].stress).norm(), 1e-5 * first[p].stress.norm());
  EXPECT_THROW(other.restore(0, std::vector<double>(3)), std::invalid_argument);
}

TEST(DeformingPoints, ElasticPointsTakeNoIteration) {
  DeformingPoints points({particles()}, std::vector<std::uint32_t>(4, 0), {});
  const std::vector<MandelVector> small(4, tension(1e-5));
  const auto responses = points.evaluate(1, small, {});
  for (const auto& r : responses) {
    EXPECT_TRUE(r.elastic && r.converged);
    EXPECT_LT(r.gap, 1e-6 * r.energy);
  }
  EXPECT_EQ(points.work().total(), 0u);
  EXPECT_EQ(points.work().n_elastic, 4u);
}

// Points that are asked, accepted and rejected one by one, with steps of other lengths for others.
TEST(DeformingPoints, GoOnOneByOne) {
  const auto rve = particles();
  DeformingPoints together({rve}, {0, 0, 0}, {}), apart({rve}, {0, 0, 0}, {});
  const std::vector<std::vector<std::size_t>> groups{{2, 0}, {1}};
  for (std::size_t step = 0; step < history.size(); ++step) {
    const auto strain = strains_at(step);
    const auto expected = together.evaluate(1, strain, precise());
    together.accept();
    for (const auto& group : groups) {
      std::vector<MandelVector> own, far;
      for (const auto p : group) {
        own.push_back(strain[p]);
        far.push_back(1.5 * strain[p]);
      }
      apart.evaluate(group, 2, far, precise());
      apart.reject(group);
      const auto responses = apart.evaluate(group, 1, own, precise());
      for (std::size_t i = 0; i < group.size(); ++i)
        EXPECT_LT((responses[i].stress - expected[group[i]].stress).norm(),
                  2e-5 * expected[group[i]].stress.norm());
      apart.accept(group);
    }
  }
  const std::size_t missing[] = {3};
  EXPECT_THROW(apart.evaluate(missing, 1, std::vector{tension(0)}, precise()),
               std::invalid_argument);
  EXPECT_THROW(apart.accept(missing), std::invalid_argument);
}

// A point without an answer says why, and its RVE fails alone in the same way.
TEST(DeformingPoints, FailAsTheirRveAlone) {
  const auto rve = particles();
  PointSettings settings;
  settings.max_newton_steps = 2;
  DeformingPoints points({rve}, {0}, settings);
  points.evaluate(1, std::vector{tension(0.0015)}, {});
  points.accept();
  const auto response = points.evaluate(1, std::vector{tension(0.05)}, precise()).front();
  ASSERT_FALSE(response.answered);
  EXPECT_EQ(response.failure.failure, IncrementFailure::newton_steps);
  points.reject();
  DeformationSettings path;
  path.device = "cpu";
  path.max_newton_steps = settings.max_newton_steps;
  path.tolerance = precise().tolerance;
  path.smallest_step = 1;
  Deformation alone({rve}, path);
  alone.start(0, points.start_of(0, 1));
  const LoadIncrement increment{2, std::vector<bool>(6, false), tension(0.05),
                                MandelVector::Zero(6)};
  const auto result = alone.advance({&increment, 1}).front();
  EXPECT_EQ(result.status, IncrementStatus::failed);
  EXPECT_EQ(result.failure.failure, response.failure.failure);
  EXPECT_NE(result.message.find(describe(response.failure)), std::string::npos) << result.message;
}

TEST(DeformingPoints, RefuseWhatDoesNotFit) {
  EXPECT_THROW(DeformingPoints({}, {}, {}), std::invalid_argument);
  EXPECT_THROW(DeformingPoints({particles()}, {1}, {}), std::invalid_argument);
  DeformingPoints points({particles()}, {0}, {});
  EXPECT_THROW(points.evaluate(1, {}, {}), std::invalid_argument);
  EXPECT_THROW(points.evaluate(0, std::vector{tension(0.001)}, {}), std::invalid_argument);
  MandelVector bad = tension(0.001);
  bad[2] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(points.evaluate(1, std::vector{bad}, {}), std::invalid_argument);
  EXPECT_THROW(points.dual_energy(std::vector{bad}), std::logic_error);
}

}  // namespace
}  // namespace seco::surrogate
