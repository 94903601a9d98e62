#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <map>
#include <thread>

#include "small_run.h"

using namespace seco::test;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> results_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  for (auto entry = fs::recursive_directory_iterator(folder, ignored);
       !ignored && entry != fs::recursive_directory_iterator(); entry.increment(ignored))
    if (entry->path().extension() == ".result") files.push_back(entry->path());
  return files;
}

std::map<std::string, std::string> changes(const std::string& cache) {
  std::map<std::string, std::string> list{
      {"Material 0/homogenized/Microstructure/Grid", "16, 16, 16"},
      {"Material 0/homogenized/Tolerance", "1e-9"}};
  if (!cache.empty()) list["Material 0/homogenized/Result cache"] = cache;
  return list;
}

double compliance(const nlohmann::json& summary) {
  return summary["compliance"]["estimate"];
}

}  // namespace

TEST(ResultCache, ARunThatWasKilledIsContinuedAndEndsAsItWouldHave) {
  const auto undisturbed = run("undisturbed", changes(""));
  EXPECT_EQ(undisturbed["results_from_cache"], 0);
  const auto folder = new_folder("killed");
  const auto cache = (folder / "cache").string(), file = (folder / "run.prm").string();
  write_text(file, parameters(changes(cache)));
  RunningProgram killed("seco-macro", {file});
  // In the middle of the stage: some RVEs are done and others not.
  for (int tries = 0; tries < 60000 && results_in(cache).size() < 3; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  killed.send(SIGKILL);
  ASSERT_EQ(killed.end().exit_code, -SIGKILL);
  const auto n_kept = results_in(cache).size();
  ASSERT_LT(n_kept, undisturbed["rves"].get<std::size_t>());

  const auto continued = run("continued", changes(cache));
  EXPECT_EQ(continued["results_from_cache"], n_kept);
  EXPECT_EQ(continued["rves"], undisturbed["rves"]);
  EXPECT_FALSE(continued.contains("engine_notes"));
  EXPECT_NEAR(compliance(continued), compliance(undisturbed), 1e-10 * compliance(undisturbed));
  const auto repeated = run("repeated", changes(cache));
  EXPECT_EQ(repeated["results_from_cache"], undisturbed["rves"]);
  EXPECT_EQ(compliance(repeated), compliance(continued));
}

TEST(ResultCache, TwoRunsAtOnceOnTwoRanksEachShareIt) {
  const auto cache = (new_folder("shared_cache") / "cache").string();
  nlohmann::json first, second;
  std::thread other([&] { first = run("at_once_1", changes(cache), 2); });
  second = run("at_once_2", changes(cache), 2);
  other.join();
  EXPECT_NEAR(compliance(first), compliance(second), 1e-10 * compliance(first));
  EXPECT_FALSE(first.contains("engine_notes"));
  EXPECT_FALSE(second.contains("engine_notes"));
  EXPECT_EQ(results_in(cache).size(), first["rves"].get<std::size_t>());
}

TEST(ResultCache, SecoHomogenizeUsesItToo) {
  const auto folder = new_folder("homogenize_cache");
  const std::string cache = (folder / "cache").string(), out = (folder / "out.json").string();
  const auto homogenize = [&](const std::string& options) {
    return run_program("seco", "homogenize " SECO_TEST_DATA "/pore1e-3_32.h5 --json " + out +
                                   " --cache " + cache + " " + options);
  };
  ASSERT_EQ(homogenize("--tolerance 1e-5").exit_code, 0);
  const auto computed = read_json(out);
  const auto again = homogenize("--tolerance 1e-5 --strain 1e-3,0,0,0,0,0");
  EXPECT_NE(again.output.find("in the cache"), std::string::npos) << again.output;
  auto found = read_json(out);
  found.erase("loads");
  EXPECT_EQ(found, computed);
  EXPECT_EQ(homogenize("--tolerance 1e-7").output.find("in the cache"), std::string::npos);

  ASSERT_EQ(results_in(cache).size(), 1u);
  fs::resize_file(results_in(cache)[0], 100);
  EXPECT_NE(homogenize("--tolerance 1e-5").output.find("damaged"), std::string::npos);
  EXPECT_EQ(homogenize("--strain 1e-3,0,0,0,0,0 --local").exit_code, 1);
  EXPECT_EQ(homogenize("--engine hill").exit_code, 1);
}
