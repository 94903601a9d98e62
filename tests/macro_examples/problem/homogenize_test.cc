#include <gtest/gtest.h>

#include <Eigen/Core>

#include "run_program.h"
#include "seco/materials/rve_file.h"

using namespace seco::test;
using seco::materials::MandelMatrix;

namespace {

MandelMatrix matrix(const nlohmann::json& rows) {
  MandelMatrix result(rows.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < rows.size(); ++j) result(i, j) = rows[i][j];
  return result;
}

}  // namespace

TEST(SecoHomogenize, WritesTheDocumentedKeysAndTheReferenceStiffness) {
  const auto folder = new_folder("homogenize");
  const std::string rve = SECO_TEST_DATA "/pore1e-3_32.h5", out = (folder / "out.json").string();
  const auto exact = seco::materials::read_homogenized_stiffness(rve).value();
  for (const std::string engine : {"fft", "voigt", "reuss", "hill"}) {
    const auto outcome = run_program(
        "seco", "homogenize " + rve + " --engine " + engine + " --tolerance 1e-7 --json " + out);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
    const auto result = read_json(out);
    for (const char* key : {"engine", "stiffness", "lower", "upper", "gap", "iterations",
                            "residual", "seconds", "status", "unit"})
      EXPECT_TRUE(result.contains(key)) << key;
    EXPECT_EQ(result["engine"], engine);
    for (const auto& [stiffer, softer] :
         {std::pair(matrix(result["upper"]), exact), std::pair(exact, matrix(result["lower"]))})
      EXPECT_GT(seco::materials::relative_smallest_eigenvalue(
                    stiffer - softer + 1e-6 * exact.norm() * MandelMatrix::Identity(3, 3)),
                0)
          << engine;
    if (engine == "fft") {
      EXPECT_LT((matrix(result["stiffness"]) - exact).norm(), 1e-6 * exact.norm());
    }
  }
}

TEST(SecoHomogenize, ShippedModelsEncloseTheReference) {
  const auto folder = new_folder("homogenize_model");
  const std::string rve = SECO_TEST_DATA "/cu_32.h5", out = (folder / "out.json").string();
  const auto exact = seco::materials::read_homogenized_stiffness(rve).value();
  const auto outcome = run_program(
      "seco", "homogenize " + rve +
                  " --engine s-eco --model " SECO_SOURCE "/models/polycrystal_3d --json " + out);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  const auto result = read_json(out);
  const double scale = exact.norm();
  EXPECT_GT(seco::materials::relative_smallest_eigenvalue(
                matrix(result["upper"]) - exact + 1e-7 * scale * MandelMatrix::Identity(6, 6)),
            0);
  EXPECT_GT(seco::materials::relative_smallest_eigenvalue(
                exact - matrix(result["lower"]) + 1e-7 * scale * MandelMatrix::Identity(6, 6)),
            0);
  EXPECT_LT(result["gap"].get<double>(), 0.05);
}

TEST(SecoHomogenize, ItsOwnOutputFedBackInIsReturned) {
  const auto folder = new_folder("homogenize_again");
  const std::string out = (folder / "out.json").string(), again = (folder / "again.h5").string();
  ASSERT_EQ(
      run_program("seco", "homogenize " SECO_TEST_DATA "/fibres_32.h5 --json " + out).exit_code, 0);
  const auto first = read_json(out);
  seco::materials::Rve rve;
  rve.shape = {5, 4, 3};
  rve.lengths = {1, 2, 3};
  rve.phase.assign(rve.n_voxels(), 0);
  rve.stiffness = {matrix(first["stiffness"])};
  rve.unit = first["unit"];
  seco::materials::write_rve(again, rve);
  ASSERT_EQ(run_program("seco", "homogenize " + again + " --json " + out).exit_code, 0);
  const auto second = read_json(out);
  EXPECT_LT((matrix(second["stiffness"]) - rve.stiffness[0]).norm(),
            1e-11 * rve.stiffness[0].norm());
  // What round-off can do to bounds that are exact.
  EXPECT_LT(second["gap"].get<double>(), 1e-11);
}

TEST(SecoHomogenize, UnconvergedRunsSayThatTheyAre) {
  const std::string rve = SECO_TEST_DATA "/pore1e-3_32.h5";
  const auto relaxed = run_program("seco", "homogenize " + rve + " --max-iterations 2");
  EXPECT_EQ(relaxed.exit_code, 0);
  EXPECT_NE(relaxed.output.find("not converged"), std::string::npos) << relaxed.output;
  EXPECT_EQ(run_program("seco", "homogenize " + rve + " --max-iterations 2 --strict").exit_code, 2);
}

TEST(SecoHomogenize, BadInputIsRefusedAndNothingIsWritten) {
  const auto folder = new_folder("homogenize_bad");
  const std::string rve = SECO_TEST_DATA "/cu_32.h5", out = (folder / "out.json").string();
  const auto refused = [&](const std::string& arguments, const std::vector<std::string>& parts) {
    const auto outcome = run_program("seco", "homogenize " + arguments + " --json " + out);
    EXPECT_EQ(outcome.exit_code, 1) << outcome.output;
    for (const auto& part : parts)
      EXPECT_NE(outcome.output.find(part), std::string::npos) << part << "\n" << outcome.output;
    EXPECT_FALSE(std::filesystem::exists(out));
  };
  refused("/no/such.h5", {"/no/such.h5"});
  refused(rve + " --engine ftt", {"ftt", "fft"});
  refused(rve + " --engine s-eco", {"model"});
  refused(rve + " --engine s-eco --model /no/model", {"/no/model"});
  refused(rve + " --engine s-eco --model " SECO_SOURCE "/models/pores_2d", {"2D", "3D"});
  refused(rve + " --device cuda:77", {"cuda:77"});
  write_text(folder / "text.h5", "no HDF5 file");
  refused((folder / "text.h5").string(), {"text.h5"});
  auto broken = seco::materials::read_rve(rve);
  broken.stiffness[0](0, 1) *= 2;
  EXPECT_THROW(seco::materials::check(broken, "broken"), std::invalid_argument);
}
