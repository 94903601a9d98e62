// Bounds of the potential energy and what carries their distance, without the program.
#include <gtest/gtest.h>

#include <numeric>

#include "bar.h"
#include "support/message_of.h"

using namespace seco::test;
using seco::macro::Stage;

namespace {

double sum(const seco::macro::PointValues& values) {
  double total = 0;
  for (const auto& list : values) total = std::accumulate(list.begin(), list.end(), total);
  return total;
}

}  // namespace

TEST(Certification, OfAnExactMaterialBothBoundsAreTheEnergy) {
  Bar bar(elastic("100, 0"));
  bar.materials.prepare(nullptr);
  bar.certification.solve_bounds();
  const auto& bounds = bar.certification.bounds();
  ASSERT_TRUE(bounds.lower);
  EXPECT_NEAR(*bounds.lower, -4. / 100, 1e-9);
  EXPECT_NEAR(bounds.upper, -4. / 100, 1e-9);
  EXPECT_LE(*bounds.lower, bounds.upper);
  EXPECT_NEAR(sum(bar.certification.shares()), 0., 1e-9);
  EXPECT_NEAR(bar.certification.inside_bounds(-0.04, 1e-9), -0.04, 1e-9);
  EXPECT_NE(message_of([&] {
              bar.certification.inside_bounds(-0.05, 1e-9);
            }).find("lies outside of its bounds"),
            std::string::npos);
}

TEST(Certification, TheSharesOfThePointsAddUpToTheWidth) {
  Bar bar(bounded_inclusions());
  bar.materials.prepare(nullptr);
  bar.certification.solve_bounds();
  const auto& bounds = bar.certification.bounds();
  ASSERT_TRUE(bounds.lower);
  const double width = 2 * (bounds.upper - *bounds.lower);
  EXPECT_GT(width, 0);
  EXPECT_NEAR(sum(bar.certification.shares()) / width, 1., 1e-6);
}

TEST(Certification, RefinesUntilTheToleranceAndKeepsItsRounds) {
  auto changes = bounded_inclusions();
  changes["Certification/Compliance tolerance"] = "0.02";
  changes["Material 0/homogenized/Refinement engine"] = "fft";
  Bar bar(changes);
  bar.materials.prepare(nullptr);
  std::vector<Stage> stages;
  bar.certification.certify(Stage::homogenization, [&](Stage stage) { stages.push_back(stage); });
  const auto& rounds = bar.certification.rounds();
  ASSERT_GE(rounds.size(), 2u);
  EXPECT_LE(rounds.back().relative_width, 0.02);
  EXPECT_TRUE(bar.certification.missed().empty());
  EXPECT_EQ(stages.size(), 2 * rounds.size() - 1);
  EXPECT_EQ(stages.back(), Stage::bounds);
  bar.certification.audit();
  Bar other(changes);
  other.certification.take_state(nlohmann::json::parse(bar.certification.state().dump()));
  EXPECT_EQ(other.certification.rounds().size(), rounds.size());
  EXPECT_EQ(other.certification.bounds().lower, bar.certification.bounds().lower);
  // The shares are kept by cell.
  other.certification.set_shares(bar.certification.shares());
  EXPECT_EQ(other.certification.state(), bar.certification.state());
}
