#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "deform.h"
#include "homogenize.h"
#include "import.h"
#include "import_network.h"
#include "output.h"
#include "seco/materials/elastic_constants.h"
#include "seco/materials/names.h"
#include "seco/materials/rve_file.h"
#include "seco/surrogate/engine.h"
#include "seco/surrogate/threads.h"
#include "seco/surrogate/versions.h"
#include "study.h"
#include "study_parameters.h"
#include "training_start.h"

namespace {

using nlohmann::json;
using seco::bad_input;
using seco::missed;

struct GenerateOptions {
  std::string parameters, rve, vti;
  std::optional<std::size_t> index;
  std::string device = "auto";
};

void report_labels(std::size_t done, std::size_t total) {
  fmt::print(stderr, "labels of {} of {} RVEs solved\n", done, total);
}

/// What is to be known of the microstructures, one line each.
void print_notes(const seco::StudyParameters& study) {
  for (const auto& note : notes_on(study.family)) fmt::print("note: {}\n", note);
}

void make_dataset(seco::StudyParameters& study, const std::string& device) {
  print_notes(study);
  seco::make_dataset(study, device, report_labels);
  fmt::print("dataset with {} training and {} validation RVEs in {}\n", study.dataset.n_training,
             study.dataset.n_validation, study.dataset.file);
}

int generate(const GenerateOptions& options) {
  auto file = seco::materials::ParameterFile::read(options.parameters);
  auto study = seco::read_study(file);
  if (options.rve.empty() && options.vti.empty()) {
    if (options.index)
      throw std::invalid_argument(fmt::format(
          "option --index {} names one RVE, and the whole dataset would be generated; say with "
          "--rve or --vti where to write the one",
          *options.index));
    make_dataset(study, options.device);
    return 0;
  }
  const auto index = options.index.value_or(0),
             n_rves = study.dataset.n_training + study.dataset.n_validation;
  if (index >= n_rves)
    throw std::invalid_argument(
        fmt::format("option --index {}: the dataset of {} has the RVEs 0 to {}", index,
                    options.parameters, n_rves - 1));
  const auto rve = study.make_rve(index);
  print_notes(study);
  if (!options.rve.empty()) {
    seco::materials::write_rve(options.rve, rve,
                               fmt::format("{}", fmt::join(notes_on(study.family), "; ")));
    fmt::print("RVE of {} voxels and {} phases in {}\n", fmt::join(rve.shape, "x"),
               rve.stiffness.size(), options.rve);
  }
  if (!options.vti.empty()) {
    seco::materials::write_vti(options.vti, rve);
    fmt::print("image data in {}\n", options.vti);
  }
  return 0;
}

int train(const std::string& parameters, const std::string& device, bool replace) {
  auto file = seco::materials::ParameterFile::read(parameters);
  auto study = seco::read_study(file);
  if (const auto note = seco::prepare_training(parameters, study, replace, "give --replace");
      !note.empty())
    fmt::print("note: {}\n", note);
  if (!std::filesystem::exists(study.dataset.file))
    make_dataset(study, device);
  else if (const auto note = seco::note_on_dataset(parameters, study); !note.empty())
    fmt::print(stderr, "seco train: warning: {}\n", note);
  study.training.device = device;
  const auto result = seco::surrogate::train(study.training);
  if (result.rank == 0)
    fmt::print(
        "{} steps in {:.0f} s, best mean certified gap on held-out RVEs {:.3g}, model in {}\n",
        result.steps, result.seconds, result.best_validation_gap, study.training.model);
  if (!result.diverged) return 0;
  fmt::print(stderr, "seco train: {}\n", seco::divergence_message(result.steps));
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
  fmt::print("{}\n", seco::surrogate::describe_model(subject).text);
  return 0;
}

/// What is wrong if the command line has a word in the place of a subcommand that is none; empty if
/// there is no word.
std::string unknown_subcommand(const CLI::App& app) {
  if (!app.get_subcommands().empty()) return "";
  std::vector<std::string> names;
  for (const auto* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(command->get_name());
  for (const auto& word : app.remaining())
    if (!word.starts_with('-'))
      return fmt::format("'{}' is not a subcommand; known are {}{}", word, fmt::join(names, ", "),
                         seco::materials::did_you_mean(word, names, true));
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  seco::surrogate::wait_passively(argv);
  seco::surrogate::keep_freed_memory();
  seco::surrogate::register_builtin_engines();

  CLI::App app{"Neural microscale materials with guaranteed error bounds"};
  app.set_version_flag(
      "--version",
      [] {
        return seco::surrogate::version_report(SECO_VERSION, {{"CLI11", CLI11_VERSION}});
      },
      "prints the versions of all libraries, the BLAS in use, the kernels and the devices");
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  int status = 0;

  seco::add_homogenize_command(app, status);
  seco::add_deform_command(app, status);
  seco::add_laws_command(app);
  seco::add_import_command(app, status);
  seco::add_import_network_command(app, status);

  const auto footer = "Parameters and defaults:\n" + seco::study_documentation();
  GenerateOptions g;
  auto* generate_command = app.add_subcommand("generate", "generates a dataset, or one RVE of it");
  generate_command->add_option("parameters", g.parameters, "parameter file (.prm)")->required();
  generate_command->add_option("--rve", g.rve,
                               "writes one RVE to this HDF5 file instead of a dataset");
  generate_command->add_option("--vti", g.vti, "writes one RVE as VTK image data");
  generate_command
      ->add_option("--index", g.index,
                   "number of the RVE within the dataset, from 0; 0 unless given")
      ->check(CLI::NonNegativeNumber);
  generate_command->add_option("--device", g.device, "auto, cpu, cuda or cuda:N");
  generate_command->footer(footer);
  generate_command->callback([&] { status = generate(g); });

  std::string parameters, device = "auto";
  bool replace = false;
  auto* train_command =
      app.add_subcommand("train", "trains a surrogate; makes its dataset if missing");
  train_command->add_option("parameters", parameters, "parameter file (.prm)")->required();
  train_command->add_option("--device", device, "auto, cpu, cuda or cuda:N");
  train_command->add_flag("--replace", replace,
                          "trains anew where the folder holds a finished model");
  train_command->footer(footer);
  train_command->callback([&] { status = train(parameters, device, replace); });

  std::string model, dataset, report;
  auto* evaluate_command = app.add_subcommand(
      "evaluate",
      "makes a whole study (STUDY.prm), or measures a model on the held-out RVEs "
      "of a dataset (MODEL DATASET)");
  evaluate_command->add_option("subject", model, "study file (.prm) or model folder")->required();
  evaluate_command->add_option("dataset", dataset, "dataset written by seco generate");
  evaluate_command->add_option("--device", device, "auto, cpu, cuda or cuda:N");
  bool trust_scripts = false;
  evaluate_command->add_flag("--trust-scripts", trust_scripts,
                             "consents to executing the TorchScript module of an imported model");
  evaluate_command->add_option("--json", report, "writes the figures to this file");
  evaluate_command->callback([&] {
    if (std::filesystem::path(model).extension() == ".prm") {
      if (!dataset.empty())
        throw std::invalid_argument("a study (" + model + ") names its datasets itself; got " +
                                    dataset);
      // Its figures are tables in its folder, and its models are its own.
      for (const auto* option : {"--json", "--trust-scripts"})
        if (evaluate_command->count(option) > 0)
          throw std::invalid_argument(fmt::format(
              "option {} has no effect on a study ({}); it is for MODEL DATASET", option, model));
      status = seco::evaluate_study(model, device == "auto" ? "" : device) ? 0 : missed;
      return;
    }
    if (dataset.empty())
      throw std::invalid_argument("a model folder (" + model +
                                  ") is measured on a dataset: seco evaluate MODEL DATASET");
    const auto text =
        to_json_text(seco::surrogate::evaluate_model(model, dataset, device, trust_scripts));
    fmt::print("{}\n", text);
    if (!report.empty()) seco::write_json(report, json::parse(text));
  });

  std::string subject;
  auto* info_command =
      app.add_subcommand("info", "describes a model folder, an RVE file, or this program");
  info_command->add_option("subject", subject, "model folder or RVE file");
  info_command->callback([&] { status = info(subject); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::RequiredError& error) {
    const auto unknown = unknown_subcommand(app);
    if (unknown.empty()) return app.exit(error) == 0 ? 0 : bad_input;
    fmt::print(stderr, "seco: {}\n", unknown);
    return bad_input;
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : bad_input;
  } catch (const std::exception& error) {
    fmt::print(stderr, "seco: {}\n", error.what());
    return bad_input;
  }
  return status;
}
