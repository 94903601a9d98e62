// Runs that are stopped by signals, meet another run in their folder, or find no room on the disk.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "small_run.h"

using namespace seco::test;
namespace fs = std::filesystem;

namespace {

fs::path written(const std::string& name, const Changes& changes) {
  const auto folder = new_folder(name);
  write_text(folder / "run.prm", parameters(changes));
  return folder;
}

void expect_parts(const std::string& output, const std::vector<std::string>& parts) {
  for (const auto& part : parts)
    EXPECT_NE(output.find(part), std::string::npos) << part << "\n" << output;
}

/// A run whose microscale takes some seconds, in many batches.
Changes long_microscale() {
  return {{"Material 0/homogenized/Seed per", "quadrature point"},
          {"Material 0/homogenized/Microstructure/Grid", "16, 16, 16"},
          {"Material 0/homogenized/Chunk memory", "4"}};
}

}  // namespace

TEST(InterruptedRun, LeavesTheLastCheckpointAndContinues) {
  for (const int signal : {SIGTERM, SIGINT}) {
    const Changes changes{{"Checkpoint/Write", "true"}, {"Checkpoint/Seconds between", "1000"}};
    const auto whole = run("whole_signal", changes);
    const auto folder = written("signal", changes);
    const auto file = (folder / "run.prm").string();
    RunningProgram running("seco-macro", {file});
    ASSERT_TRUE(running.prints("== microscale"));
    running.send(signal);
    const auto stopped = running.end();
    EXPECT_EQ(stopped.exit_code, 128 + signal) << stopped.output;
    expect_parts(stopped.output,
                 {"seco-macro: " + file + ": stopped by signal " + std::to_string(signal)});
    EXPECT_FALSE(fs::exists(folder / "out" / ".seco-macro.lock"));
    EXPECT_FALSE(fs::exists(folder / "out" / "summary.json"));
    // The signal may come just after the microscale; nothing else may be left of it.
    const bool kept = fs::exists(folder / "out" / "checkpoint.h5");
    EXPECT_EQ(kept, fs::exists(folder / "out"));
    expect_parts(stopped.output, {kept ? "continue with --restart" : "there is no checkpoint"});
    const auto continued = run_program("seco-macro", file + " --restart");
    EXPECT_EQ(continued.exit_code, 0) << continued.output;
    const auto summary = read_json(folder / "out" / "summary.json");
    EXPECT_EQ(summary["compliance"], whole["compliance"]);
    EXPECT_EQ(summary.contains("restarts"), kept);
  }
}

TEST(InterruptedRun, InsideTheMicroscaleLeavesNothingButTheResultCache) {
  auto changes = long_microscale();
  changes["Material 0/homogenized/Result cache"] = "../cache_of_signal";
  const auto folder = written("microscale", changes);
  const auto file = (folder / "run.prm").string();
  RunningProgram running("seco-macro", {file});
  ASSERT_TRUE(running.prints("== microscale"));
  running.send(SIGTERM);
  const auto stopped = running.end();
  EXPECT_EQ(stopped.exit_code, 128 + SIGTERM) << stopped.output;
  expect_parts(stopped.output,
               {"in the first stage", "key 'Write' in section 'Checkpoint' is false"});
  EXPECT_EQ(stopped.output.find("== solve"), std::string::npos) << stopped.output;
  EXPECT_FALSE(fs::exists(folder / "out"));
  fs::remove_all(folder.parent_path() / "cache_of_signal");
}

TEST(RanksInterruptedRun, AllRanksStopForTheSignalOfOne) {
  auto changes = long_microscale();
  changes["Checkpoint/Write"] = "true";
  for (const std::string line : {"== microscale", "after the homogenization"}) {
    const auto folder = written("signal_ranks", changes);
    RunningProgram running("seco-macro", {(folder / "run.prm").string()}, 2);
    ASSERT_TRUE(running.prints(line));
    const pid_t rank = last_child(running.process());
    ASSERT_GT(rank, 0);
    kill(rank, SIGTERM);
    const auto stopped = running.end();
    EXPECT_EQ(stopped.exit_code, 128 + SIGTERM) << stopped.output;
    expect_parts(stopped.output, {"stopped by signal 15"});
    const bool kept = fs::exists(folder / "out" / "checkpoint.h5");
    EXPECT_EQ(kept, fs::exists(folder / "out")) << stopped.output;
    EXPECT_TRUE(kept || line == "== microscale") << stopped.output;
    EXPECT_FALSE(fs::exists(folder / "out" / "summary.json"));
  }
}

TEST(RanksInterruptedRun, StopsForTheSignalThatTheLauncherPassesOn) {
  auto changes = long_microscale();
  changes["Geometry/Global refinements"] = "1";
  const auto folder = written("signal_launcher", changes);
  // Open MPI waits so many seconds before it passes SIGTERM on, and again before it kills.
  RunningProgram running("seco-macro", {(folder / "run.prm").string()}, 2,
                         {"--mca", "odls_base_sigkill_timeout", "3"});
  ASSERT_TRUE(running.prints("== microscale"));
  running.send(SIGTERM);
  const auto stopped = running.end();
  EXPECT_NE(stopped.exit_code, 0);
  EXPECT_FALSE(fs::exists(folder / "out")) << stopped.output;
}

