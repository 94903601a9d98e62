// Runs the small study as a user does and checks what it writes.
#include "measurement.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "support/csv.h"
#include "support/run_command.h"
#include "support/temporary.h"

namespace {

namespace fs = std::filesystem;
using seco::test::Outcome;
using seco::test::read_csv;
using seco::test::run_command;

std::string read_text(const fs::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

// The small study in a folder of its own.
class SmallStudy : public testing::Test {
 protected:
  SmallStudy() {
    const fs::path prm = fs::path(SECO_SOURCE) / "prm";
    text = read_text(prm / "study_small.prm");
    text = replaced(text, "= ../results/study_small", "= " + (root / "out").string());
    text = replaced(text, "= train_", "= " + prm.string() + "/train_");
  }

  Outcome evaluate(const std::string& study) const {
    std::ofstream(root / "study.prm") << study;

    // One thread: small grids are no faster on more, and other tests run beside this one.
    return run_command("OMP_NUM_THREADS=1 " SECO_PROGRAM " evaluate " +
                       (root / "study.prm").string());
  }
  static double value(const std::map<std::string, std::string>& row, const std::string& column) {
    return std::stod(row.at(column));
  }

  void check_models() const;
  void check_solvers() const;
  void check_wrong_moduli() const;
  void check_report() const;
  void check_second_run() const;

  const fs::path root = seco::test::new_folder("study");
  std::string text;
};

}  // namespace

void SmallStudy::check_models() const {
  const auto summary = read_csv(root / "out/summary.csv");
  std::size_t n_models = 0;
  for (const auto& row : summary) {
    const auto where = row.at("case") + ", " + row.at("set") + ", " + row.at("subject");
    const bool right_moduli = row.at("set").find("shear") == std::string::npos;
    if (row.at("set") == "test" && row.at("kind") != "solver") ++n_models;
    for (const auto& metric : seco::surrogate::metrics()) {
      EXPECT_TRUE(std::isfinite(value(row, metric.name + "_mean"))) << where << metric.name;
      EXPECT_GE(value(row, metric.name + "_worst"), value(row, metric.name + "_mean") * 0.999)
          << where << metric.name;
    }
    if (row.at("kind") == "s-ECO") {
      EXPECT_LE(value(row, "divergence_worst"), 1e-6) << where;
    }
    if (row.at("kind") == "UNet" || row.at("kind") == "TFNO") {
      EXPECT_GT(value(row, "divergence_mean"), 1e-4) << where;
    }
    if (right_moduli) {
      EXPECT_LT(value(row, "bound_violation_worst"), 1e-5) << where;
    }
    // Errors relative to less are larger, and fields are better than nothing known.
    EXPECT_LE(value(row, "stress_error_mean"), value(row, "stress_fluctuation_error_mean") * 1.001)
        << where;
    EXPECT_GT(value(row, "seconds_mean"), 0.) << where;
    EXPECT_LE(value(row, "high_frequency_share_worst"), 1.) << where;
  }
  EXPECT_EQ(n_models, 8u + 10u);
}

void SmallStudy::check_solvers() const {
  const auto summary = read_csv(root / "out/summary.csv");
  std::map<std::string, std::map<int, double>> errors, gaps;
  for (const auto& row : summary)
    if (row.at("kind") == "solver") {
      const auto name = row.at("subject").substr(0, row.at("subject").find(','));
      const auto key = row.at("case") + row.at("set") + name;
      errors[key][std::stoi(row.at("iterations"))] = value(row, "upper_error_mean");
      gaps[key][std::stoi(row.at("iterations"))] = value(row, "gap_mean");
    }
  ASSERT_FALSE(errors.empty());
  for (const auto& [key, by_iterations] : errors) {
    double last = INFINITY;
    for (const auto& [iterations, error] : by_iterations) {
      EXPECT_LT(error, last + 1e-6) << key << " after " << iterations;
      last = error;
    }
    EXPECT_LT(gaps[key].rbegin()->second, gaps[key].begin()->second) << key;
  }
}

void SmallStudy::check_wrong_moduli() const {
  const auto rows = read_csv(root / "out/wrong_moduli.csv");
  // Two cases, two models, the right moduli and three errors.
  ASSERT_EQ(rows.size(), 2u * 2u * 4u);
  for (const auto& row : rows) {
    const double error = value(row, "shear_error"), exact = value(row, "exact_solver_error_mean");
    if (error == 0) {
      EXPECT_EQ(row.at("rves_outside_bounds"), "0");
      EXPECT_EQ(exact, 0.);
    } else {
      // Only the deviatoric part is wrong, so the whole is wrong by less.
      EXPECT_GT(exact, 0.1 * error);
      EXPECT_LT(exact, error);
    }
  }
}

void SmallStudy::check_report() const {
  const auto report = read_text(root / "out/report.md");
  const auto cost = read_csv(root / "out/label_cost.csv");
  ASSERT_EQ(cost.size(), 2u);
  for (const auto& row : cost) EXPECT_GT(value(row, "low_cpu_seconds"), 0.);

  for (const char* question :
       {"### Does s-ECO beat w-ECO, TFNO and UNet", "### What do labels add",
        "### Which equilibrium block wins?", "### What does each input representation cost?",
        "### What happens when the assumed moduli are wrong", "### Are there checkerboards",
        "### Targets", "### Other grids and families"})
    EXPECT_NE(report.find(question), std::string::npos) << question;
  EXPECT_EQ(report.find("cannot say"), std::string::npos);
  EXPECT_EQ(report.find("nan"), std::string::npos);
  EXPECT_EQ(report.find("has no results"), std::string::npos);
  const bool has_python =
      run_command("python3 -c 'import matplotlib, h5py'").exit_code == 0 ||
      run_command("/usr/bin/python3 -c 'import matplotlib, h5py'").exit_code == 0;
  if (!has_python) {
    EXPECT_NE(report.find("Figures are missing: "), std::string::npos);
    return;
  }
  EXPECT_EQ(report.find("Figures are missing"), std::string::npos)
      << read_text(root / "out/plot_study.log");
  for (const char* c : {"pores", "polycrystal"})
    for (const char* kind : {"accuracy", "time", "spectrum", "fields", "zoom", "moduli", "sets"}) {
      const auto name = std::string(kind) + "_" + c + ".png";
      EXPECT_TRUE(fs::exists(root / "out" / name)) << name;
      EXPECT_NE(report.find("(" + name + ")"), std::string::npos) << name;
    }
}

void SmallStudy::check_second_run() const {
  const auto weights = root / "out/models/pores/unet/weights.safetensors";
  const auto before = fs::last_write_time(weights);
  // Without Python the report is complete in numbers and says what is missing.
  const auto again =
      evaluate(replaced(text, "  set Title                   = Study in small",
                        "  set Title = Again\n  set Python = " + (root / "no-python").string()));
  EXPECT_EQ(again.exit_code, 0) << again.output;
  EXPECT_EQ(fs::last_write_time(weights), before);
  const auto without = read_text(root / "out/report.md");
  EXPECT_NE(without.find("Figures are missing: "), std::string::npos);
  EXPECT_NE(without.find("no-python"), std::string::npos);
  EXPECT_NE(without.find("### Which equilibrium block wins?"), std::string::npos);

  const auto changed = evaluate(replaced(text, "Training/Steps = 12", "Training/Steps = 13"));
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_NE(changed.output.find("Training/Steps"), std::string::npos) << changed.output;
  EXPECT_EQ(fs::last_write_time(weights), before);
}

TEST_F(SmallStudy, TrainsMeasuresAndReports) {
  const auto outcome = evaluate(text);
  ASSERT_EQ(outcome.exit_code, 0) << outcome.output;
  check_models();
  check_solvers();
  check_wrong_moduli();
  check_report();
  check_second_run();
}

TEST_F(SmallStudy, MistakesInTheStudyFileAreNamed) {
  const auto expect = [&](const std::string& from, const std::string& to, const std::string& what) {
    const auto outcome = evaluate(replaced(text, from, to));
    EXPECT_EQ(outcome.exit_code, 1) << to;
    EXPECT_NE(outcome.output.find(what), std::string::npos) << outcome.output;
  };
  expect("Network/Equilibrium block = beltrami", "Network/Equilibrium block = beltramy",
         "did you mean 'beltrami'");
  expect("Network/Equilibrium block = beltrami", "Network/Equilibrium blok = beltrami",
         "Model s-ECO, Beltrami");
  expect("Network/Equilibrium block = beltrami", "beltrami", "Section/Key = value");
  expect("divergence worst 1e-6;", "divergense worst 1e-6;", "did you mean 'divergence'");
  expect("set Case    = polycrystal", "set Case = polycrystals", "pores, polycrystal");
  expect("set Shear errors            = 0.01, 0.05, 0.2", "set Shear errors = 0.01, 2",
         "between -1 and 1");
}
