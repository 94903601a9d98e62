// Points answer as alone, however many go in a row and wherever the last row ends.
#include <gtest/gtest.h>

#include <vector>

#include "laws/law_points.h"
#include "norton_creep.h"
#include "pointwise_law.h"

using namespace law_points;

namespace {

const NortonCreep model{{60e3, 25e3}, 1e-3, 80, 4.5};
constexpr double time_step = 0.7;

/// Arrays of some points with a gap between the rows of a component.
struct Points {
  explicit Points(int n) : n(n), stride(n + 3) {
    RandomStream random(static_cast<std::uint64_t>(n));
    for (auto* values : {&field, &state}) values->resize(static_cast<std::size_t>(7 * stride));
    for (int k = 0; k < n; ++k) {
      const Vector6 strain = random_tensor(random, 1e-4, 1e-2),
                    creep = random_tensor(random, 1e-5, 1e-3);
      for (int i = 0; i < 6; ++i) {
        at(field, i, k) = strain[i];
        at(state, i, k) = creep[i] - (i < 3 ? creep.head(3).mean() : 0);
      }
    }
  }
  double& at(std::vector<double>& values, int component, int point) const {
    return values[static_cast<std::size_t>(component * stride + point)];
  }
  LawPoints view() const { return {n, stride, field.data(), state.data(), time_step}; }

  int n, stride;
  std::vector<double> field, state;
};

template <typename T>
void expect_points_as_alone(int n) {
  constexpr double untouched = -7;
  Points points(n);
  const auto size = static_cast<std::size_t>(21 * points.stride);
  std::vector<double> stress(size, untouched), tangent(size, untouched), next(size, untouched),
      energy(size, untouched), dual(size, untouched);
  EXPECT_TRUE(respond_by_rows<T>(model, points.view(),
                                 {stress.data(), tangent.data(), energy.data(), next.data()}));
  dual_by_rows<T>(model, points.view(), dual.data());
  for (int k = 0; k < n; ++k) {
    double strain[6], state[7];
    for (int i = 0; i < 6; ++i) strain[i] = points.at(points.field, i, k);
    for (int i = 0; i < 7; ++i) state[i] = points.at(points.state, i, k);
    PointAnswer<double, 7> alone;
    alone.wants_tangent = true;
    model.respond(strain, state, time_step, alone);
    const auto expect = [&](std::vector<double>& values, int component, double value) {
      EXPECT_NEAR(points.at(values, component, k), value, 1e-12 * std::abs(value) + 1e-15)
          << n << " points, point " << k << ", component " << component;
    };
    for (int i = 0; i < 6; ++i) expect(stress, i, alone.stress[i]);
    for (int i = 0; i < 21; ++i)
      EXPECT_NEAR(points.at(tangent, i, k), alone.tangent[i], 1e-12 * alone.tangent[0]);
    for (int i = 0; i < 7; ++i) expect(next, i, alone.state[i]);
    expect(energy, 0, alone.energy);
    expect(dual, 0, model.dual(strain, state, time_step));
  }
  // Nothing is written beyond the points.
  for (int i = 0; i < 21; ++i)
    for (int k = n; k < points.stride; ++k) {
      EXPECT_EQ(points.at(stress, i, k), untouched);
      EXPECT_EQ(points.at(tangent, i, k), untouched);
      EXPECT_EQ(points.at(next, i, k), untouched);
    }
  for (int k = n; k < points.stride; ++k) {
    EXPECT_EQ(points.at(energy, 0, k), untouched);
    EXPECT_EQ(points.at(dual, 0, k), untouched);
  }
}

}  // namespace

TEST(Rows, PointsAnswerAsAlone) {
  for (const int n : {1, 2, 3, 4, 5, 7, 8, 9, 16, 19}) {
    expect_points_as_alone<RowOf<16>>(n);
    expect_points_as_alone<RowOf<32>>(n);
    expect_points_as_alone<RowOf<64>>(n);
  }
}
