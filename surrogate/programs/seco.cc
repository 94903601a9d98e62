#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "seco/materials/elastic_constants.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/threads.h"
#include "study.h"
#include "study_parameters.h"

namespace {

using nlohmann::json;
using seco::materials::MandelMatrix;

/// Exit codes: 0 done, 1 bad input, 2 done but a result misses what was asked (strict runs).
constexpr int bad_input = 1, missed = 2;

json to_json(const MandelMatrix& matrix) {
  json rows = json::array();
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    json row = json::array();
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) row.push_back(matrix(i, j));
    rows.push_back(row);
  }
  return rows;
}

void write_json(const std::string& path, const json& content) {
  const std::string temporary = path + ".part";
  {
    std::ofstream out(temporary);
    out << content.dump(2) << '\n';
    out.flush();
    if (!out)
      throw std::runtime_error(fmt::format(
          "{}: cannot be written; check that its folder exists and the disk is not full", path));
  }
  std::filesystem::rename(temporary, path);
}

void print_matrix(const std::string& title, const MandelMatrix& matrix) {
  fmt::print("{}\n", title);
  for (Eigen::Index i = 0; i < matrix.rows(); ++i) {
    for (Eigen::Index j = 0; j < matrix.cols(); ++j) fmt::print(" {:13.6g}", matrix(i, j));
    fmt::print("\n");
  }
}

struct HomogenizeOptions {
  std::string rve, engine = "fft", json_file;
  seco::surrogate::EngineSettings settings;
  bool strict = false;
};

int homogenize(const HomogenizeOptions& options) {
  using namespace seco::surrogate;
  const auto rve = seco::materials::read_rve(options.rve);
  const auto engine = make_engine(options.engine, options.settings);
  const Homogenized result = engine->homogenize({&rve, 1}).front();
  if (!options.json_file.empty())
    write_json(options.json_file, {{"engine", result.engine},
                                   {"stiffness", to_json(result.stiffness)},
                                   {"lower", to_json(result.lower)},
                                   {"upper", to_json(result.upper)},
                                   {"gap", result.gap},
                                   {"iterations", result.iterations},
                                   {"residual", result.residual},
                                   {"seconds", result.seconds},
                                   {"status", to_string(result.status)},
                                   {"unit", rve.unit}});
  print_matrix(
      fmt::format("homogenized stiffness [{}], Mandel, engine {}:", rve.unit, result.engine),
      result.stiffness);
  fmt::print(
      "relative gap of the bounds {:.3g}, {} iterations, residual {:.3g}, {:.3g} s, status {}\n",
      result.gap, result.iterations, result.residual, result.seconds, to_string(result.status));
  if (result.status == Status::ok) return 0;
  fmt::print(stderr, "seco homogenize: status {}: {}\n", to_string(result.status), result.message);
  if (result.status == Status::failed) return bad_input;
  return options.strict ? missed : 0;
}

struct GenerateOptions {
  std::string parameters, rve, vti;
  std::size_t index = 0;
  std::string device = "auto";
};

void report_labels(std::size_t done, std::size_t total) {
  fmt::print(stderr, "labels of {} of {} RVEs solved\n", done, total);
}

void make_dataset(seco::StudyParameters& study, const std::string& device) {
  study.dataset.device = device;
  const auto folder = std::filesystem::path(study.dataset.file).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder);
  seco::surrogate::generate_dataset(
      study.dataset, [&](std::size_t i) { return study.make_rve(i); }, report_labels);
  fmt::print("dataset with {} training and {} validation RVEs in {}\n", study.dataset.n_training,
             study.dataset.n_validation, study.dataset.file);
}

int generate(const GenerateOptions& options) {
  auto file = seco::materials::ParameterFile::read(options.parameters);
  auto study = seco::read_study(file);
  if (options.rve.empty() && options.vti.empty()) {
    make_dataset(study, options.device);
    return 0;
  }
  const auto rve = study.make_rve(options.index);
  if (!options.rve.empty()) {
    seco::materials::write_rve(options.rve, rve);
    fmt::print("RVE of {} voxels and {} phases in {}\n", fmt::join(rve.shape, "x"),
               rve.stiffness.size(), options.rve);
  }
  if (!options.vti.empty()) {
    seco::materials::write_vti(options.vti, rve);
    fmt::print("image data in {}\n", options.vti);
  }
  return 0;
}

int train(const std::string& parameters, const std::string& device) {
  auto file = seco::materials::ParameterFile::read(parameters);
  auto study = seco::read_study(file);
  if (!std::filesystem::exists(study.dataset.file)) make_dataset(study, device);
  study.training.device = device;
  const auto result = seco::surrogate::train(study.training);
  fmt::print("{} steps in {:.0f} s, best mean certified gap on held-out RVEs {:.3g}, model in {}\n",
             result.steps, result.seconds, result.best_validation_gap, study.training.model);
  if (!result.diverged) return 0;
  fmt::print(
      stderr,
      "seco train: the training diverged at step {} and was stopped; the best model so far is "
      "kept. Lower 'Learning rate' or 'Gradient clipping'\n",
      result.steps);
  return missed;
}

