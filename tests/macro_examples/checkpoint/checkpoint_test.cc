#include <gtest/gtest.h>

#include <cmath>
#include <csignal>
#include <fstream>

#include "small_run.h"

using namespace seco::test;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

/// A run with all stages, of two rounds or more.
std::map<std::string, std::string> all_stages() {
  return {{"Checkpoint/Write", "true"},
          {"Certification/Compliance tolerance", "0.005"},
          {"Certification/Doerfler fraction", "0.5"},
          {"Certification/Audit fraction", "0.1"},
          {"Material 0/homogenized/Engine", "hill"},
          {"Material 0/homogenized/Refinement engine", "fft"},
          {"Output/Write VTU", "true"}};
}

/// What must not depend on whether a run was interrupted: all but elapsed time.
json without_time(json value) {
  if (value.is_array())
    for (auto& entry : value) entry = without_time(entry);
  if (!value.is_object()) return value;
  for (const char* name :
       {"seconds", "memory", "restarts", "balance", "micro_work_fraction", "ranks", "micro_seconds",
        "micro_cpu_seconds", "macro_seconds", "cpu_seconds", "cpu_seconds_of_all_rves"})
    value.erase(name);
  for (auto& [name, entry] : value.items()) entry = without_time(entry);
  return value;
}

/// Equal but for round-off and the number of iterations that it decides.
void expect_close(const json& a, const json& b) {
  auto one = without_time(a), other = without_time(b);
  for (auto* summary : {&one, &other}) {
    summary->erase("linear_iterations");
    // The bounds are violated by round-off itself.
    if (summary->contains("audit")) (*summary)["audit"].erase("largest_violation");
  }
  one = one.flatten();
  other = other.flatten();
  ASSERT_EQ(one.size(), other.size());
  for (const auto& [name, value] : one.items()) {
    ASSERT_TRUE(other.contains(name)) << name;
    if (!value.is_number_float()) {
      EXPECT_EQ(value, other[name]) << name;
      continue;
    }
    const double x = value, y = other[name];
    // Of solutions in equilibrium the errors are round-off, which the number of ranks changes.
    // So are reactions that are zero, of forces of order ten.
    const double round_off = name.starts_with("/equilibrium/")  ? 1e-12
                             : name.starts_with("/boundaries/") ? 1e-10
                                                                : 1e-13;
    EXPECT_NEAR(x, y, 1e-9 * std::abs(x) + round_off) << name;
  }
}

/// A run that stands in a folder of its own.
struct Folder {
  explicit Folder(const std::string& name, const std::map<std::string, std::string>& changes)
      : path(new_folder(name)) {
    set(changes);
  }
  void set(const std::map<std::string, std::string>& changes) const {
    write_text(path / "run.prm", parameters(changes));
  }
  Outcome start(const std::string& options = "", int n_ranks = 0) const {
    return run_program("seco-macro", (path / "run.prm").string() + " " + options, n_ranks);
  }
  json summary() const { return read_json(path / "out" / "summary.json"); }
  json finished(const std::string& options = "", int n_ranks = 0) const {
    const auto outcome = start(options, n_ranks);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
    return summary();
  }
  fs::path path;
};

/// Starts a run and kills it as soon as it has printed a line with a text; on several ranks, only
/// the last of them is killed. @return whether it was killed, which it is not if it was faster
bool killed_at(const Folder& folder, const std::string& text, int n_ranks = 1) {
  RunningProgram run("seco-macro", {(folder.path / "run.prm").string()}, n_ranks > 1 ? n_ranks : 0);
  const bool printed = run.prints(text);
  const pid_t victim = n_ranks == 1 ? run.process() : last_child(run.process());
  if (victim > 0) kill(victim, SIGKILL);
  const auto outcome = run.end();
  EXPECT_TRUE(printed) << "no line with '" << text << "' in\n" << outcome.output;
  return n_ranks == 1 ? outcome.exit_code == -SIGKILL : outcome.exit_code != 0;
}

/// Files under their final names are whole, whenever the run was killed.
void expect_readable(const fs::path& folder) {
  if (!fs::exists(folder)) return;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const auto path = entry.path();
    if (path.extension() == ".json") {
      EXPECT_NO_THROW(read_json(path)) << path;
    }
    if (path.extension() == ".vtu") {
      std::ifstream in(path);
      const std::string content((std::istreambuf_iterator<char>(in)), {});
      EXPECT_NE(content.find("</VTKFile>"), std::string::npos) << path;
    }
  }
}

}  // namespace

TEST(Checkpoint, ARunKilledAtAnyStageEndsAsItWouldHave) {
  const auto whole = Folder("whole", all_stages()).finished();
  ASSERT_GE(whole["certification"]["rounds"].size(), 3u);
  EXPECT_FALSE(whole.contains("restarts"));
  int n_killed = 0;
  for (const std::string line :
       {"== microscale", "after the homogenization", "== solve with the upper",
        "after the bounds of round 1", "after the refinement for round 2",
        "after the solution with the estimate", "== output"}) {
    const Folder folder("killed", all_stages());
    n_killed += killed_at(folder, line);
    expect_readable(folder.path / "out");
    const bool kept = fs::exists(folder.path / "out" / "checkpoint.h5");
    EXPECT_TRUE(kept || line == "== microscale") << line;
    const auto continued = folder.finished("--restart");
    EXPECT_EQ(without_time(continued), without_time(whole)) << line;
    EXPECT_EQ(continued.contains("restarts"), kept);
    EXPECT_TRUE(fs::exists(folder.path / "out" / "solution.pvd"));
  }
  // A stage may be over before the signal arrives, but not all of them.
  EXPECT_GE(n_killed, 5);
}

