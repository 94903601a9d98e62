#include <gtest/gtest.h>

#include <fmt/format.h>

#include "laws/law_points.h"

using namespace law_points;

namespace {

/// Stress and lateral strain at the end of a tension test in steps of equal strain.
struct Tension {
  double stress, lateral;
};
Tension tension(const Law& law, double strain, int n_steps, double time = 1) {
  State state = law.initial_state();
  Tension result{};
  for (int i = 1; i <= n_steps; ++i) {
    const auto e = strain_of_tension(law, strain * i / n_steps, state, time / n_steps);
    const auto answer = respond(law, e, state, time / n_steps);
    EXPECT_LT(std::abs(answer.stress[1]), 1e-10 * std::abs(answer.stress[0]));
    state = answer.state;
    result = {answer.stress[0], e[1]};
  }
  return result;
}

const std::string neml2 = "Law = J2 plasticity; Young modulus = 120000; Poisson ratio = 0.3; ";

}  // namespace

// Verification set of NEML2 2.0 (Argonne National Laboratory), tests/verification/solid_mechanics:
// rate_independent/perfect, voceiso and voceisolinkin, perzyna/voce.

TEST(Uniaxial, PerfectPlasticityStaysAtTheYieldStress) {
  const auto law = law_from(neml2 + "Yield stress = 100");
  for (const double strain : {0.0009, 0.0019, 0.01, -0.01})
    EXPECT_NEAR(tension(*law, strain, 1).stress, strain < 0 ? -100 : 100, 1e-10);
}

TEST(Uniaxial, VoceHardeningAsNEML2) {
  const auto law = law_from(neml2 + "Yield stress = 100; Voce stress = 100; Voce exponent = 10");
  // The first two are exact, where NEML2 has its tolerance of 3e-9.
  for (const auto& [strain, stress] : {std::pair{0.0019, 101.052321269},
                                       {0.0039, 102.995906543},
                                       {0.0059, 104.9016152},
                                       {0.01, 108.69295657}})
    for (const int n_steps : {1, 7})
      EXPECT_NEAR(tension(*law, strain, n_steps).stress, stress, 1e-8 * stress) << strain;
  EXPECT_NEAR(tension(*law, 0.01, 1).lateral, -4.818845071855552e-3, 1e-12);
}

TEST(Uniaxial, KinematicHardeningAsNEML2) {
  // NEML2 has the back stress C ep in the place of 2/3 C ep.
  const auto law = law_from(neml2 +
                            "Yield stress = 100; Voce stress = 100; Voce exponent = 10; "
                            "Kinematic modulus = 1500");
  const auto end = tension(*law, 0.01, 1);
  EXPECT_NEAR(end.stress, 122.0653338229, 1e-8 * end.stress);
  EXPECT_NEAR(end.lateral, -4.796557776463265e-3, 2e-12);
}

TEST(Uniaxial, KinematicModulusIsTheSlopeOfTheCurve) {
  const double young = 120000, modulus = 3000;
  const auto law = law_from(neml2 + "Yield stress = 100; Kinematic modulus = 3000");
  const double rise = tension(*law, 0.02, 1).stress - tension(*law, 0.01, 1).stress;
  EXPECT_NEAR(rise / 0.01, young * modulus / (young + modulus), 1e-7);
}

TEST(Uniaxial, PerzynaAsNEML2) {
  // NEML2's flow is ((s - y)/500 sqrt(2/3))^5 along a normal of length one: rates of the equivalent
  // strain are sqrt(2/3) of it.
  const auto law = law_from(fmt::format(
      "Law = Perzyna; Young modulus = 124000; Poisson ratio = 0.32; Yield stress = 10; Voce stress "
      "= 100; Voce exponent = 1.1; Reference rate = {}; Reference stress = {}; Exponent = 5",
      std::sqrt(2. / 3.), 500 * std::sqrt(1.5)));
  // Steps of 5 s at 1e-4/s, as there.
  for (const auto& [n_steps, stress] : {std::pair{1, 60.13781305436985},
                                        {2, 95.42910393311101},
                                        {4, 110.1548909396712},
                                        {19, 111.9940118986302},
                                        {100, 116.3073718778611}})
    EXPECT_NEAR(tension(*law, 5e-4 * n_steps, n_steps, 5. * n_steps).stress, stress, 1e-8 * stress);
}

