// The material `homogenized` with a result cache, and on several ranks.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>

#include "seco/materials/parameter_reader.h"
#include "seco/surrogate/engine.h"
#include "small_materials.h"

using namespace seco::plugin;
namespace fs = std::filesystem;
namespace mpi = dealii::Utilities::MPI;

namespace {

/// A folder that all ranks share, removed with the object.
struct SharedFolder {
  explicit SharedFolder(const std::string& name) {
    const auto process = mpi::broadcast(MPI_COMM_WORLD, static_cast<int>(getpid()), 0);
    path = fs::path(testing::TempDir()) / ("seco_" + name + "_" + std::to_string(process));
    if (mpi::this_mpi_process(MPI_COMM_WORLD) == 0) fs::remove_all(path);
    MPI_Barrier(MPI_COMM_WORLD);
  }
  ~SharedFolder() {
    MPI_Barrier(MPI_COMM_WORLD);
    std::error_code ignored;
    if (mpi::this_mpi_process(MPI_COMM_WORLD) == 0) fs::remove_all(path, ignored);
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> list;
    for (const auto& entry : fs::recursive_directory_iterator(path))
      if (entry.is_regular_file()) list.push_back(entry.path());
    return list;
  }
  fs::path path;
};

std::vector<std::pair<std::string, std::string>> entries(const std::string& cache,
                                                         const std::string& tolerance = "1e-6") {
  auto list = small_polycrystal;
  list.push_back({"Seed per", "cell"});
  list.push_back({"Tolerance", tolerance});
  if (!cache.empty()) list.push_back({"Result cache", cache});
  return list;
}

/// Every rank has cells of its own and some that it shares with others.
std::vector<MaterialPoint<3>> points_of_this_rank() {
  const auto rank = mpi::this_mpi_process(MPI_COMM_WORLD);
  std::vector<MaterialPoint<3>> points(14 + 3 * rank);
  for (unsigned int i = 0; i < points.size(); ++i) points[i].cell = 5 * rank + i;
  return points;
}

}  // namespace

// On any number of ranks: ctest runs these tests on one and on two.
TEST(ManyRanks, GiveTheStiffnessesThatOneRankGives) {
  for (const std::string refine : {"", "refined"}) {
    auto list = entries("");
    if (!refine.empty()) list[0].second = "hill";
    list.push_back({"Refinement engine", "fft"});
    RunSettings run;
    run.goal_oriented = true;
    auto shared = make<3>("homogenized", list, run), alone = make<3>("homogenized", list, run);
    const auto points = points_of_this_rank();
    shared->set_points(points, MPI_COMM_WORLD, {});
    alone->set_points(points, MPI_COMM_SELF, {});
    if (!refine.empty())
      for (auto* material : {shared.get(), alone.get()}) {
        std::vector<double> wanted;
        for (const auto& rve : material->rve_shares(std::vector<double>(points.size(), 1.)))
          wanted.push_back(rve.gap > 0 ? 1e-4 : 0);
        material->refine(wanted, {});
      }
    std::vector<dealii::SymmetricTensor<2, 3>> strain(points.size());
    const auto a = bounded<3>(*shared, strain), b = bounded<3>(*alone, strain);
    for (std::size_t q = 0; q < points.size(); ++q) {
      EXPECT_LT((a.tangent[q] - b.tangent[q]).norm(), 1e-10 * b.tangent[q].norm());
      EXPECT_LT((a.lower[q] - b.lower[q]).norm(), 1e-10 * b.tangent[q].norm());
      EXPECT_LT((a.upper[q] - b.upper[q]).norm(), 1e-10 * b.tangent[q].norm());
    }
    const auto statistics = shared->statistics();
    const auto n_ranks = mpi::n_mpi_processes(MPI_COMM_WORLD);
    EXPECT_EQ(statistics.n_rves.at("fft"), 14 + 8 * (n_ranks - 1));
    EXPECT_GT(statistics.balance, 0);
    EXPECT_LE(statistics.balance, 1 + 1e-12);
  }
}