int info(const std::string& subject) {
  namespace fs = std::filesystem;
  if (subject.empty()) {
    fmt::print("engines: {}\nmaterials (Mandel stiffness in MPa, crystal axes):\n",
               fmt::join(seco::surrogate::engine_names(), ", "));
    for (const auto& name : seco::materials::elastic_constant_names()) {
      const auto& entry = seco::materials::elastic_constants(name);
      fmt::print("  {:14} {:24} {}\n", entry.name, entry.symmetry, entry.source);
      for (int i = 0; i < 6; ++i) {
        fmt::print("    ");
        for (int j = 0; j < 6; ++j) fmt::print(" {:9.0f}", entry.stiffness(i, j));
        fmt::print("\n");
      }
    }
    return 0;
  }
  if (fs::is_regular_file(subject)) {
    const auto rve = seco::materials::read_rve(subject);
    fmt::print("RVE of {} voxels, edges {}, {} phases, unit {}\n", fmt::join(rve.shape, "x"),
               fmt::join(rve.lengths, " x "), rve.stiffness.size(), rve.unit);
    return 0;
  }
  fmt::print("{}\n", seco::surrogate::describe_model(subject));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  seco::surrogate::wait_passively(argv);
  seco::surrogate::register_builtin_engines();
  seco::surrogate::register_s_eco_engine();

  CLI::App app{"Neural microscale materials with guaranteed error bounds"};
  app.set_version_flag("--version", SECO_VERSION);
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  int status = 0;

  HomogenizeOptions h;
  auto* homogenize_command =
      app.add_subcommand("homogenize", "homogenized stiffness of one RVE with bounds");
  homogenize_command->add_option("rve", h.rve, "RVE file (HDF5)")->required();
  homogenize_command->add_option(
      "--engine", h.engine,
      fmt::format("one of {}", fmt::join(seco::surrogate::engine_names(), ", ")));
  homogenize_command->add_option("--model", h.settings.model, "model folder of the engine s-eco");
  homogenize_command->add_option("--tolerance", h.settings.tolerance,
                                 "relative residual of the engine fft");
  homogenize_command->add_option("--max-iterations", h.settings.max_iterations,
                                 "iterations after which fft stops");
  homogenize_command->add_option("--precision", h.settings.precision,
                                 "single or double precision fields of fft");
  homogenize_command->add_option("--device", h.settings.device, "auto, cpu, cuda or cuda:N");
  homogenize_command->add_option("--json", h.json_file, "writes the result to this file");
  homogenize_command->add_flag("--strict", h.strict, "exit code 2 unless the status is ok");
  homogenize_command->callback([&] { status = homogenize(h); });

  const auto footer = "Parameters and defaults:\n" + seco::study_documentation();
  GenerateOptions g;
  auto* generate_command = app.add_subcommand("generate", "generates a dataset, or one RVE of it");
  generate_command->add_option("parameters", g.parameters, "parameter file (.prm)")->required();
  generate_command->add_option("--rve", g.rve,
                               "writes one RVE to this HDF5 file instead of a dataset");
  generate_command->add_option("--vti", g.vti, "writes one RVE as VTK image data");
  generate_command->add_option("--index", g.index, "number of the RVE within the dataset");
  generate_command->add_option("--device", g.device, "auto, cpu, cuda or cuda:N");
  generate_command->footer(footer);
  generate_command->callback([&] { status = generate(g); });

  std::string parameters, device = "auto";
  auto* train_command =
      app.add_subcommand("train", "trains a surrogate; makes its dataset if missing");
  train_command->add_option("parameters", parameters, "parameter file (.prm)")->required();
  train_command->add_option("--device", device, "auto, cpu, cuda or cuda:N");
  train_command->footer(footer);
  train_command->callback([&] { status = train(parameters, device); });

  std::string model, dataset, report;
  auto* evaluate_command = app.add_subcommand(
      "evaluate",
      "makes a whole study (STUDY.prm), or measures a model on the held-out RVEs "
      "of a dataset (MODEL DATASET)");
  evaluate_command->add_option("subject", model, "study file (.prm) or model folder")->required();
  evaluate_command->add_option("dataset", dataset, "dataset written by seco generate");
  evaluate_command->add_option("--device", device, "auto, cpu, cuda or cuda:N");
  evaluate_command->add_option("--json", report, "writes the figures to this file");
  evaluate_command->callback([&] {
    if (std::filesystem::path(model).extension() == ".prm") {
      if (!dataset.empty())
        throw std::invalid_argument("a study (" + model + ") names its datasets itself; got " +
                                    dataset);
      status = seco::evaluate_study(model, device == "auto" ? "" : device) ? 0 : missed;
      return;
    }
    if (dataset.empty())
      throw std::invalid_argument("a model folder (" + model +
                                  ") is measured on a dataset: seco evaluate MODEL DATASET");
    const auto text = seco::surrogate::evaluate_model(model, dataset, device);
    fmt::print("{}\n", text);
    if (!report.empty()) write_json(report, json::parse(text));
  });

  std::string subject;
  auto* info_command =
      app.add_subcommand("info", "describes a model folder, an RVE file, or this program");
  info_command->add_option("subject", subject, "model folder or RVE file");
  info_command->callback([&] { status = info(subject); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : bad_input;
  } catch (const std::exception& error) {
    fmt::print(stderr, "seco: {}\n", error.what());
    return bad_input;
  }
  return status;
}
