#include "seco/surrogate/result_cache.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "microstructures.h"
#include "seco/materials/random.h"
#include "seco/surrogate/cached_engine.h"
#include "support/message_of.h"
#include "support/temporary.h"

using namespace seco::surrogate;
using seco::materials::MandelMatrix;
using seco::materials::Rve;
using seco::test::make_rve;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() { register_builtin_engines(); }
  std::vector<fs::path> files() const {
    std::vector<fs::path> list;
    for (const auto& entry : fs::recursive_directory_iterator(path))
      if (entry.is_regular_file()) list.push_back(entry.path());
    std::sort(list.begin(), list.end());
    return list;
  }
  ResultCache cache(double tolerance = 1e-3, unsigned int max_iterations = 100,
                    const std::string& engine = "fft", const std::string& precision = "double",
                    const std::string& model = "") const {
    EngineSettings settings;
    settings.tolerance = tolerance;
    settings.max_iterations = max_iterations;
    settings.precision = precision;
    settings.model = model;
    return ResultCache(path, engine, settings);
  }
  const std::string path = seco::test::new_folder("cache").string();
};

ResultCache::Digest digest_of(std::uint64_t number) {
  return {seco::materials::mix_seed(number, 1), seco::materials::mix_seed(number, 2)};
}

Homogenized result_of(std::uint64_t number, int m = 6, Status status = Status::ok) {
  seco::materials::RandomStream random(number);
  Homogenized result;
  for (auto* matrix : {&result.stiffness, &result.lower, &result.upper}) {
    matrix->resize(m, m);
    for (int i = 0; i < m * m; ++i) matrix->data()[i] = random.normal();
  }
  // Bounds in order: a cache keeps no others.
  result.lower = (result.lower * result.lower.transpose()).eval();
  result.upper = (result.lower + result.upper * result.upper.transpose()).eval();
  result.gap = random.uniform();
  result.residual = random.uniform();
  result.seconds = random.uniform();
  result.iterations = static_cast<unsigned int>(random.index(100));
  result.engine = "fft";
  result.status = status;
  if (status != Status::ok) result.message = "because of " + std::to_string(number);
  return result;
}

void expect_same(const Homogenized& a, const Homogenized& b) {
  EXPECT_EQ(a.stiffness, b.stiffness);
  EXPECT_EQ(a.lower, b.lower);
  EXPECT_EQ(a.upper, b.upper);
  EXPECT_EQ(a.gap, b.gap);
  EXPECT_EQ(a.residual, b.residual);
  EXPECT_EQ(a.seconds, b.seconds);
  EXPECT_EQ(a.iterations, b.iterations);
  EXPECT_EQ(a.engine, b.engine);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.message, b.message);
}

Rve small_rve() {
  Rve rve;
  rve.shape = {3, 2};
  rve.lengths = {1, 2};
  rve.phase = {0, 1, 1, 0, 1, 0};
  rve.stiffness = {MandelMatrix::Identity(3, 3), 2 * MandelMatrix::Identity(3, 3)};
  return rve;
}

}  // namespace

TEST(ResultCache, EverythingInAnRveTellsItFromOthers) {
  std::vector<Rve> rves(10, small_rve());
  rves[1].shape = {2, 3};
  rves[2].lengths[1] = std::nextafter(2., 3.);
  rves[3].phase = {0, 1, 1, 0, 0, 1};
  rves[4].stiffness[1](2, 2) = std::nextafter(2., 3.);
  rves[5].unit = "GPa";
  rves[6].orientation = {{0, 0, 0}, {0, 0, 0}};
  rves[7].orientation = {{0, 0, 0}, {0, 0, 1e-9}};
  rves[8].stiffness.push_back(MandelMatrix::Zero(3, 3));
  std::swap(rves[9].stiffness[0], rves[9].stiffness[1]);
  std::set<std::uint64_t> first, second;
  for (const auto& rve : rves) {
    const auto digest = ResultCache::digest(rve);
    EXPECT_EQ(digest, ResultCache::digest(Rve(rve)));
    first.insert(digest[0]);
    second.insert(digest[1]);
  }
  EXPECT_EQ(first.size(), rves.size());
  EXPECT_EQ(second.size(), rves.size());
}

TEST(ResultCache, ReturnsEveryBitOfWhatWasStored) {
  const Folder folder;
  for (const int m : {3, 6})
    for (const auto status :
         {Status::ok, Status::one_sided, Status::unreliable, Status::not_converged}) {
      const auto number = static_cast<std::uint64_t>(10 * m + static_cast<int>(status));
      const auto stored = result_of(number, m, status);
      folder.cache().store(digest_of(number), stored);
      const auto cache = folder.cache();
      const auto found = cache.find(digest_of(number));
      ASSERT_TRUE(found);
      expect_same(*found, stored);
      EXPECT_FALSE(cache.find(digest_of(number + 1000)));
      EXPECT_EQ(cache.n_found(), 1u);
      EXPECT_EQ(cache.n_damaged(), 0u);
    }
  folder.cache().store(digest_of(5), result_of(5, 6, Status::failed));
  EXPECT_FALSE(folder.cache().find(digest_of(5)));
}