TEST(RunLock, ASecondRunInTheSameFolderIsRefusedWithTheProcessThatHasIt) {
  const Changes changes{{"Checkpoint/Write", "true"}, {"Checkpoint/File", "kept/state.h5"}};
  const auto folder = written("lock", changes);
  const auto file = (folder / "run.prm").string();
  RunningProgram first("seco-macro", {file});
  ASSERT_TRUE(first.prints("== microscale"));
  first.send(SIGSTOP);
  const auto owner = "process " + std::to_string(first.process()) + " on ";
  for (const std::string options : {"", "--restart"}) {
    const auto second = run_program("seco-macro", file + " " + options);
    EXPECT_EQ(second.exit_code, 1);
    expect_parts(second.output, {"run.prm", "key 'Output directory'", "another run", owner});
  }
  // The same checkpoint from another folder.
  auto other = changes;
  other["Output directory"] = "other";
  write_text(folder / "other.prm", parameters(other));
  const auto second = run_program("seco-macro", (folder / "other.prm").string());
  EXPECT_EQ(second.exit_code, 1);
  expect_parts(second.output, {"key 'File' in section 'Checkpoint'", "kept/state.h5", owner});
  EXPECT_FALSE(fs::exists(folder / "other"));
  first.send(SIGCONT);
  const auto done = first.end();
  EXPECT_EQ(done.exit_code, 0) << done.output;
  EXPECT_FALSE(fs::exists(folder / "out" / ".seco-macro.lock"));
  EXPECT_FALSE(fs::exists(folder / "kept" / "state.h5.lock"));
  EXPECT_EQ(run_program("seco-macro", (folder / "other.prm").string()).exit_code, 0);
}

TEST(RunLock, WhatAKilledRunLeavesHindersNobody) {
  const auto folder = written("killed_lock", {});
  const auto file = (folder / "run.prm").string();
  RunningProgram first("seco-macro", {file});
  ASSERT_TRUE(first.prints("== microscale"));
  first.send(SIGKILL);
  EXPECT_EQ(first.end().exit_code, -SIGKILL);
  EXPECT_TRUE(fs::exists(folder / "out" / ".seco-macro.lock"));
  const auto second = run_program("seco-macro", file);
  EXPECT_EQ(second.exit_code, 0) << second.output;
  EXPECT_FALSE(fs::exists(folder / "out" / ".seco-macro.lock"));
}

TEST(RanksRunLock, AllRanksAreRefusedWithOneMessage) {
  const auto folder = written("lock_ranks", {});
  const auto file = (folder / "run.prm").string();
  RunningProgram first("seco-macro", {file});
  ASSERT_TRUE(first.prints("== microscale"));
  first.send(SIGSTOP);
  const auto second = run_program("seco-macro", file, 2);
  EXPECT_EQ(second.exit_code, 1);
  const auto message = second.output.find("where another run writes");
  ASSERT_NE(message, std::string::npos) << second.output;
  EXPECT_EQ(second.output.find("where another run writes", message + 1), std::string::npos);
  first.send(SIGCONT);
  EXPECT_EQ(first.end().exit_code, 0);
}

// A limit on the size of files stands for a full disk, which takes rights to make. Files that are
// shared in memory are kept from Open MPI, which would not start.
constexpr char small_files[] = "PMIX_MCA_gds=hash prlimit --fsize=20000";

TEST(FullDisk, ARunGoesOnWithoutTheCheckpoint) {
  Changes changes{{"Material 0/homogenized/Engine", "hill"}, {"Geometry/Global refinements", "1"}};
  const auto whole = run("whole_full", changes);
  changes["Checkpoint/Write"] = "true";
  const auto folder = written("full_checkpoint", changes);
  const auto outcome = run_program("seco-macro", (folder / "run.prm").string(), 0, small_files);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  expect_parts(outcome.output, {"WARNING: no checkpoint after the homogenization", "checkpoint.h5",
                                "The run goes on"});
  const auto summary = read_json(folder / "out" / "summary.json");
  EXPECT_EQ(summary["compliance"], whole["compliance"]);
  ASSERT_EQ(summary["missing_checkpoints"].size(), 3u) << summary;
  for (const auto& entry : fs::directory_iterator(folder / "out"))
    EXPECT_EQ(entry.path().filename(), "summary.json");
}

TEST(FullDisk, TheSummaryIsWrittenBeforeTheFieldsAndSaysWhatIsMissing) {
  const Changes changes{{"Material 0/homogenized/Engine", "hill"},
                        {"Geometry/Global refinements", "1"},
                        {"Output/Write VTU", "true"}};
  const auto whole = run("whole_fields", changes);
  EXPECT_FALSE(whole.contains("missing_files"));
  const auto folder = written("full_fields", changes);
  const auto outcome = run_program("seco-macro", (folder / "run.prm").string(), 0, small_files);
  EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
  expect_parts(outcome.output,
               {"missing are: solution.pvd", "solution_0.0.vtu", "cannot be written"});
  const auto summary = read_json(folder / "out" / "summary.json");
  EXPECT_EQ(summary["compliance"], whole["compliance"]);
  ASSERT_EQ(summary["missing_files"].size(), 1u) << summary;
  expect_parts(summary["missing_files"][0], {"solution.pvd", "solution_0.0.vtu"});
  for (const auto& entry : fs::directory_iterator(folder / "out"))
    EXPECT_EQ(entry.path().filename(), "summary.json");
}
