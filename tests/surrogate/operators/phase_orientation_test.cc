// Composites whose phases have an axis are as stiff along it as the rule of mixtures says.
#include <gtest/gtest.h>

#include <Eigen/LU>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/generators.h"
#include "seco/surrogate/engine.h"

using namespace seco;

TEST(PhaseOrientation, YoungsModulusAlongCarbonFibresIsThatOfTheRuleOfMixtures) {
  materials::GeneratorSettings s;
  s.type = "fibres";
  s.matrix = materials::elastic_constants("epoxy").stiffness;
  s.inclusion = materials::elastic_constants("carbon fibre").stiffness;
  s.volume_fraction = 0.4;
  s.n_inclusions = 1;
  surrogate::register_builtin_engines();
  for (int axis = 0; axis < 3; ++axis) {
    s.axis = axis;
    s.shape = {16, 16, 16};
    s.shape[static_cast<std::size_t>(axis)] = 2;
    const auto rve = materials::generate(s);
    const auto stiffness = surrogate::make_engine("fft", {})->homogenize({&rve, 1}).at(0).stiffness;
    const materials::MandelMatrix compliance = stiffness.inverse();
    const double fraction = 102. / 256, mixture = fraction * 225e3 + (1 - fraction) * 4.2e3;
    // Poisson's effect adds a little, and never takes away (Hill 1964).
    EXPECT_GT(1 / compliance(axis, axis), mixture);
    EXPECT_LT(1 / compliance(axis, axis), 1.001 * mixture);
    const int across = (axis + 1) % 3;
    EXPECT_LT(1 / compliance(across, across), 15e3);
  }
}
