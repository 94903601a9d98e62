#include "state_weights.h"

#include <deal.II/base/geometry_info.h>
#include <gtest/gtest.h>

#include <algorithm>

using seco::macro::state_weights;
using seco::plugin::StateTransfer;

namespace {

template <int dim>
void check(unsigned int n_along_axis) {
  const dealii::QGauss<dim> quadrature(n_along_axis);
  const auto combinations = state_weights(quadrature, StateTransfer::combination),
             nearest = state_weights(quadrature, StateTransfer::nearest);
  ASSERT_EQ(combinations.size(), 1U << dim);
  const auto& points = quadrature.get_points();
  // Between the outermost points of the parent.
  double least = 1;
  for (const auto& point : points) least = std::min(least, point[0]);
  for (unsigned int child = 0; child < combinations.size(); ++child)
    for (unsigned int q = 0; q < points.size(); ++q) {
      const auto point = dealii::GeometryInfo<dim>::child_to_cell_coordinates(points[q], child);
      double sum = 0, largest = 0, shortest = 10;
      dealii::Point<dim> mean, chosen;
      for (unsigned int p = 0; p < points.size(); ++p) {
        const double weight = combinations[child](q, p);
        EXPECT_GE(weight, 0);
        sum += weight;
        mean += weight * points[p];
        shortest = std::min(shortest, point.distance(points[p]));
        largest = std::max(largest, nearest[child](q, p));
        chosen += nearest[child](q, p) * points[p];
      }
      EXPECT_NEAR(sum, 1, 1e-14);
      // Linear functions are exact, as far as nothing is extrapolated.
      for (int c = 0; c < dim; ++c)
        EXPECT_NEAR(mean[c], std::clamp(point[c], least, 1 - least), 1e-14);
      EXPECT_EQ(largest, 1);
      EXPECT_NEAR(point.distance(chosen), shortest, 1e-14);
    }
}

}  // namespace

TEST(StateWeights, AreConvexLinearBetweenPointsOrTakeTheNearest) {
  for (unsigned int n = 1; n <= 4; ++n) {
    check<2>(n);
    check<3>(n);
  }
}