TEST(ResultCache, ATighterToleranceServesALooserOneOnly) {
  const Folder folder;
  const auto rve = digest_of(1);
  folder.cache(1e-3).store(rve, result_of(3));
  EXPECT_FALSE(folder.cache(1e-4).find(rve));
  expect_same(*folder.cache(1e-2).find(rve), result_of(3));
  folder.cache(1e-5).store(rve, result_of(5));
  expect_same(*folder.cache(1e-4).find(rve), result_of(5));
  // Its own tolerance first, so that a repeated run repeats its numbers.
  expect_same(*folder.cache(1e-3).find(rve), result_of(3));
  for (double tolerance = 1e-6; tolerance > 1e-20; tolerance /= 10)
    folder.cache(tolerance).store(rve, result_of(7));
  EXPECT_EQ(folder.files().size(), 1u);
  EXPECT_LT(fs::file_size(folder.files()[0]), 16384u);
}

TEST(ResultCache, AnIterationThatWasGivenUpServesTheSameRequestOnly) {
  const Folder folder;
  const auto rve = digest_of(1);
  folder.cache(1e-5, 10).store(rve, result_of(1, 6, Status::not_converged));
  EXPECT_TRUE(folder.cache(1e-5, 10).find(rve));
  EXPECT_FALSE(folder.cache(1e-5, 11).find(rve));
  EXPECT_FALSE(folder.cache(1e-3, 10).find(rve));
  folder.cache(1e-5, 1000).store(rve, result_of(2));
  expect_same(*folder.cache(1e-5, 10).find(rve), result_of(2));
}

TEST(ResultCache, EngineVersionPrecisionAndModelAreToldApart) {
  const Folder folder;
  const auto rve = digest_of(1);
  const auto model = folder.path + "/model";
  fs::create_directories(model);
  std::ofstream(model + "/weights.safetensors") << "weights";
  folder.cache().store(rve, result_of(1));
  EXPECT_FALSE(folder.cache(1e-3, 100, "certified").find(rve));
  EXPECT_FALSE(folder.cache(1e-3, 100, "fft", "single").find(rve));
  folder.cache(1e-3, 100, "certified", "double", model).store(rve, result_of(2));
  EXPECT_FALSE(folder.cache(1e-3, 100, "certified").find(rve));
  EXPECT_TRUE(folder.cache(1e-3, 100, "certified", "double", model).find(rve));
  // The same model in another place, and another model in the same place.
  fs::copy(model, folder.path + "/copy");
  EXPECT_TRUE(folder.cache(1e-3, 100, "certified", "double", folder.path + "/copy").find(rve));
  std::ofstream(model + "/weights.safetensors") << "Weights";
  EXPECT_FALSE(folder.cache(1e-3, 100, "certified", "double", model).find(rve));

  register_engine("unversioned of the cache", {}, [](const auto&) { return nullptr; });
  EXPECT_NE(seco::test::message_of([&] {
              folder.cache(1e-3, 100, "unversioned of the cache");
            }).find("without a version"),
            std::string::npos);
}

TEST(CachedEngine, ComputesOnlyWhatIsNotKept) {
  const Folder folder;
  EngineSettings settings;
  settings.tolerance = 1e-3;
  settings.max_iterations = 100;
  const auto cached = [&] {
    return CachedEngine(make_engine("fft", settings),
                        std::make_shared<ResultCache>(folder.path, "fft", settings));
  };
  std::vector<seco::materials::Rve> rves;
  for (std::uint64_t seed = 1; seed <= 3; ++seed)
    rves.push_back(make_rve("polycrystal", {6, 6, 6}, seed));
  const auto first = cached();
  const auto one = first.homogenize({&rves[1], 1}).front();
  EXPECT_EQ(first.cache()->n_found(), 0u);
  const auto second = cached();
  std::vector<std::size_t> reported;
  const auto all = second.homogenize(rves, [&](std::size_t done) { reported.push_back(done); });
  EXPECT_EQ(second.cache()->n_found(), 1u);
  EXPECT_EQ(reported.back(), 3u);
  EXPECT_EQ(all[1].stiffness, one.stiffness);
  const auto plain = CachedEngine(make_engine("fft", settings), nullptr).homogenize(rves);
  for (std::size_t r = 0; r < rves.size(); ++r)
    EXPECT_LT((all[r].stiffness - plain[r].stiffness).norm(), 1e-10 * plain[r].stiffness.norm());
  EXPECT_EQ(cached().homogenize(rves)[2].stiffness, all[2].stiffness);
}

TEST(Verdict, NamesStatusOrGap) {
  Homogenized result;
  result.gap = 0.02;
  EXPECT_EQ(verdict(result), "");
  EXPECT_EQ(verdict(result, 0.01), "the certified gap is 0.02, allowed by 'Largest gap' is 0.01");
  result.status = Status::not_converged;
  result.message = "too few steps";
  EXPECT_EQ(verdict(result, 0.01), "not converged: too few steps");
}

