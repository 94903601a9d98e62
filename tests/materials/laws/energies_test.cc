#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>

#include "laws/law_points.h"

using namespace law_points;

namespace {

class Energies : public ::testing::TestWithParam<Case> {
 protected:
  std::shared_ptr<const Law> law = law_from(GetParam().text);
  RandomStream random{7};
  double time_step = GetParam().time_step;

  State state() { return random_state(*law, random, GetParam().strain, time_step); }
  Vector6 strain() {
    return random_tensor(random, 1e-2 * GetParam().strain, 1e2 * GetParam().strain);
  }
};

constexpr int n_samples = 500;

}  // namespace

TEST_P(Energies, AreAConjugatePair) {
  double smallest = 0, at_stress = 0;
  for (int i = 0; i < n_samples; ++i) {
    const State s = state();
    const Vector6 e = strain();
    const auto answer = respond(*law, e, s, time_step);
    ASSERT_EQ(answer.fraction, 1);
    const double own =
        relative_gap(answer.energy, dual(*law, answer.stress, s, time_step), answer.stress, e);
    // On the limit surface of perfect plasticity round-off decides whether w* is infinite.
    if (own < 1) at_stress = std::max(at_stress, std::abs(own));
    // Inside, as the lower bounds take their stresses.
    const Vector6 inside = answer.stress * (1 - 1e-9);
    const double close = relative_gap(answer.energy, dual(*law, inside, s, time_step), inside, e);
    if (close < 1) smallest = std::min(smallest, close);
    const Vector6 other = respond(*law, e + random_tensor(random, 1e-6, 1e-2), s, time_step).stress;
    for (const Vector6& stress : {other, random_tensor(random, 1, 1e4)}) {
      const double gap = relative_gap(answer.energy, dual(*law, stress, s, time_step), stress, e);
      ASSERT_FALSE(std::isnan(gap)) << i;
      smallest = std::min(smallest, gap);
    }
  }
  EXPECT_GE(smallest, -2e-14);
  EXPECT_LE(at_stress, 2e-14);
}

TEST_P(Energies, HaveTheStressAsDerivative) {
  for (int i = 0; i < 100; ++i) {
    const State s = state();
    const Vector6 e = strain(), direction = random_tensor(random, 1, 1);
    const auto answer = respond(*law, e, s, time_step);
    // Energy is convex: its slopes at both ends of a piece are around the one of the chord.
    const double h = 1e-3 * e.norm();
    const auto further = respond(*law, e + h * direction, s, time_step);
    const double chord = (further.energy - answer.energy) / h,
                 round_off = 4e-12 * (std::abs(answer.energy) + std::abs(further.energy)) / h;
    EXPECT_LE(answer.stress.dot(direction), chord + round_off);
    EXPECT_GE(further.stress.dot(direction), chord - round_off);
  }
}

TEST_P(Energies, HaveATangentThatIsPositiveAndBelowElasticity) {
  const Matrix6 elastic = law->elastic_stiffness();
  for (int i = 0; i < 100; ++i) {
    const Matrix6 tangent = respond(*law, strain(), state(), time_step).tangent;
    const Eigen::SelfAdjointEigenSolver<Matrix6> own(tangent), less(elastic - tangent);
    const double round_off = 1e-13 * elastic.norm();
    EXPECT_GE(own.eigenvalues()[0], -round_off);
    EXPECT_GE(less.eigenvalues()[0], -round_off);
  }
}

TEST_P(Energies, VanishWithoutStrain) {
  const Vector6 none = Vector6::Zero();
  const auto answer = respond(*law, none, law->initial_state(), time_step);
  EXPECT_EQ(answer.energy, 0);
  EXPECT_EQ(answer.stress.norm(), 0);
  EXPECT_EQ(dual(*law, none, law->initial_state(), time_step), 0);
  const Eigen::SelfAdjointEigenSolver<Matrix6> eigen(answer.tangent);
  EXPECT_GT(eigen.eigenvalues()[0], 0);
}

TEST_P(Energies, DoNotDependOnThePlaceInTheRow) {
  const int n_state = law->n_state();
  constexpr int most = 17, stride = 19;
  for (int n = 1; n <= most; ++n) {
    std::vector<double> strains(6 * stride, NAN), states(std::max(1, n_state * stride), NAN);
    std::vector<Vector6> strain_of(n);
    std::vector<State> state_of(n);
    for (int k = 0; k < n; ++k) {
      strain_of[k] = strain();
      state_of[k] = state();
      for (int c = 0; c < 6; ++c) strains[c * stride + k] = strain_of[k][c];
      for (int c = 0; c < n_state; ++c) states[c * stride + k] = state_of[k][c];
    }
    // Beyond n nothing may be written.
    constexpr double untouched = -7.25;
    std::vector<double> stress(6 * stride, untouched), tangent(21 * stride, untouched),
        energy(stride, untouched), after(std::max(1, n_state * stride), untouched),
        duals(stride, untouched);
    ASSERT_EQ(law->respond({n, stride, strains.data(), states.data(), time_step},
                           {stress.data(), tangent.data(), energy.data(),
                            n_state > 0 ? after.data() : nullptr}),
              1);
    law->dual({n, stride, stress.data(), states.data(), time_step}, duals.data());
    for (int k = 0; k < stride; ++k) {
      if (k >= n) {
        EXPECT_EQ(stress[k], untouched);
        EXPECT_EQ(tangent[20 * stride + k], untouched);
        EXPECT_EQ(energy[k], untouched);
        EXPECT_EQ(duals[k], untouched);
        continue;
      }
      // Iterations go on until all points of a row are done.
      const auto alone = respond(*law, strain_of[k], state_of[k], time_step);
      const double scale = alone.stress.norm(), stiff = alone.tangent.norm();
      Vector6 own;
      for (int c = 0; c < 6; ++c) {
        own[c] = stress[c * stride + k];
        EXPECT_NEAR(own[c], alone.stress[c], 1e-13 * scale);
      }
      for (int i = 0, at = 0; i < 6; ++i)
        for (int j = i; j < 6; ++j, ++at)
          EXPECT_NEAR(tangent[at * stride + k], alone.tangent(i, j), 1e-12 * stiff);
      EXPECT_NEAR(energy[k], alone.energy, 1e-13 * std::abs(alone.energy));
      for (int c = 0; c < n_state; ++c)
        EXPECT_NEAR(after[c * stride + k], alone.state[c], 1e-13 * (1 + std::abs(alone.state[c])));
      const double own_dual = dual(*law, own, state_of[k], time_step);
      if (own_dual == HUGE_VAL)
        EXPECT_EQ(duals[k], own_dual);
      else
        EXPECT_NEAR(duals[k], own_dual, 1e-13 * std::abs(own_dual));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Laws, Energies, ::testing::ValuesIn(all_cases()),
                         [](const auto& info) { return info.param.name; });
