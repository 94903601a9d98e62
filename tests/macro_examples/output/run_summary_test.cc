// What a run reports, from its structs alone.
#include <gtest/gtest.h>

#include <fstream>
#include <limits>
#include <sstream>

#include "bar.h"
#include "output.h"
#include "run.h"
#include "support/message_of.h"

using namespace seco::test;
using namespace seco::macro;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

RunSummary with_rounds() {
  RunSummary summary;
  summary.dimension = 2;
  summary.micro.n_rves = 4;
  summary.micro.n_rves_by_engine = {{"hill", 3}, {"fft", 1}};
  summary.potential_energy = Enclosure{-1, {}, -0.9};
  summary.compliance = Enclosure{2, 1.8, {}};
  Round round;
  round.lower = 1.8;
  round.upper = round.relative_width = nan;
  round.n_refined = 1;
  round.n_rves = 4;
  summary.certification = CertificationSummary{0.01, {round}, "voids have no lower bound"};
  summary.equilibrium.solves = SolveRecord{{3, 0}, {1e-9, nan}, ""};
  summary.equilibrium.allowed = 1e-6;
  summary.seconds = {{"total", 2.}, {"assembly", 1.}};
  return summary;
}

}  // namespace

TEST(RunSummary, NumbersThatAreNotKnownAreNull) {
  const auto json = to_json(with_rounds());
  EXPECT_EQ(json["potential_energy"]["upper"], -0.9);
  EXPECT_TRUE(json["potential_energy"]["lower"].is_null());
  EXPECT_TRUE(json["compliance"]["upper"].is_null());
  EXPECT_TRUE(json["certification"]["relative_width"].is_null());
  EXPECT_FALSE(json["certification"]["reached"].get<bool>());
  EXPECT_EQ(json["certification"]["rounds"][0]["refined_fraction"], 0.25);
  EXPECT_EQ(json["equilibrium"]["errors"], (nlohmann::json{1e-9, nullptr}));
  EXPECT_TRUE(json["equilibrium"]["largest_error"].is_null());
  EXPECT_EQ(json["equilibrium"]["missed"], 1);
  EXPECT_EQ(json["rves_per_engine"]["hill"], 3);
  for (const char* absent : {"audit", "local_quantities", "restarts", "missing_files", "message"})
    EXPECT_FALSE(json.contains(absent)) << absent;
}

TEST(RunSummary, TheTableSaysTheSame) {
  std::ostringstream out;
  RunLog log(MPI_COMM_SELF, out);
  print_summary(with_rounds(), log);
  for (const std::string part :
       {"compliance f(u)                2, certified to be at least 1.8; no bound on the other "
        "side",
        "unbounded, NOT the tolerance asked for, 0.01: voids have no lower bound",
        "not bounded, NOT the 1e-06 asked for, in the energy norm", "1 of 4 in 0 rounds"})
    EXPECT_NE(out.str().find(part), std::string::npos) << part << "\n" << out.str();
  EXPECT_GT(out.str().find("seconds, total"), out.str().find("seconds, assembly"));
}

TEST(Output, WritesTheSummaryOfABar) {
  auto changes = elastic("100, 0");
  changes["Output/Write VTU"] = "true";
  std::ostringstream out;
  auto parameters = read_changed<2>(Bar::changes(changes));
  const std::filesystem::path folder = parameters.output_directory;
  const auto summary = seco::macro::Run<2>(std::move(parameters), MPI_COMM_SELF, out).run();
  ASSERT_TRUE(summary.compliance);
  EXPECT_NEAR(summary.compliance->estimate, 8. / 100, 1e-9);
  ASSERT_EQ(summary.points.size(), 1u);
  EXPECT_NEAR(summary.points[0].displacement[0], 4. / 100, 1e-10);
  EXPECT_EQ(summary.n_unknowns, 30u);
  EXPECT_EQ(summary.equilibrium.n_missed(), 0u);
  auto written = read_json(folder / "summary.json"), expected = to_json(summary);
  EXPECT_EQ(written, nlohmann::json::parse(expected.dump()));
  EXPECT_TRUE(std::filesystem::exists(folder / "solution.pvd"));
}

TEST(Output, PointsOutsideOfTheMeshAreRefused) {
  auto changes = elastic("100, 0");
  changes["Output/Points of interest"] = "4, 2; 5, 0";
  Bar bar(changes);
  const Output<2> output(bar.parameters, bar.problem, bar.materials, bar.certification, bar.log);
  EXPECT_NE(message_of([&] { output.check_points(); }).find("(5, 0), which lies outside"),
            std::string::npos);
}
