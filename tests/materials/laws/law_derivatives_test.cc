#include <gtest/gtest.h>

#include <Eigen/LU>
#include <Sacado.hpp>

#include "hencky.h"
#include "j2_plasticity.h"
#include "laws/law_points.h"
#include "linear_elastic.h"
#include "norton_creep.h"
#include "perzyna.h"
#include "ramberg_osgood.h"
#include "seco/materials/elastic_constants.h"

using namespace law_points;

namespace {

using Fad = Sacado::Fad::SFad<double, 6>;

/// Answer of a model with derivatives by the strain.
template <typename Model>
PointAnswer<Fad, Model::n_state_values> with_derivatives(const Model& model, const Vector6& strain,
                                                         const State& state, double time_step) {
  constexpr int n_state = Model::n_state_values;
  Fad e[6], s[n_state > 0 ? n_state : 1];
  for (int i = 0; i < 6; ++i) e[i] = Fad(6, i, strain[i]);
  for (int i = 0; i < n_state; ++i) s[i] = state[static_cast<std::size_t>(i)];
  PointAnswer<Fad, n_state> answer;
  answer.wants_tangent = true;
  model.respond(e, s, time_step, answer);
  return answer;
}

/// Compares tangent and stress with derivatives at random strains and states, from elastic ones to
/// ones far beyond the yield stress.
template <typename Model>
void expect_derivatives(const Model& model, double time_step, double tolerance) {
  RandomStream random(11);
  constexpr int n_state = Model::n_state_values, n_samples = 400;
  double tangent_error = 0, stress_error = 0;
  for (int k = 0; k < n_samples; ++k) {
    State state(n_state, 0.);
    for (auto n = random.index(4); n > 0; --n) {
      const auto answer =
          with_derivatives(model, random_tensor(random, 1e-4, 1e-2), state, time_step);
      for (int i = 0; i < n_state; ++i) state[static_cast<std::size_t>(i)] = answer.state[i].val();
    }
    const auto answer = with_derivatives(model, random_tensor(random, 1e-5, 0.1), state, time_step);
    ASSERT_TRUE(answer.found);
    Matrix6 tangent, derivative;
    Vector6 stress, slope;
    for (int i = 0, at = 0; i < 6; ++i) {
      for (int j = i; j < 6; ++j, ++at) tangent(i, j) = tangent(j, i) = answer.tangent[at].val();
      for (int j = 0; j < 6; ++j) derivative(i, j) = answer.stress[i].fastAccessDx(j);
      stress[i] = answer.stress[i].val();
      slope[i] = answer.energy.fastAccessDx(i);
    }
    tangent_error = std::max(tangent_error, (tangent - derivative).norm() / tangent.norm());
    stress_error = std::max(stress_error, (stress - slope).norm() / stress.norm());
  }
  EXPECT_LT(tangent_error, tolerance);
  EXPECT_LT(stress_error, tolerance);
}

constexpr IsotropicElasticity elasticity{58e3, 27e3};
constexpr double tolerance = 1e-13;

std::vector<SumHardening> hardenings() {
  SumHardening perfect{.yield = 100}, linear{.yield = 100, .modulus = 700},
      voce{.yield = 100, .voce_stress = 60, .voce_exponent = 12},
      ludwik{.yield = 100, .ludwik = 150, .ludwik_exponent = 0.3}, all = voce;
  all.modulus = 700;
  all.ludwik = 150;
  all.ludwik_exponent = 0.5;
  return {perfect, linear, voce, ludwik, all};
}

TabulatedHardening curve() {
  return {{0, 0.002, 0.01, 0.02, 0.05}, {100, 130, 150, 150, 180}};
}

}  // namespace

TEST(LawDerivatives, OfLinearElasticity) {
  const auto stiffness = elastic_constants("Ti").stiffness;
  expect_derivatives(LinearElastic(stiffness, MandelMatrix(stiffness.inverse())), 1, tolerance);
}

TEST(LawDerivatives, OfJ2Plasticity) {
  for (const double kinematic : {0., 900.}) {
    for (const auto& hardening : hardenings())
      expect_derivatives(J2Plasticity<SumHardening>{elasticity, hardening, kinematic}, 1,
                         tolerance);
    expect_derivatives(J2Plasticity<TabulatedHardening>{elasticity, curve(), kinematic}, 1,
                       tolerance);
  }
}

TEST(LawDerivatives, OfPerzyna) {
  for (const double exponent : {1., 1.7, 5., 20.})
    for (const double kinematic : {0., 900.}) {
      for (const auto& hardening : hardenings())
        expect_derivatives(
            Perzyna<SumHardening>{elasticity, hardening, kinematic, 1e-2, 40, exponent}, 0.5,
            tolerance);
      expect_derivatives(
          Perzyna<TabulatedHardening>{elasticity, curve(), kinematic, 1e-2, 40, exponent}, 0.5,
          tolerance);
    }
}

TEST(LawDerivatives, OfPowerLaws) {
  for (const double exponent : {1., 1.7, 5., 30.}) {
    expect_derivatives(NortonCreep{elasticity, 1e-3, 80, exponent}, 2, tolerance);
    expect_derivatives(RambergOsgood{elasticity, {0.002, 100, exponent}}, 1, tolerance);
    expect_derivatives(HenckyPowerLaw{elasticity, 100, 1 / exponent}, 1, tolerance);
  }
}
