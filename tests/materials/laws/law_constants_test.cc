#include <gtest/gtest.h>

#include "laws/law_points.h"
#include "seco/materials/elastic_constants.h"

using namespace law_points;

namespace {

const std::string elastic = "; Young modulus = 70e3; Poisson ratio = 0.3";
const std::string j2 = "Law = J2 plasticity" + elastic + "; Yield stress = 100",
                  perzyna = "Law = Perzyna" + elastic + "; Yield stress = 100",
                  norton = "Law = Norton creep" + elastic,
                  ramberg = "Law = Ramberg-Osgood" + elastic,
                  hencky = "Law = Hencky power law" + elastic;

/// Whether a text is refused with a message that names a key and says something.
::testing::AssertionResult refused(const std::string& text, const std::string& key,
                                   const std::string& says) {
  const auto message = refusal(text);
  if (message.find("'" + key + "'") == std::string::npos || message.find(says) == std::string::npos)
    return ::testing::AssertionFailure()
           << text << "\n is answered by: " << (message.empty() ? "nothing" : message);
  return ::testing::AssertionSuccess();
}

}  // namespace

TEST(LawConstants, RefusesMissingOnes) {
  EXPECT_TRUE(refused("Law = linear elastic", "Elastic constants", "'Young modulus'"));
  EXPECT_TRUE(refused("Law = linear elastic; Young modulus = 1", "Poisson ratio", "needs"));
  EXPECT_TRUE(refused("Law = linear elastic; Poisson ratio = 0.3", "Young modulus", "needs"));
  EXPECT_TRUE(refused("Law = J2 plasticity" + elastic, "Yield stress", "numbers above 0"));
  EXPECT_TRUE(refused(perzyna, "Reference rate", "the law needs it"));
  EXPECT_TRUE(refused(perzyna + "; Reference rate = 1", "Reference stress", "the law needs it"));
  EXPECT_TRUE(refused(perzyna + "; Reference rate = 1; Reference stress = 1", "Exponent",
                      "the law needs it"));
  EXPECT_TRUE(refused(
      "Law = Perzyna" + elastic + "; Reference rate = 1; Reference stress = 1; Exponent = 1",
      "Yield stress", "the law needs it"));
  EXPECT_TRUE(refused(norton, "Reference rate", "the law needs it"));
  EXPECT_TRUE(refused(norton + "; Reference rate = 1", "Reference stress", "the law needs it"));
  EXPECT_TRUE(
      refused(norton + "; Reference rate = 1; Reference stress = 1", "Exponent", "numbers from 1"));
  EXPECT_TRUE(refused(ramberg, "Reference strain", "the law needs it"));
  EXPECT_TRUE(refused(hencky, "Yield stress", "the law needs it"));
  EXPECT_TRUE(refused(hencky + "; Yield stress = 1", "Exponent", "the law needs it"));
}

TEST(LawConstants, RefusesValuesThatDoNotFit) {
  EXPECT_TRUE(refused("Law = linear elastic; Young modulus = -1; Poisson ratio = 0.3",
                      "Young modulus", "allowed"));
  EXPECT_TRUE(refused("Law = linear elastic; Young modulus = 1; Poisson ratio = 0.5",
                      "Poisson ratio", "below 0.5"));
  EXPECT_TRUE(refused("Law = J2 plasticity" + elastic + "; Yield stress = 0", "Yield stress",
                      "numbers above 0"));
  const std::string bad_power = "; Reference stress = 1; Exponent = 0.2";
  EXPECT_TRUE(refused(norton + "; Reference rate = 1" + bad_power, "Exponent", "1/n"));
  EXPECT_TRUE(refused(ramberg + "; Reference strain = 1" + bad_power, "Exponent", "1/n"));
  EXPECT_TRUE(refused(perzyna + "; Reference rate = 1" + bad_power, "Exponent", "from 1"));
  EXPECT_TRUE(refused(norton + "; Reference rate = 0", "Reference rate", "numbers above 0"));
  EXPECT_TRUE(refused(norton + "; Reference rate = 1; Reference stress = -1", "Reference stress",
                      "numbers above 0"));
  EXPECT_TRUE(refused(ramberg + "; Reference strain = -1", "Reference strain", "above 0"));
  for (const char* exponent : {"0", "-1", "5"})
    EXPECT_TRUE(refused(hencky + "; Yield stress = 1; Exponent = " + exponent, "Exponent",
                        "up to 1; some tables give 1/n"));
  EXPECT_TRUE(
      refused(j2 + "; Ludwik coefficient = 1; Ludwik exponent = 0", "Ludwik exponent", "above 0"));
}

