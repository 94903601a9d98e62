#include "measure.h"

#include <gtest/gtest.h>

namespace {

using namespace seco::benchmarks;

TEST(Sample, QuantilesAreLinearBetweenTheValues) {
  const Sample sample({4., 1., 3., 2.});
  EXPECT_DOUBLE_EQ(sample.minimum(), 1.);
  EXPECT_DOUBLE_EQ(sample.lower_quartile(), 1.75);
  EXPECT_DOUBLE_EQ(sample.median(), 2.5);
  EXPECT_DOUBLE_EQ(sample.upper_quartile(), 3.25);
  EXPECT_DOUBLE_EQ(Sample({7.}).lower_quartile(), 7.);
  EXPECT_THROW(Sample({}), std::invalid_argument);
}

TEST(Sample, RatesAreInIncreasingOrderToo) {
  const auto rate = Sample({1., 2., 4.}).divided_into(8.);
  EXPECT_DOUBLE_EQ(rate.minimum(), 2.);
  EXPECT_DOUBLE_EQ(rate.median(), 4.);
  EXPECT_DOUBLE_EQ(rate.quantile(1.), 8.);
  EXPECT_DOUBLE_EQ(Sample({1., 2., 4.}).scaled(3.).median(), 6.);
}

TEST(Sample, TextHasTheAskedDigitsOfTheMedian) {
  EXPECT_EQ(Sample({0.01, 0.0123456, 0.02}).text(), "0.0123 (0.0112 to 0.0162)");
  EXPECT_EQ(Sample({1234.}).text(), "1234 (1234 to 1234)");
}

TEST(Measure, RepeatsAtLeastAndAtMostAsOftenAsAsked) {
  int calls = 0;
  EXPECT_EQ(measure([&] { ++calls; }, {0., 2, 5, 100}).size(), 5u);
  EXPECT_EQ(calls, 7);
  EXPECT_EQ(measure([] {}, {1e9, 0, 1, 12}).size(), 12u);
}

TEST(Measure, ComparesByTurnsAndChangesWhoStarts) {
  std::string order;
  const auto result = compare([&] { order += 'a'; }, [&] { order += 'b'; }, {0., 0, 4, 4});
  EXPECT_EQ(order, "abbaabba");
  EXPECT_EQ(result.first.size(), 4u);
  EXPECT_EQ(result.ratio.size(), 4u);
  EXPECT_GT(result.ratio.minimum(), 0.);
}

}  // namespace