TEST(RanksCheckpoint, AKilledRunContinuesOnMore) {
  const auto whole = Folder("whole_killed", all_stages()).finished();
  for (const std::string line :
       {"after the bounds of round 1", "after the refinement for round 2"}) {
    const Folder folder("killed_ranks", all_stages());
    EXPECT_TRUE(killed_at(folder, line));
    expect_close(folder.finished("--restart", 2), whole);
  }
}

TEST(RanksCheckpoint, ARunThatLosesOneRankContinuesOnAnyNumber) {
  const auto whole = Folder("whole_lost", all_stages()).finished();
  int n_killed = 0, n_ranks = 1;
  for (const std::string line : {"== microscale", "after the bounds of round 1",
                                 "after the refinement for round 2", "== output"}) {
    const Folder folder("lost_rank", all_stages());
    n_killed += killed_at(folder, line, 2);
    expect_readable(folder.path / "out");
    EXPECT_TRUE(line == "== microscale" || fs::exists(folder.path / "out" / "checkpoint.h5"));
    expect_close(folder.finished("--restart", n_ranks), whole);
    n_ranks = n_ranks % 3 + 1;
  }
  EXPECT_GE(n_killed, 3);
}

TEST(RanksCheckpoint, IsWrittenAndReadOnAnyNumberOfRanks) {
  // The run fails in its first solve, and continues with more iterations.
  std::map<std::string, std::string> changes{
      {"Checkpoint/Write", "true"},
      {"Solver/Linear algebra", "matrix-free"},
      {"Geometry/Refined region", "2 - x"},
      {"Geometry/Local refinements", "1"},
      {"Material 0/homogenized/Seed per", "quadrature point"},
      {"Material 0/homogenized/Number of different RVEs", "40"}};
  const auto whole = Folder("whole_ranks", changes).finished();
  for (const auto& [before, after] : {std::pair(2, 3), std::pair(3, 1)}) {
    auto failing = changes;
    failing["Solver/Largest number of iterations"] = "2";
    const Folder folder("ranks", failing);
    const auto failed = folder.start("", before);
    EXPECT_EQ(failed.exit_code, 1);
    EXPECT_NE(failed.output.find("Largest number of iterations"), std::string::npos);
    ASSERT_TRUE(fs::exists(folder.path / "out" / "checkpoint.h5"));
    folder.set(changes);
    const auto summary = folder.finished("--restart", after);
    EXPECT_EQ(summary["restarts"], 1);
    expect_close(summary, whole);
    // Of a run that is done, only the output is left.
    const auto again = folder.start("--restart", before);
    EXPECT_EQ(again.exit_code, 0);
    EXPECT_EQ(again.output.find("== solve"), std::string::npos) << again.output;
    expect_close(folder.summary(), whole);
  }
}

TEST(Checkpoint, EveryLinearAlgebraContinuesToTheLastBit) {
  for (const std::string algebra : {"PETSc", "Trilinos", "matrix-free"}) {
    const std::map<std::string, std::string> changes{{"Checkpoint/Write", "true"},
                                                     {"Solver/Linear algebra", algebra},
                                                     {"Material 0/homogenized/Engine", "hill"}};
    const auto whole = Folder("algebra", changes).finished();
    const Folder folder("algebra_killed", changes);
    killed_at(folder, "after the solution with the estimate");
    EXPECT_EQ(without_time(folder.finished("--restart")), without_time(whole)) << algebra;
  }
}

