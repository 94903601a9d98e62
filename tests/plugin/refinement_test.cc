#include <gtest/gtest.h>

#include "seco/plugin/mandel_tensor.h"
#include "seco/surrogate/engine.h"
#include "small_materials.h"

using namespace seco::plugin;

namespace {

std::vector<MaterialPoint<3>> points_of_cells(unsigned int n_cells, unsigned int per_cell) {
  std::vector<MaterialPoint<3>> points(n_cells * per_cell);
  for (unsigned int i = 0; i < points.size(); ++i) {
    points[i].cell = i / per_cell;
    points[i].quadrature_point = i % per_cell;
  }
  return points;
}

std::unique_ptr<Material<3>> polycrystals(const std::string& refinement_engine) {
  auto entries = small_polycrystal;
  entries[0].second = "hill";
  entries.push_back({"Seed per", "cell"});
  entries.push_back({"Refinement engine", refinement_engine});
  RunSettings run;
  run.goal_oriented = true;
  return make<3>("homogenized", entries, run);
}

}  // namespace

TEST(Refine, TheShareOfAnRveIsTheSumOverItsPoints) {
  auto material = polycrystals("fft");
  respond<3>(*material, points_of_cells(3, 4));
  std::vector<double> share_of_point(12);
  for (std::size_t i = 0; i < share_of_point.size(); ++i) share_of_point[i] = 1. + i / 4 * 10.;
  const auto rves = material->rve_shares(share_of_point);
  ASSERT_EQ(rves.size(), 3u);
  double sum = 0;
  for (const auto& rve : rves) {
    EXPECT_TRUE(rve.counted);
    EXPECT_TRUE(rve.improvable);
    EXPECT_GT(rve.gap, 0.05);
    EXPECT_EQ(std::fmod(rve.share, 40.), 4.);
    sum += rve.share;
  }
  EXPECT_EQ(sum, 4 * (1 + 11 + 21));
}

TEST(Refine, OnlyMarkedRvesChangeAndTheirBoundsAreWithinTheOldOnes) {
  for (const std::string engine : {"fft", "certified"}) {
    auto material = polycrystals(engine);
    const auto points = points_of_cells(4, 2);
    const auto before = respond<3>(*material, points);
    std::vector<double> one_at_a_time(8, 0.);
    one_at_a_time[2] = 1;
    const auto rves = material->rve_shares(one_at_a_time);
    std::vector<double> wanted;
    for (const auto& rve : rves) wanted.push_back(rve.share > 0 ? 0.01 : 0.);
    material->refine(wanted, {});
    std::vector<dealii::SymmetricTensor<2, 3>> strain(8);
    const auto after = bounded<3>(*material, strain);
    for (std::size_t q = 0; q < 8; ++q) {
      const bool marked = q / 2 == 1;
      EXPECT_EQ(after.upper[q] != before.upper[q], marked) << engine << q;
      EXPECT_EQ(after.gap[q] <= 0.01, marked) << engine << q;
      const auto above =
                     to_mandel<3>(dealii::SymmetricTensor<4, 3>(before.upper[q] - after.upper[q])),
                 below =
                     to_mandel<3>(dealii::SymmetricTensor<4, 3>(after.lower[q] - before.lower[q]));
      for (const auto& difference : {above, below})
        EXPECT_GT(seco::materials::relative_smallest_eigenvalue(
                      // Averages are exact for the hydrostatic load of these crystals; bounds from
                      // fields allow for more round-off.
                      difference + (marked ? 1e-8 : 1e-12) * to_mandel<3>(before.upper[q])),
                  marked ? 0. : -1e-9);
    }
    const auto statistics = material->statistics();
    EXPECT_EQ(statistics.n_refined_rves, 1u);
    EXPECT_EQ(statistics.n_rves.at("hill"), 3u);
    EXPECT_EQ(statistics.n_rves.at(engine), 1u);
    EXPECT_GT(statistics.worst_gap, 0.05);
  }
}

TEST(Refine, AnRveThatCannotBeImprovedSaysSo) {
  auto material = polycrystals("voigt");
  respond<3>(*material, points_of_cells(1, 1));
  const std::vector<double> share{1.};
  EXPECT_TRUE(material->rve_shares(share)[0].improvable);
  const auto gap = material->rve_shares(share)[0].gap;
  material->refine(std::vector<double>{1e-3}, {});
  EXPECT_FALSE(material->rve_shares(share)[0].improvable);
  EXPECT_EQ(material->rve_shares(share)[0].gap, gap);
}

namespace {

/// Claims that every RVE is known exactly, 10 % too stiff.
class Liar : public seco::surrogate::Engine {
 public:
  std::string name() const override { return "liar"; }
  std::vector<seco::surrogate::Homogenized> homogenize(
      std::span<const seco::materials::Rve> rves,
      const std::function<void(std::size_t)>&) const override {
    auto results = seco::surrogate::make_engine("fft", {})->homogenize(rves);
    for (auto& result : results) {
      result.upper = result.lower = result.stiffness *= 1.1;
      result.gap = 0;
    }
    return results;
  }
};

}  // namespace

TEST(Audit, FindsBoundsThatDoNotHold) {
  seco::surrogate::register_engine("liar", {"bounds nothing"},
                                   [](const auto&) { return std::make_unique<Liar>(); });
  for (const std::string engine : {"hill", "liar"}) {
    auto entries = small_polycrystal;
    entries[0].second = engine;
    entries.push_back({"Audit tolerance", "1e-8"});
    RunSettings run;
    run.audited = true;
    auto material = make<3>("homogenized", entries, run);
    const auto before = respond<3>(*material, points_of_cells(3, 2));
    const auto audit = material->audit(1., {});
    EXPECT_EQ(audit.n_rves, 6u);
    EXPECT_EQ(audit.n_all_rves, 6u);
    if (engine == "hill")
      EXPECT_LT(audit.largest_violation, 1e-12);
    else
      EXPECT_GT(audit.largest_violation, 1e-2);
    EXPECT_EQ(respond<3>(*material, points_of_cells(3, 2)).tangent, before.tangent);
  }
}

TEST(Refine, ExactMaterialsHaveNothingToImprove) {
  auto material = make<3>("linear elastic", {});
  respond<3>(*material, points_of_cells(1, 2));
  EXPECT_TRUE(material->rve_shares(std::vector<double>{0., 0.}).empty());
  EXPECT_NO_THROW(material->refine({}, {}));
}