TEST(Uniaxial, FastPerzynaIsTheOverstressAndSlowPerzynaIsPlasticity) {
  const std::string constants =
      "; Young modulus = 120000; Poisson ratio = 0.3; Yield stress = 100; Hardening modulus = 900; "
      "Voce stress = 50; Voce exponent = 40; Kinematic modulus = 700";
  const auto plastic = law_from("Law = J2 plasticity" + constants);
  const auto viscous = law_from("Law = Perzyna" + constants +
                                "; Reference rate = 1; Reference stress = 1e-7; Exponent = 3");
  RandomStream random(5);
  for (int i = 0; i < 100; ++i) {
    const State state = random_state(*plastic, random, 1e-3, 1);
    const Vector6 strain = random_tensor(random, 1e-4, 1e-1);
    const auto a = respond(*plastic, strain, state), b = respond(*viscous, strain, state);
    EXPECT_LT((a.stress - b.stress).norm(), 1e-8 * a.stress.norm());
    EXPECT_LT((a.tangent - b.tangent).norm(), 1e-5 * a.tangent.norm());
    EXPECT_NEAR(a.energy, b.energy, 1e-8 * a.energy);
  }
  // In a steady state the overstress is s0 (rate/e0)^(1/n).
  const auto rated = law_from(
      "Law = Perzyna; Young modulus = 120000; Poisson ratio = 0.3; Yield stress = 100; Reference "
      "rate = 1e-3; Reference stress = 30; Exponent = 4");
  EXPECT_NEAR(tension(*rated, 0.1, 100, 0.1 / 2e-3).stress, 100 + 30 * std::pow(2., 0.25), 1e-9);
  // In no time there is no plastic strain.
  EXPECT_NEAR(tension(*rated, 0.01, 1, 1e-30).stress, 1200, 1e-4);
}

TEST(Uniaxial, NortonCreepWithExponentOneIsAMaxwellElement) {
  const double rate = 2e-3, stress = 80, young = 70e3, poisson = 0.3;
  const auto law = law_from(
      "Law = Norton creep; Young modulus = 70e3; Poisson ratio = 0.3; Reference rate = 2e-3; "
      "Reference stress = 80; Exponent = 1");
  const double shear = young / (2 * (1 + poisson)), bulk = young / (3 * (1 - 2 * poisson));
  RandomStream random(3);
  State state = law->initial_state();
  Vector6 deviator = Vector6::Zero(), before = Vector6::Zero();
  for (int i = 0; i < 20; ++i) {
    const double time_step = random.uniform(0.1, 5);
    const Vector6 strain = random_tensor(random, 1e-3, 1e-2);
    const auto answer = respond(*law, strain, state, time_step);
    // Backward Euler of s' = 2 G e' - 3 G (e0/s0) s.
    const Vector6 change = strain - before;
    Vector6 distortion = change;
    distortion.head(3).array() -= change.head(3).mean();
    deviator = (deviator + 2 * shear * distortion) / (1 + 3 * shear * time_step * rate / stress);
    Vector6 expected = deviator;
    expected.head(3).array() += bulk * strain.head(3).sum();
    EXPECT_LT((answer.stress - expected).norm(), 1e-12 * expected.norm());
    state = answer.state;
    before = strain;
  }
}

