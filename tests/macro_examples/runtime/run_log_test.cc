// What a run prints, and the seconds of its parts.
#include "run_log.h"

#include <gtest/gtest.h>

#include <sstream>

using seco::macro::RunLog;

TEST(RunLog, SecondsOfAllPartsAddUpToTheTotal) {
  std::ostringstream out;
  RunLog log(MPI_COMM_SELF, out);
  { const auto scope = log.section("assembly"); }
  log.add_earlier({{"assembly", 2.}, {"audit", 1.}, {"total", 4.}});
  const auto seconds = log.seconds();
  EXPECT_GE(seconds.at("assembly"), 2.);
  EXPECT_EQ(seconds.at("audit"), 1.);
  double sum = 0;
  for (const auto& [name, value] : seconds)
    if (name != "total") sum += value;
  EXPECT_NEAR(sum, seconds.at("total"), 1e-12);
}

TEST(RunLog, KeepsNotesForTheSummary) {
  std::ostringstream out;
  RunLog log(MPI_COMM_SELF, out);
  log.note("said");
  log.keep_note("kept");
  EXPECT_EQ(out.str(), "== note: said\n== note: kept\n");
  EXPECT_EQ(log.kept_notes(), std::vector<std::string>{"kept"});
}
