#include "seco/materials/law_table.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "laws/law_points.h"

using namespace law_points;

namespace {

/// Crystals need an orientation.
std::string entry_text(const std::string& name) {
  return "Constants = " + name +
         (law_constants(name).law == "crystal viscoplasticity" ? "; Euler angles = 10, 20, 30"
                                                               : "");
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