TEST(Uniaxial, NortonCreepReachesTheStressOfItsRate) {
  const auto law = law_from(
      "Law = Norton creep; Young modulus = 70e3; Poisson ratio = 0.3; Reference rate = 1e-4; "
      "Reference stress = 80; Exponent = 5");
  EXPECT_NEAR(tension(*law, 0.5, 200, 0.5 / 3e-4).stress, 80 * std::pow(3., 0.2), 1e-9);
  // Relaxation at constant strain in n steps tends to ds/dt = -E e0 (s/s0)^n with the order one.
  const double young = 70e3, start = 100, time = 2;
  const double exact =
      std::pow(std::pow(start, -4.) + 4 * young * 1e-4 * std::pow(80., -5.) * time, -0.25);
  double last = 0;
  for (const int n_steps : {200, 400}) {
    State state = law->initial_state();
    double stress = 0;
    const double axial = start / young;
    // An instantaneous load, then time.
    for (int i = 0; i <= n_steps; ++i) {
      const double step = i == 0 ? 0 : time / n_steps;
      const auto answer = respond(*law, strain_of_tension(*law, axial, state, step), state, step);
      state = answer.state;
      stress = answer.stress[0];
    }
    if (last != 0) {
      EXPECT_NEAR((last - exact) / (stress - exact), 2, 0.02);
      EXPECT_NEAR(stress, exact, 1e-2 * exact);
    }
    last = stress;
  }
}

TEST(Uniaxial, RambergOsgoodIsItsFormula) {
  for (const double exponent : {1., 3.5, 12., 55.}) {
    const auto law =
        law_from(fmt::format("Law = Ramberg-Osgood; Young modulus = 70e3; Poisson ratio = 0.3; "
                             "Reference strain = 0.002; "
                             "Reference stress = 240; Exponent = {}",
                             exponent));
    for (const double stress : {1., 120., 240., 300.}) {
      const double inelastic = 0.002 * std::pow(stress / 240, exponent);
      const auto end = tension(*law, stress / 70e3 + inelastic, 1);
      EXPECT_NEAR(end.stress, stress, 1e-11 * stress) << exponent;
      EXPECT_NEAR(end.lateral, -0.3 * stress / 70e3 - 0.5 * inelastic, 1e-14);
    }
  }
}

TEST(Uniaxial, HenckyPowerLawIsContinuousAndAPower) {
  const auto law = law_from(
      "Law = Hencky power law; Young modulus = 70e3; Poisson ratio = 0.3; Yield stress = 100; "
      "Exponent = 0.2");
  const double shear = 70e3 / 2.6, limit = 100 / (3 * shear);
  // In shear, so that the equivalent strain is prescribed: g = |e| sqrt(2/3).
  const auto at = [&](double equivalent) {
    Vector6 strain = Vector6::Zero();
    strain[5] = equivalent * std::sqrt(1.5);
    return respond(*law, strain, {});
  };
  const auto mises = [](const Answer& a) { return std::sqrt(1.5) * a.stress[5]; };
  EXPECT_NEAR(mises(at(0.5 * limit)), 50, 1e-11);
  EXPECT_NEAR(mises(at(32 * limit)), 200, 1e-10);
  EXPECT_NEAR(mises(at(limit * (1 - 1e-14))), 100, 1e-10);
  EXPECT_NEAR(mises(at(limit * (1 + 1e-14))), 100, 1e-10);
  EXPECT_NEAR(at(limit * (1 - 1e-14)).energy, at(limit * (1 + 1e-14)).energy, 5e-15);
  // Integral of q: y g0/2, and y g0/(n+1) (32^1.2 - 1) = y g0 63/1.2.
  EXPECT_NEAR(at(32 * limit).energy, 100 * limit * (0.5 + 63 / 1.2), 1e-12);
  Vector6 stress = Vector6::Zero();
  stress[5] = 200 / std::sqrt(1.5);
  EXPECT_NEAR(dual(*law, stress, {}), 100 * limit * (0.5 + 63. / 6), 1e-12);
}
