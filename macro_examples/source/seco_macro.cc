#include <deal.II/base/mpi.h>
#include <deal.II/base/revision.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>

#include "elasticity_problem.h"
#include "seco/plugin/agree.h"
#include "seco/plugin/registration.h"
#include "seco/plugin/shared_library.h"
#include "seco/surrogate/threads.h"

namespace {

/// Exit codes: 0 done, 1 bad input or failure, 2 done but a strict run misses what was asked.
constexpr int failure = 1, missed = 2;

struct Options {
  std::string file;
  bool print_parameters = false, list_materials = false;
  int dimension = 3;
  std::vector<std::string> libraries;
};

template <int dim>
int run(const seco::materials::ParameterFile& file, const seco::macro::RunHeader& header) {
  auto parameters = seco::macro::read_parameters<dim>(file, header);
  const bool strict = parameters.strict;
  seco::macro::ElasticityProblem<dim> problem(std::move(parameters), MPI_COMM_WORLD);
  const nlohmann::json summary = problem.run();
  const auto n_unreliable = summary["unreliable_rves"].get<std::uint64_t>();
  const nlohmann::json certification = summary.value("certification", nlohmann::json::object());
  const bool reached = certification.value("reached", true);
  if (n_unreliable == 0 && reached) return 0;
  if (dealii::Utilities::MPI::this_mpi_process(MPI_COMM_WORLD) == 0) {
    if (n_unreliable > 0)
      fmt::print(stderr, "seco-macro: {} of {} RVEs miss what was asked; the worst: {}\n",
                 n_unreliable, summary["rves"].get<std::uint64_t>(), summary.value("message", ""));
    if (!reached)
      fmt::print(stderr,
                 "seco-macro: the compliance is not certified to the tolerance {:g} of key "
                 "'Compliance tolerance' in section 'Certification': {}\n",
                 certification["compliance_tolerance"].get<double>(),
                 certification["message"].get<std::string>());
  }
  return strict ? missed : 0;
}

int run(const Options& options) {
  const auto file = seco::materials::ParameterFile::read(options.file);
  const auto header = seco::macro::read_header(file);
  const auto folder = std::filesystem::path(options.file).parent_path().string();
  for (const auto& library : header.libraries) try {
      seco::plugin::load_shared_library(library, folder);
    } catch (const std::exception& error) {
      throw std::invalid_argument(
          fmt::format("{}: key 'Additional shared libraries' at the top level: {}", options.file,
                      error.what()));
    }
  return header.dimension == 2 ? run<2>(file, header) : run<3>(file, header);
}

int describe(const Options& options) {
  if (dealii::Utilities::MPI::this_mpi_process(MPI_COMM_WORLD) != 0) return 0;
  for (const auto& library : options.libraries) seco::plugin::load_shared_library(library, "");
  if (options.list_materials)
    for (const auto& material : seco::plugin::registered_materials<3>())
      fmt::print("{:<20} {}\n", material.name, material.description);
  if (options.print_parameters)
    fmt::print("{}", options.dimension == 2 ? seco::macro::parameter_documentation<2>(1)
                                            : seco::macro::parameter_documentation<3>(1));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  seco::surrogate::wait_passively(argv);
  Options options;
  CLI::App app{"Two-scale elasticity: a deal.II simulation whose materials are plugins"};
  app.set_version_flag("--version",
                       std::string(SECO_VERSION) + " (deal.II " DEAL_II_PACKAGE_VERSION ")");
  app.add_option("parameters", options.file, "parameter file (.prm)");
  app.add_flag("--print-parameters", options.print_parameters,
               "prints all parameters, documented, as a .prm");
  app.add_flag("--list-materials", options.list_materials, "prints the registered materials");
  app.add_option("--dimension", options.dimension, "2 or 3, for --print-parameters")
      ->check(CLI::IsMember({2, 3}))
      ->capture_default_str();
  app.add_option("--library", options.libraries, "loads a shared library before it prints");
  try {
    app.parse(argc, argv);
    if (options.file.empty() && !options.print_parameters && !options.list_materials)
      throw CLI::RequiredError("parameters");
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : failure;
  }

  dealii::Utilities::MPI::MPI_InitFinalize mpi(argc, argv, 1);
  int status = 0;
  try {
    // A rank that fails alone would leave the others waiting: whatever is not collective fails on
    // all ranks.
    status = options.file.empty() ? describe(options) : run(options);
  } catch (const std::exception& error) {
    if (dealii::Utilities::MPI::this_mpi_process(MPI_COMM_WORLD) == 0)
      std::cerr << "seco-macro: " << error.what() << std::endl;
    status = failure;
  }
  return status;
}