TEST(ResultCache, NoDamagedFileIsBelieved) {
  const Folder folder;
  const auto rve = digest_of(1);
  folder.cache().store(rve, result_of(1));
  const auto path = folder.files().front();
  std::string bytes(fs::file_size(path), '\0');
  std::ifstream(path, std::ios::binary).read(bytes.data(), static_cast<long>(bytes.size()));
  const auto expect_damaged = [&](const std::string& content, const std::string& what) {
    std::ofstream(path, std::ios::binary) << content;
    const auto cache = folder.cache();
    EXPECT_FALSE(cache.find(rve)) << what;
    EXPECT_EQ(cache.n_damaged(), 1u) << what;
  };
  for (std::size_t size = 0; size < bytes.size(); size += 13)
    expect_damaged(bytes.substr(0, size), fmt::format("{} bytes", size));
  for (std::size_t i = 0; i < bytes.size(); i += 7) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 0x10);
    expect_damaged(changed, fmt::format("byte {}", i));
  }
  expect_damaged(bytes + "more", "appended");
  expect_damaged(std::string(3 << 20, 'x'), "large");
  // The file of another RVE.
  folder.cache().store(digest_of(2), result_of(2));
  for (const auto& other : folder.files())
    if (other != path) fs::copy_file(other, path, fs::copy_options::overwrite_existing);
  const auto cache = folder.cache();
  EXPECT_FALSE(cache.find(rve));
  EXPECT_EQ(cache.n_damaged(), 1u);
  cache.store(rve, result_of(1));
  expect_same(*folder.cache().find(rve), result_of(1));
}

TEST(ResultCache, AFullDiskIsCountedAndDoesNoHarm) {
  const Folder folder;
  const auto cache = folder.cache();
  // A file where a folder is needed.
  for (int i = 0; i < 256; ++i) std::ofstream(fmt::format("{}/{:02x}", folder.path, i)) << "x";
  cache.store(digest_of(1), result_of(1));
  EXPECT_EQ(cache.n_not_written(), 1u);
  EXPECT_FALSE(cache.find(digest_of(1)));
}

TEST(ResultCache, ManyThreadsAndTolerancesShareAFolder) {
  const Folder folder;
  std::vector<std::thread> threads;
  std::atomic<int> n_wrong = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const auto cache = folder.cache(t % 2 == 0 ? 1e-3 : 1e-4);
      for (std::uint64_t i = 0; i < 400; ++i) {
        const auto number = i % 10;
        if (const auto found = cache.find(digest_of(number)))
          n_wrong += found->stiffness != result_of(number).stiffness;
        else
          cache.store(digest_of(number), result_of(number));
      }
      n_wrong += static_cast<int>(cache.n_damaged() + cache.n_not_written());
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(n_wrong, 0);
  EXPECT_EQ(folder.files().size(), 10u);
}

TEST(ResultCache, KilledWritersLeaveNoUnreadableFile) {
  const Folder folder;
  { const auto makes_the_folder = folder.cache(); }
  constexpr std::uint64_t n = 1 << 20;
  for (int trial = 0; trial < 5; ++trial) {
    const pid_t child = fork();
    if (child == 0) {
      const auto cache = folder.cache();
      for (std::uint64_t i = 0; i < n; ++i) cache.store(digest_of(i % 97), result_of(i % 97));
      _exit(0);
    }
    // In the middle of its writing, wherever that is.
    while (folder.files().size() < 20) std::this_thread::yield();
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    const auto cache = folder.cache();
    for (std::uint64_t i = 0; i < 97; ++i)
      if (const auto found = cache.find(digest_of(i))) expect_same(*found, result_of(i));
    EXPECT_GT(cache.n_found(), 15u);
    EXPECT_EQ(cache.n_damaged(), 0u);
  }
}

TEST(ResultCache, PruningRemovesWhatWasUnusedLongestAndNothingElse) {
  const Folder folder;
  const auto cache = folder.cache();
  for (std::uint64_t i = 0; i < 6; ++i) cache.store(digest_of(i), result_of(i));
  const auto files = folder.files();
  const auto now = fs::file_time_type::clock::now();
  for (const auto& file : files) fs::last_write_time(file, now - std::chrono::hours(72));
  EXPECT_TRUE(cache.find(digest_of(2)));
  const auto group = files[0].parent_path();
  const auto left = group / "a.result.1-1.part", fresh = group / "b.result.1-1.part",
             foreign = fs::path(folder.path) / "notes.result", strange = group / "notes.txt";
  for (const auto& path : {left, fresh, foreign, strange}) std::ofstream(path) << "x";
  fs::last_write_time(left, now - std::chrono::hours(2));
  EXPECT_EQ(ResultCache::prune(folder.path, 1 << 20), 0u);
  EXPECT_FALSE(fs::exists(left));
  EXPECT_TRUE(fs::exists(fresh));
  EXPECT_EQ(ResultCache::prune(folder.path, 4096), 5u);
  EXPECT_TRUE(folder.cache().find(digest_of(2)));
  EXPECT_TRUE(fs::exists(foreign));
  EXPECT_TRUE(fs::exists(strange));
}