TEST(ManyRanks, AnErrorOfOneIsThrownByAll) {
  auto material = make<3>("homogenized", {{"Engine", "hill"},
                                          {"Seed per", "cell"},
                                          {"Microstructure/Type", "inclusions"},
                                          {"Microstructure/Volume fraction", "0.95"},
                                          {"Microstructure/Grid", "4, 4, 4"}});
  std::vector<MaterialPoint<3>> points;
  if (mpi::this_mpi_process(MPI_COMM_WORLD) == 0) points.resize(2);
  try {
    material->set_points(points, MPI_COMM_WORLD, {});
    FAIL() << "no error";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find("subsection 'Microstructure', RVE with seed"),
              std::string::npos)
        << error.what();
  }
}

TEST(ManyRanks, FindInTheCacheWhatAnotherRunComputedToTheLastBit) {
  const SharedFolder folder("cache");
  const auto points = points_of_this_rank();
  auto first = make<3>("homogenized", entries(folder.path.string()));
  const auto computed = respond<3>(*first, points);
  EXPECT_EQ(first->statistics().n_cached_rves, 0u);
  const auto n_rves = first->statistics().n_rves.at("fft");

  auto again = make<3>("homogenized", entries(folder.path.string()));
  const auto found = respond<3>(*again, points);
  EXPECT_EQ(again->statistics().n_cached_rves, n_rves);
  EXPECT_EQ(found.tangent, computed.tangent);
  EXPECT_EQ(found.lower, computed.lower);
  EXPECT_EQ(found.upper, computed.upper);
  EXPECT_EQ(found.gap, computed.gap);

  // What is known better is good enough, but not the other way round.
  auto looser = make<3>("homogenized", entries(folder.path.string(), "1e-2"));
  respond<3>(*looser, points);
  EXPECT_EQ(looser->statistics().n_cached_rves, n_rves);
  auto tighter = make<3>("homogenized", entries(folder.path.string(), "1e-9"));
  respond<3>(*tighter, points);
  EXPECT_EQ(tighter->statistics().n_cached_rves, 0u);
  // And what was there is still found, not replaced.
  auto third = make<3>("homogenized", entries(folder.path.string()));
  EXPECT_EQ(respond<3>(*third, points).tangent, computed.tangent);
}

TEST(ManyRanks, ComputeAgainWhatIsDamagedInTheCacheAndSaySo) {
  const SharedFolder folder("damaged");
  const auto points = points_of_this_rank();
  auto first = make<3>("homogenized", entries(folder.path.string()));
  const auto computed = respond<3>(*first, points);
  if (mpi::this_mpi_process(MPI_COMM_WORLD) == 0) {
    const auto files = folder.files();
    fs::resize_file(files[0], fs::file_size(files[0]) / 2);
    std::fstream(files[1], std::ios::binary | std::ios::in | std::ios::out).seekp(200) << "bits";
    std::ofstream(files[2]) << "no result at all";
  }
  MPI_Barrier(MPI_COMM_WORLD);
  auto second = make<3>("homogenized", entries(folder.path.string()));
  EXPECT_EQ(respond<3>(*second, points).tangent, computed.tangent);
  const auto statistics = second->statistics();
  EXPECT_EQ(statistics.n_cached_rves + 3, statistics.n_rves.at("fft"));
  ASSERT_EQ(statistics.notes.size(), 1u);
  EXPECT_NE(statistics.notes[0].find("3 damaged files"), std::string::npos) << statistics.notes[0];
  auto third = make<3>("homogenized", entries(folder.path.string()));
  respond<3>(*third, points);
  EXPECT_TRUE(third->statistics().notes.empty());
}

TEST(ManyRanks, KeepTheCacheBelowItsLimit) {
  const SharedFolder folder("limit");
  auto list = entries(folder.path.string());
  list.push_back({"Result cache limit", "0"});
  auto material = make<3>("homogenized", list);
  respond<3>(*material, points_of_this_rank());
  MPI_Barrier(MPI_COMM_WORLD);
  EXPECT_TRUE(folder.files().empty());
}

TEST(Homogenized, ACacheThatCannotBeIsRefused) {
  try {
    make<3>("homogenized", entries("/proc/no_folder"));
    FAIL() << "no error";
  } catch (const seco::materials::ParameterError& error) {
    EXPECT_EQ(error.key, "Result cache");
    EXPECT_NE(std::string(error.what()).find("/proc/no_folder"), std::string::npos);
  }
}
