#include "seco/materials/floating_precision.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "seco/materials/random.h"

using namespace seco::materials;

TEST(FloatingPrecision, RoundsAsTheProcessorDoes) {
  RandomStream random(3);
  for (int i = 0; i < 20000; ++i) {
    // Subnormal numbers of single precision too.
    const double value =
        std::ldexp(random.uniform(-1., 1.), static_cast<int>(random.uniform(-150., 128.)));
    EXPECT_EQ(rounded(value, single_precision), static_cast<double>(static_cast<float>(value)))
        << value;
    EXPECT_EQ(rounded(value, FloatingPrecision{}), value);
  }
  EXPECT_EQ(rounded(0., single_precision), 0.);
  EXPECT_EQ(rounded(std::numeric_limits<double>::infinity(), single_precision),
            std::numeric_limits<double>::infinity());
}

TEST(FloatingPrecision, HalfPrecisionHasElevenDigits) {
  constexpr FloatingPrecision half{11, -24};
  EXPECT_EQ(rounded(0.1, half), 0.0999755859375);
  EXPECT_EQ(rounded(0.3, half), 0.300048828125);
  EXPECT_EQ(rounded(2049., half), 2048.);
  EXPECT_EQ(rounded(3e-8, half), std::ldexp(1., -24));
}
