#include <gtest/gtest.h>

#include <fmt/format.h>

#include "laws/law_points.h"

using namespace law_points;

namespace {

/// Texts of laws with constants of all magnitudes.
class RandomConstants {
 public:
  explicit RandomConstants(std::uint64_t seed) : random_(seed) {}

  double spread(double from, double to) {
    return std::exp(random_.uniform(std::log(from), std::log(to)));
  }
  /// Draws elasticity, yield stress and the length of a step anew.
  void draw() {
    young_ = spread(1e2, 5e5);
    yield_ = young_ * spread(1e-5, 1e-2);
    time_step = spread(1e-4, 1e4);
    elastic_ =
        fmt::format("; Young modulus = {}; Poisson ratio = {}", young_, random_.uniform(0, 0.495));
    exponent_ = random_.uniform() < 0.2 ? 1 : spread(1, 100);
  }
  std::string hardening() {
    auto text = fmt::format("; Yield stress = {}", yield_);
    const auto kinds = random_.index(16);
    if (kinds & 1) text += fmt::format("; Hardening modulus = {}", young_ * spread(1e-5, 1));
    if (kinds & 2)
      text += fmt::format("; Voce stress = {}; Voce exponent = {}", yield_ * spread(1e-2, 1e2),
                          spread(1e-2, 1e4));
    if (kinds & 4)
      text += fmt::format("; Ludwik coefficient = {}; Ludwik exponent = {}",
                          yield_ * spread(1e-2, 1e2), spread(0.02, 1));
    if (kinds & 8) text += fmt::format("; Kinematic modulus = {}", young_ * spread(1e-5, 1));
    return text;
  }
  std::string curve() {
    auto text = fmt::format("; Hardening curve = 0, {}", yield_);
    double strain = 0, stress = yield_;
    for (int i = 0; i < 4; ++i) {
      strain += spread(1e-5, 1e-1);
      if (random_.uniform() < 0.8) stress += yield_ * spread(1e-3, 1);
      text += fmt::format(", {}, {}", strain, stress);
    }
    return text;
  }
  std::string power(const std::string& scale, double from, double to) {
    return fmt::format("; {} = {}; Reference stress = {}; Exponent = {}", scale, spread(from, to),
                       yield_ * spread(1e-3, 1e2), exponent_);
  }
  std::vector<std::string> laws() {
    const std::string rate = "Reference rate";
    return {"Law = J2 plasticity" + elastic_ + hardening(),
            "Law = J2 plasticity" + elastic_ + curve(),
            "Law = Perzyna" + elastic_ + hardening() + power(rate, 1e-8, 1e3),
            "Law = Perzyna" + elastic_ + curve() + power(rate, 1e-8, 1e3),
            "Law = Norton creep" + elastic_ + power(rate, 1e-8, 1e3),
            "Law = Ramberg-Osgood" + elastic_ + power("Reference strain", 1e-8, 1),
            "Law = Hencky power law" + elastic_ +
                fmt::format("; Yield stress = {}; Exponent = {}", yield_, 1 / exponent_)};
  }
  double yield_strain() const { return yield_ / young_; }
  RandomStream& random() { return random_; }
  double time_step = 1;

 private:
  RandomStream random_;
  double young_ = 0, yield_ = 0, exponent_ = 1;
  std::string elastic_;
};

/// The gap over the sizes of what is added, which do not cancel.
double scaled_gap(double energy, double dual_energy, const Vector6& stress, const Vector6& strain) {
  if (dual_energy == HUGE_VAL) return HUGE_VAL;
  return (energy + dual_energy - stress.dot(strain)) /
         (std::abs(energy) + std::abs(dual_energy) + stress.norm() * strain.norm() + 1e-300);
}

}  // namespace

TEST(LawsWithRandomConstants, AlwaysAnswerAndNeverHaveANegativeGap) {
  RandomConstants constants(9);
  auto& random = constants.random();
  double smallest = 0;
  constexpr int n_samples = 1000;
  for (int k = 0; k < n_samples; ++k) {
    constants.draw();
    const double size = constants.yield_strain();
    for (const auto& text : constants.laws()) {
      const auto law = law_from(text);
      State state = law->initial_state();
      Vector6 inelastic = Vector6::Zero();
      for (auto n = random.index(5); n > 0; --n) {
        const auto step = respond(*law, random_tensor(random, 0.1 * size, 1e3 * size), state,
                                  constants.time_step);
        ASSERT_EQ(step.fraction, 1) << text;
        state = step.state;
      }
      if (!state.empty()) inelastic = Eigen::Map<const Vector6>(state.data());
      const Vector6 strain = inelastic + random_tensor(random, 1e-4 * size, 1e4 * size);
      const auto answer = respond(*law, strain, state, constants.time_step);
      ASSERT_EQ(answer.fraction, 1) << text;
      ASSERT_TRUE(answer.tangent.allFinite()) << text;
      for (const double factor : {1e-3, 0.5, 0.9999, 1 - 1e-10, 1.0001, 2., 50.}) {
        const Vector6 stress = answer.stress * factor;
        const double gap = scaled_gap(answer.energy, dual(*law, stress, state, constants.time_step),
                                      stress, strain);
        ASSERT_FALSE(std::isnan(gap)) << text;
        ASSERT_GE(gap, -2e-14) << text;
        // With perfect plasticity the gap is of the order of the distance from the stress.
        if (factor == 1 - 1e-10) {
          ASSERT_LT(gap, 1e-10 + 1e-14) << text;
        }
        smallest = std::min(smallest, gap);
      }
    }
  }
  EXPECT_LT(smallest, 0);  // round-off was seen
}
