// What is kept of the parts of a run, and whether it is taken up, without the program.
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "bar.h"
#include "cell_records.h"
#include "checkpoint.h"
#include "support/message_of.h"

using namespace seco::test;
using namespace seco;

namespace {

macro::Checkpoint::Settings settings(const std::filesystem::path& folder) {
  macro::Checkpoint::Settings result;
  result.parameters = {true, (folder / "kept.h5").string(), 0, true};
  result.file = "run.prm";
  result.texts[{"Solver", "Tolerance"}] = "1e-9";
  result.folder = folder.string();
  return result;
}

}  // namespace

TEST(CellRecords, DisplacementAndSharesSurviveToTheLastBit) {
  Bar bar(bounded_inclusions());
  bar.materials.prepare(nullptr);
  bar.certification.solve_bounds();
  const auto& shares = bar.certification.shares();
  const auto& displacement = bar.solver.last_displacement();
  const auto path = (new_folder("cells") / "kept.h5").string();
  {
    macro::CheckpointWriter file(path, MPI_COMM_SELF);
    macro::save_cells(bar.problem, bar.materials, displacement, shares, file);
    bar.materials.save(file);
    file.close();
  }
  const macro::CheckpointReader file(path);
  ASSERT_TRUE(macro::has_cells(file));
  Bar other(bounded_inclusions());
  other.materials.prepare(&file);
  const auto kept = macro::read_cells(other.problem, other.materials, file, /*has_shares=*/true);
  EXPECT_EQ(kept.shares, shares);
  auto difference = kept.displacement;
  difference -= displacement;
  EXPECT_EQ(difference.linfty_norm(), 0.);
  // The answers are the same, too.
  const auto a = bar.materials.stiffness_field(macro::Bound::upper),
             b = other.materials.stiffness_field(macro::Bound::upper);
  macro::CellCoefficients of_a, of_b;
  for (std::size_t cell = 0; cell < 8; ++cell) {
    const double *x = a.cell(cell, of_a), *y = b.cell(cell, of_b);
    for (unsigned int i = 0; i < 4 * macro::StiffnessField<2>::n_coefficients; ++i)
      EXPECT_EQ(x[i], y[i]);
  }
  EXPECT_NE(message_of([&] {
              macro::read_cells(other.problem, other.materials, file, false);
            }).find("table 'cells' has 96 bytes of a cell, expected 64"),
            std::string::npos);
}

TEST(CheckpointPolicy, IsTakenUpByTheSameRunOnly) {
  const auto folder = new_folder("policy");
  std::ostringstream out;
  macro::RunLog log(MPI_COMM_SELF, out);
  macro::Checkpoint checkpoint(settings(folder), log);
  EXPECT_FALSE(checkpoint.exists());
  EXPECT_NE(checkpoint.describe_stop(SIGTERM, "").find("start again"), std::string::npos);
  EXPECT_TRUE(checkpoint.is_due());
  checkpoint.write("the homogenization", {{"stage", 1}}, [](macro::CheckpointWriter&) {});
  EXPECT_TRUE(checkpoint.missing().empty()) << out.str();
  EXPECT_NE(out.str().find("after the homogenization"), std::string::npos);
  EXPECT_NE(checkpoint.describe_stop(SIGTERM, "the audit")
                .find("keeps the run after the homogenization; continue with --restart"),
            std::string::npos);
  const macro::Checkpoint again(settings(folder), log);
  ASSERT_TRUE(again.exists());
  EXPECT_EQ(again.open()->json("state").at("stage"), 1);
  auto other = settings(folder);
  other.texts[{"Solver", "Tolerance"}] = "1e-6";
  const auto message = message_of([&] { macro::Checkpoint(other, log).open(); });
  EXPECT_NE(message.find("'Tolerance' in section 'Solver'"), std::string::npos) << message;
}

TEST(CheckpointPolicy, WhatCannotBeWrittenIsSaidAndTheOneBeforeStays) {
  const auto folder = new_folder("policy_missing");
  std::ostringstream out;
  macro::RunLog log(MPI_COMM_SELF, out);
  macro::Checkpoint checkpoint(settings(folder), log);
  checkpoint.write("the homogenization", {{"stage", 1}}, [](macro::CheckpointWriter&) {});
  checkpoint.write("the audit", {{"stage", 6}},
                   [](macro::CheckpointWriter&) { throw std::runtime_error("the disk is full"); });
  ASSERT_EQ(checkpoint.missing().size(), 1u);
  EXPECT_EQ(checkpoint.missing()[0], "after the audit: the disk is full");
  EXPECT_NE(out.str().find("the checkpoint after the homogenization stays"), std::string::npos);
  EXPECT_EQ(checkpoint.open()->json("state").at("stage"), 1);
}
