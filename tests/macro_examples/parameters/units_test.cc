#include "units.h"

#include <gtest/gtest.h>

using namespace seco::macro;

TEST(Units, FollowFromStressAndLength) {
  const auto usual = derived_units("MPa", "mm", 3);
  EXPECT_EQ(usual.force, "N");
  EXPECT_EQ(usual.moment, "N mm");
  EXPECT_EQ(usual.energy, "mJ");
  EXPECT_EQ(usual.volume, "mm^3");
  const auto si = derived_units("Pa", "m", 3);
  EXPECT_EQ(si.force, "N");
  EXPECT_EQ(si.energy, "J");
  // 1e9 Pa (1e-6 m)^2 = 1e-3 N, and times 1e-6 m 1e-9 J.
  const auto small = derived_units("GPa", "um", 3);
  EXPECT_EQ(small.force, "mN");
  EXPECT_EQ(small.energy, "nJ");
  EXPECT_EQ(derived_units("MPa", "m", 3).force, "MN");
  EXPECT_EQ(derived_units("kPa", "mm", 3).force, "mN");
  // 100 N have no prefix, and are a joule times a metre's hundredth.
  const auto centimetres = derived_units("MPa", "cm", 3);
  EXPECT_EQ(centimetres.force, "MPa cm^2");
  EXPECT_EQ(centimetres.energy, "J");
}

TEST(Units, OfPlaneStrainArePerThickness) {
  const auto usual = derived_units("MPa", "mm", 2);
  EXPECT_EQ(usual.force, "N/mm");
  EXPECT_EQ(usual.moment, "N mm/mm");
  EXPECT_EQ(usual.energy, "mJ/mm");
  EXPECT_EQ(usual.volume, "mm^2");
}

TEST(Units, WithoutAUnitOfLengthAreProducts) {
  const auto none = derived_units("MPa", "", 3);
  EXPECT_EQ(none.length, "length");
  EXPECT_EQ(none.force, "MPa length^2");
  EXPECT_EQ(none.energy, "MPa length^3");
  EXPECT_EQ(derived_units("MPa", "", 2).force, "MPa length");
}