TEST(LawConstants, RefusesSoftening) {
  for (const char* key : {"Hardening modulus", "Voce stress", "Voce exponent", "Ludwik coefficient",
                          "Kinematic modulus"})
    for (const auto& law :
         {j2, perzyna + "; Reference rate = 1; Reference stress = 1; Exponent = 1"})
      EXPECT_TRUE(refused(law + "; " + key + " = -1", key, "softening"));
  EXPECT_TRUE(refused("Law = J2 plasticity" + elastic + "; Hardening curve = 0, 100, 0.1, 90",
                      "Hardening curve", "may not fall"));
}

TEST(LawConstants, RefusesContradictions) {
  EXPECT_TRUE(refused("Law = linear elastic" + elastic + "; Elastic constants = Cu",
                      "Elastic constants", "not both"));
  EXPECT_TRUE(refused(j2 + "; Voce stress = 10", "Voce exponent", "numbers above 0"));
  EXPECT_TRUE(refused(j2 + "; Voce exponent = 10", "Voce stress", "has to be set"));
  EXPECT_TRUE(refused(j2 + "; Ludwik exponent = 0.5", "Ludwik coefficient", "has to be set"));
  EXPECT_TRUE(refused(j2 + "; Hardening curve = 0, 100, 0.1, 110", "Yield stress", "only one"));
  EXPECT_TRUE(refused(j2 + "; Reference rate = 1", "Reference rate", "not known"));
}

TEST(LawConstants, RefusesCurvesThatAreNone) {
  const auto curve = "Law = J2 plasticity" + elastic + "; Hardening curve = ";
  EXPECT_TRUE(refused(curve + "0, 100, 0.1", "Hardening curve", "pairs"));
  EXPECT_TRUE(refused(curve + "0, 100", "Hardening curve", "at least two"));
  EXPECT_TRUE(refused(curve + "0.1, 100, 0.2, 120", "Hardening curve", "first strain has to be 0"));
  EXPECT_TRUE(refused(curve + "0, 0, 0.2, 120", "Hardening curve", "stress above 0"));
  EXPECT_TRUE(
      refused(curve + "0, 100, 0.2, 120, 0.2, 130", "Hardening curve", "strains have to increase"));
}

TEST(LawConstants, RefusesAnisotropyWhereItIsNotMeant) {
  for (const char* law :
       {"J2 plasticity", "Norton creep", "Perzyna", "Ramberg-Osgood", "Hencky power law"})
    EXPECT_TRUE(refused(std::string("Law = ") + law + "; Elastic constants = Cu",
                        "Elastic constants", std::string("'") + law + "' needs isotropic"));
}

TEST(LawConstants, TakesTheStiffnessOfThePhaseUnlessItIsTold) {
  LawContext context;
  context.stiffness = elastic_constants("alumina").stiffness;
  EXPECT_EQ(law_from("Law = linear elastic", context)->elastic_stiffness(), *context.stiffness);
  const auto own = law_from("Law = linear elastic" + elastic, context)->elastic_stiffness();
  EXPECT_NEAR(own(3, 3), 70e3 / 1.3, 1e-9);
  context.unit = "GPa";
  EXPECT_NEAR(law_from("Law = linear elastic; Elastic constants = alumina", context)
                  ->elastic_stiffness()(3, 3),
              416 / 1.231, 1e-10);
}

TEST(LawConstants, GuaranteesFollowFromTheHardening) {
  const std::string rate = "; Reference rate = 1; Reference stress = 1; Exponent = 2";
  EXPECT_TRUE(
      law_from(j2 + "; Hardening modulus = 5; Kinematic modulus = 4")->guarantee().along_path);
  EXPECT_TRUE(law_from(perzyna + rate)->guarantee().along_path);
  EXPECT_TRUE(law_from(norton + rate)->guarantee().along_path);
  for (const auto& text : {j2 + "; Voce stress = 10; Voce exponent = 2",
                           perzyna + rate + "; Ludwik coefficient = 10; Ludwik exponent = 0.5"}) {
    EXPECT_FALSE(law_from(text)->guarantee().along_path);
    EXPECT_TRUE(law_from(text)->guarantee().two_sided);
    EXPECT_FALSE(law_from(text)->guarantee().reason.empty());
  }
  EXPECT_TRUE(law_from(norton + rate)->depends_on_time());
  EXPECT_TRUE(law_from(perzyna + rate)->depends_on_time());
  EXPECT_FALSE(law_from(j2)->depends_on_time());
}
