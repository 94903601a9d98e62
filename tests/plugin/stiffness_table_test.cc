#include "seco/plugin/stiffness_table.h"

#include <gtest/gtest.h>

#include "seco/materials/random.h"
#include "seco/plugin/mandel_tensor.h"

using namespace seco::plugin;

namespace {

template <int dim>
dealii::SymmetricTensor<4, dim> random_stiffness(seco::materials::RandomStream& random) {
  constexpr int n = StiffnessTriangle<dim>::n_strains;
  seco::materials::MandelMatrix a(n, n);
  for (int i = 0; i < n * n; ++i) a(i) = random.normal();
  const seco::materials::MandelMatrix product = a * a.transpose();
  return to_tensor<dim>(0.5 * (product + product.transpose()));
}

template <int dim>
void expect_equal_work_of_triangle_and_tensor() {
  seco::materials::RandomStream random(5);
  const auto C = random_stiffness<dim>(random);
  const StiffnessTriangle<dim> triangle(C);
  EXPECT_EQ(triangle.tensor(), C);
  EXPECT_EQ(to_mandel<dim>(triangle), to_mandel<dim>(C));
}

}  // namespace

TEST(StiffnessTable, ATriangleIsTheWholeTensor) {
  expect_equal_work_of_triangle_and_tensor<2>();
  expect_equal_work_of_triangle_and_tensor<3>();
}

TEST(StiffnessTable, EqualStiffnessesOfAnEntryAreKeptOnce) {
  seco::materials::RandomStream random(6);
  const auto C = random_stiffness<3>(random);
  const auto bytes = [&](double lower, double upper) {
    StiffnessTable<3> table;
    for (int i = 0; i < 100; ++i)
      table.add({C, lower * C, upper * C, upper - lower, PointStatus::ok});
    table.set_points(std::vector<std::uint32_t>(100, 0));
    return table.memory_consumption() - sizeof(table) - sizeof(std::vector<StiffnessTriangle<3>>);
  };
  constexpr std::size_t triangle = 21 * sizeof(double), rest = 24 + 4;
  EXPECT_EQ(bytes(1, 1), 100 * (triangle + rest));
  EXPECT_EQ(bytes(0.9, 1), 100 * (2 * triangle + rest));
  EXPECT_EQ(bytes(0.9, 1.1), 100 * (3 * triangle + rest));
}

TEST(StiffnessTable, WhatReplacesAnEntryLeavesTheOthers) {
  seco::materials::RandomStream random(7);
  std::vector<BoundedStiffness<2>> known;
  StiffnessTable<2> table;
  for (int i = 0; i < 4; ++i) {
    const auto C = random_stiffness<2>(random);
    // With 1, 2 and 3 different ones.
    known.push_back({C, i > 0 ? 0.5 * C : C, i > 1 ? 2. * C : C, 0.1 * i, PointStatus::unreliable});
    table.add(known.back());
  }
  for (const int i : {0, 3, 1, 0, 2, 3}) {
    const auto C = random_stiffness<2>(random);
    auto& entry = known[i];
    entry = {C, 0.9 * C, random.uniform() < 0.5 ? C : 1.1 * C, 0.05, PointStatus::ok};
    table.replace(i, StiffnessTriangle<2>(entry.estimate), StiffnessTriangle<2>(entry.lower),
                  StiffnessTriangle<2>(entry.upper), entry.gap, entry.status);
    for (std::uint32_t e = 0; e < known.size(); ++e) {
      EXPECT_EQ(table.stiffness(e, Bound::estimate).tensor(), known[e].estimate);
      EXPECT_EQ(table.stiffness(e, Bound::lower).tensor(), known[e].lower);
      EXPECT_EQ(table.stiffness(e, Bound::upper).tensor(), known[e].upper);
      EXPECT_EQ(table.gap(e), known[e].gap);
      EXPECT_EQ(table.status(e), known[e].status);
    }
  }
}

TEST(StiffnessTable, SaysWhatIsNoStiffness) {
  StiffnessTable<2> table;
  auto C = dealii::identity_tensor<2>();
  C[0][0][1][1] = 0.25;
  table.add({C, dealii::identity_tensor<2>(), dealii::identity_tensor<2>(), 0, PointStatus::ok});
  EXPECT_DOUBLE_EQ(table.asymmetry(0, Bound::estimate), 0.25);
  EXPECT_EQ(table.asymmetry(0, Bound::lower), 0.);
  EXPECT_THROW(table.set_points({0, 1}), std::out_of_range);
}