TEST(Checkpoint, OfAnotherRunIsRefusedWithWhatDiffers) {
  std::map<std::string, std::string> changes{{"Checkpoint/Write", "true"},
                                             {"Checkpoint/File", "kept.h5"},
                                             {"Material 0/homogenized/RVE", "file"},
                                             {"Material 0/homogenized/RVE file", "rve.h5"},
                                             {"Material 0/homogenized/Engine", "hill"}};
  const Folder folder("refusal", changes);
  const auto copy_rve = [&](const std::string& name) {
    fs::copy_file(fs::path(SECO_TEST_DATA) / name, folder.path / "rve.h5",
                  fs::copy_options::overwrite_existing);
  };
  copy_rve("cu_32.h5");
  const auto whole = folder.finished();
  const auto refused = [&](const std::vector<std::string>& parts) {
    const auto outcome = folder.start("--restart");
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    for (const auto& part : parts)
      EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
  };
  auto other = changes;
  other["Material 0/homogenized/Engine"] = "voigt";
  folder.set(other);
  refused({"run.prm", "kept.h5", "Engine", "Material 0/homogenized", "'voigt'", "'hill'"});
  folder.set(changes);
  copy_rve("ti_32.h5");
  refused({"run.prm", "kept.h5", "RVE file", "another content"});
  copy_rve("cu_32.h5");
  // What has no influence on the results may change.
  other = changes;
  other["Output/Points of interest"] = "4, 2, 1";
  other["Solver/Largest number of iterations"] = "100";
  folder.set(other);
  EXPECT_EQ(folder.finished("--restart")["compliance"], whole["compliance"]);
  folder.set(changes);

  const auto kept = folder.path / "kept.h5";
  {
    // Where there is content: between objects HDF5 leaves room that means nothing.
    std::ifstream in(kept, std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const auto place = bytes.find("\"linear_iterations\"");
    ASSERT_NE(place, std::string::npos);
    std::fstream file(kept, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(place));
    file.write("damaged", 7);
  }
  refused({"kept.h5"});
  fs::resize_file(kept, 1000);
  refused({"kept.h5"});
  fs::remove(kept);
  changes["Checkpoint/Write"] = "false";
  folder.set(changes);
  refused({"run.prm", "kept.h5", "Checkpoint", "Write"});
}

TEST(Checkpoint, OfValuesThatAreWrittenInAnotherWayIsContinued) {
  std::map<std::string, std::string> changes{{"Checkpoint/Write", "true"},
                                             {"Solver/Tolerance", "1e-12"},
                                             {"Boundary conditions/Traction", "1: 0; -10; 0"},
                                             {"Material 0/homogenized/RVE", "file"},
                                             {"Material 0/homogenized/RVE file", "rve.h5"},
                                             {"Material 0/homogenized/Engine", "hill"}};
  const Folder folder("spelling", changes);
  const auto rve = folder.path / "rve.h5";
  fs::copy_file(fs::path(SECO_TEST_DATA) / "cu_32.h5", rve);
  const auto whole = folder.finished();
  auto same = changes;
  same["Solver/Tolerance"] = "0.000000000001";
  same["Geometry/Lengths"] = "4.0,2,  1e0";
  same["Boundary conditions/Traction"] = "1:0;  -1e1 ; 0.0";
  same["Solver/Certified bounds"] = "yes";
  same["Certification/Compliance tolerance"] = "0";
  for (const auto& file : {std::string("./rve.h5"), rve.string(), std::string("copy.h5")}) {
    fs::copy_file(rve, folder.path / "copy.h5", fs::copy_options::overwrite_existing);
    same["Material 0/homogenized/RVE file"] = file;
    folder.set(same);
    const auto continued = folder.finished("--restart");
    EXPECT_EQ(continued["restarts"], 1) << file;
    EXPECT_EQ(continued["compliance"], whole["compliance"]) << file;
  }
  // Another value is refused, and the cache is named, with which it costs no more than it must.
  same["Boundary conditions/Traction"] = "1: 0; -10.001; 0";
  folder.set(same);
  auto outcome = folder.start("--restart");
  EXPECT_EQ(outcome.exit_code, 1);
  for (const std::string part :
       {"key 'Traction' in section 'Boundary conditions' is '1: 0; -10.001; 0'",
        "With a folder in key 'Result cache' of section 'Material 0/homogenized'"})
    EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
  same["Material 0/homogenized/Result cache"] = "cache";
  folder.set(same);
  outcome = folder.start("--restart");
  EXPECT_NE(outcome.output.find("'Result cache' = 'cache'"), std::string::npos) << outcome.output;
}

TEST(Checkpoint, FilesWhoseNamesAreNotAsciiAreComparedToo) {
  // In UTF-8 and in Latin-1.
  for (const std::string name : {"w\xc3\xbcrfel.h5", "w\xfcrfel.h5"}) {
    const Folder folder("umlaut", {{"Checkpoint/Write", "true"},
                                   {"Material 0/homogenized/RVE", "file"},
                                   {"Material 0/homogenized/RVE file", name},
                                   {"Material 0/homogenized/Engine", "hill"}});
    const auto copy_rve = [&](const std::string& from) {
      fs::copy_file(fs::path(SECO_TEST_DATA) / from, folder.path / name,
                    fs::copy_options::overwrite_existing);
    };
    copy_rve("cu_32.h5");
    const auto whole = folder.finished();
    EXPECT_EQ(folder.finished("--restart")["compliance"], whole["compliance"]);
    copy_rve("ti_32.h5");
    const auto outcome = folder.start("--restart");
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    EXPECT_NE(outcome.output.find("another content"), std::string::npos) << outcome.output;
  }
}

TEST(Checkpoint, IsNotWrittenUnlessAskedFor) {
  const std::map<std::string, std::string> quick{{"Material 0/homogenized/Engine", "hill"}};
  const Folder off("off", quick);
  off.finished();
  EXPECT_FALSE(fs::exists(off.path / "out" / "checkpoint.h5"));
  auto changes = quick;
  changes["Checkpoint/Write"] = "true";
  changes["Checkpoint/Seconds between"] = "1000";
  const Folder rare("rare", changes);
  rare.finished();
  EXPECT_FALSE(fs::exists(rare.path / "out" / "checkpoint.h5"));
}
