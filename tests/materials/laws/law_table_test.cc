#include "seco/materials/law_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "laws/law_points.h"

using namespace law_points;

namespace {

/// Crystals need an orientation.
std::string entry_text(const std::string& name) {
  return "Constants = " + name +
         (law_constants(name).law == "crystal viscoplasticity" ? "; Euler angles = 10, 20, 30"
                                                               : "");
}

/// Strain along a tensile stress after a step from the beginning: the derivative of the dual
/// energy.
double strain_at(const Law& law, double stress, double time_step) {
  const auto energy = [&](double size) {
    Vector6 tension = Vector6::Zero();
    tension[0] = size;
    return dual(law, tension, law.initial_state(), time_step);
  };
  const double h = 1e-5 * stress;
  return (energy(stress + h) - energy(stress - h)) / (2 * h);
}

/// Of a material of the table in tension, in 1/s.
double creep_rate(const std::string& name, double stress) {
  const auto law = law_from(entry_text(name));
  // So long that creep is far more than elasticity.
  const double young = 1 / (strain_at(*law, stress, 0) / stress),
               time = 1e3 * stress / young / (strain_at(*law, stress, 1) - stress / young);
  return (strain_at(*law, stress, time) - stress / young) / time;
}

}  // namespace

TEST(LawTable, HasEntriesThatAreReadAndHaveASource) {
  const auto names = law_constants_names();
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  for (const auto& name : names) {
    const auto& entry = law_constants(name);
    EXPECT_FALSE(entry.source.empty()) << name;
    EXPECT_FALSE(entry.text.empty()) << name;
    const auto law = law_from(entry_text(name));
    const Matrix6 stiffness = law->elastic_stiffness();
    EXPECT_GT(stiffness(0, 0), 5e3) << name;
    EXPECT_LT(stiffness(0, 0), 5e5) << name;
    // Naming the law changes nothing.
    EXPECT_EQ(Matrix6(law_from(entry_text(name) + "; Law = " + entry.law)->elastic_stiffness()),
              stiffness);
  }
}

TEST(LawTable, SteelYieldsWhereItShould) {
  const auto law = law_from("Constants = S355");
  const Vector6 strain = strain_of_tension(*law, 0.01, law->initial_state());
  const double rise = 210e3 / 100 * (0.01 - 355 / 210e3);
  EXPECT_NEAR(respond(*law, strain, law->initial_state()).stress[0], 355 + rise, 1e-3);
}

// Rates that the sources give, from their own formulas.
TEST(LawTable, CreepsAtTheRatesOfTheSources) {
  constexpr double gas_constant = 8.314462, per_hour = 1. / 3600, per_day = 1. / 86400;
  const auto expect = [](const std::string& name, double stress, double rate, double tolerance) {
    EXPECT_NEAR(creep_rate(name, stress), rate, tolerance * rate) << name << " at " << stress;
  };
  // srlife: eps0 exp(c B) (q/G)^(c A), c = -G b^3 / (k T), in hours, MPa, mm.
  {
    const double shear = 151e3 / 2.62, temperature = 873.15,
                 c = -shear * std::pow(2.019e-7, 3) / (1.38064e-20 * temperature);
    for (const double stress : {50., 100., 200.})
      expect(
          "316H at 600 C", stress,
          1.5e11 * std::exp(c * -0.49196147) * std::pow(stress / shear, c * -0.24831433) * per_hour,
          1e-3);
  }
  // Anand: the stress at which a rate is steady.
  const auto anand = [](double rate) {
    const double z = rate / 3501 * std::exp(9320 / 398.15);
    return 30.2 * std::pow(z, 0.01) / 4 * std::asinh(std::pow(z, 0.25));
  };
  expect("SAC305 at 125 C", anand(1e-5), 1e-5, 1e-3);
  expect("SAC305 at 125 C", anand(1e-6), 1e-6, 0.25);
  expect("SAC305 at 125 C", anand(1e-4), 1e-4, 0.25);
  // Dorn's formula; Frost and Ashby.
  {
    const double temperature = 673.15, shear = 2.54e10 * (1 - 0.5 * (temperature - 300) / 933),
                 diffusion = 1.7e-4 * std::exp(-142e3 / (gas_constant * temperature)),
                 rate = 3.4e6 * diffusion * shear * 2.86e-10 / (1.380649e-23 * temperature) *
                        std::pow(10e6 / shear, 4.4);
    expect("aluminium at 400 C", 10, rate, 1e-2);
  }
  // The rate factor of ice is that of the shear.
  expect("ice at -10 C", 0.1, 2. / 9 * 3.5e-25 * 1e15, 1e-3);
  expect("rock salt", 20,
         0.18 * per_day * std::exp(-54e3 / (gas_constant * 298.15)) * std::pow(20, 5), 2e-3);
  // The dynamic yield stress is twice the static one at 40.4/s.
  expect("S235 dynamic", 470, 40.4, 1e-6);
}

TEST(LawTable, ProofStressesAreThoseOfTheStandards) {
  for (const auto& [name, young, proof] : std::vector<std::tuple<std::string, double, double>>{
           {"6061-T6", 70e3, 240}, {"stainless steel 1.4301", 200e3, 210}})
    EXPECT_NEAR(strain_at(*law_from(entry_text(name)), proof, 1), proof / young + 0.002, 1e-8);
}

TEST(LawTable, IsInTheUnitOfTheRve) {
  for (const auto& name : law_constants_names()) {
    LawContext gigapascals;
    gigapascals.unit = "GPa";
    const auto text = entry_text(name);
    const auto small = law_from(text), large = law_from(text, gigapascals);
    RandomStream random(2);
    for (int i = 0; i < 20; ++i) {
      const Vector6 strain = random_tensor(random, 1e-4, 1e-2);
      const auto a = respond(*small, strain, small->initial_state()),
                 b = respond(*large, strain, large->initial_state());
      EXPECT_LT((a.stress - 1e3 * b.stress).norm(), 1e-10 * a.stress.norm()) << name;
    }
  }
}

TEST(LawTable, GivesWayToKeysOfTheUser) {
  const auto usual = law_from("Constants = S355"),
             weak = law_from("Constants = S355; Yield stress = 200; Hardening modulus = 0");
  const Vector6 strain = strain_of_tension(*weak, 0.01, weak->initial_state());
  EXPECT_NEAR(respond(*weak, strain, weak->initial_state()).stress[0], 200, 1e-9);
  EXPECT_EQ(Matrix6(usual->elastic_stiffness()), Matrix6(weak->elastic_stiffness()));
  // In one key the user says what the table says in several.
  const auto curve = law_from("Constants = S355; Hardening curve = 0, 300, 0.1, 400");
  EXPECT_FALSE(curve->guarantee().along_path);
  const auto other = law_from("Constants = alumina; Elastic constants = epoxy");
  EXPECT_LT(other->elastic_stiffness()(0, 0), 1e4);
}

TEST(LawTable, SaysWhatDoesNotFit) {
  EXPECT_NE(refusal("Constants = S335").find("did you mean 'S355'"), std::string::npos);
  const auto law = refusal("Constants = S355; Law = Norton creep");
  EXPECT_NE(law.find("'Law'"), std::string::npos);
  EXPECT_NE(law.find("the constants of 'S355' are for the law 'J2 plasticity'"), std::string::npos);
  EXPECT_NE(refusal("Constants = S355; Yield stress = -3").find("laws.prm:3"), std::string::npos);
  EXPECT_THROW(law_constants("unobtainium"), std::invalid_argument);
}
