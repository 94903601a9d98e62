#include <Trilinos_version.h>
#include <deal.II/base/mpi.h>
#include <fmt/format.h>
#include <petscsys.h>

#include <CLI/CLI.hpp>
#include <array>
#include <boost/version.hpp>
#include <iostream>
#include <map>
#include <set>

#include "interruption.h"
#include "macro_parameters.h"
#include "run_file.h"
#include "seco/plugin/registration.h"
#include "seco/plugin/shared_library.h"
#include "seco/surrogate/threads.h"
#include "seco/surrogate/versions.h"

namespace {

/// Exit codes: 0 done, 1 bad input or failure, 2 done but a strict run misses what was asked, 128
/// and its number if a signal has stopped the run.
constexpr int failure = 1, missed = 2, stopped = 128;

struct Options {
  std::string file;
  bool print_parameters = false, list_materials = false, restart = false, validate = false;
  int dimension = 3;
  std::vector<std::string> libraries;
  seco::macro::RveRequest rve;
};

bool is_first_rank() {
  return dealii::Utilities::MPI::this_mpi_process(MPI_COMM_WORLD) == 0;
}

/// Says what misses what was asked. @return whether something does
bool report_missed(const seco::macro::RunSummary& summary) {
  const auto n_unreliable = summary.micro.n_unreliable_rves;
  const auto& equilibrium = summary.equilibrium;
  const bool reached = !summary.certification || summary.certification->missed.empty();
  if (n_unreliable == 0 && reached && equilibrium.n_missed() == 0) return false;
  if (!is_first_rank()) return true;
  if (n_unreliable > 0)
    fmt::print(stderr, "seco-macro: {} of {} RVEs miss what was asked; the worst: {}\n",
               n_unreliable, summary.micro.n_rves, summary.micro.message);
  if (equilibrium.n_missed() > 0)
    fmt::print(stderr,
               "seco-macro: {} of {} displacements are not in equilibrium to 'Largest equilibrium "
               "error' = {:g} in section 'Solver': {}; certified intervals are widened by it\n",
               equilibrium.n_missed(), equilibrium.solves.errors.size(), equilibrium.allowed,
               equilibrium.largest_error()
                   ? fmt::format("their error in the energy norm may be {:.2g}",
                                 *equilibrium.largest_error())
                   : "their error in the energy norm has no guaranteed bound");
  if (!reached)
    fmt::print(stderr,
               "seco-macro: the compliance is not certified to the tolerance {:g} of key "
               "'Compliance tolerance' in section 'Certification': {}\n",
               summary.certification->tolerance, summary.certification->missed);
  return true;
}

int validate(const Options& options) {
  const auto problems = seco::macro::check_file({options.file, options.restart}, MPI_COMM_WORLD);
  if (is_first_rank()) {
    for (const auto& text : problems) fmt::print(stderr, "seco-macro: {}\n", text);
    fmt::print("== {}: {}{}\n", options.file,
               problems.empty() ? "no problem found" : fmt::format("{} problem", problems.size()),
               problems.size() > 1 ? "s" : "");
  }
  return problems.empty() ? 0 : failure;
}

int run(const Options& options) {
  if (options.validate) return validate(options);
  if (!options.rve.file.empty()) {
    seco::macro::write_rve_of({options.file, false}, options.rve, MPI_COMM_WORLD);
    return 0;
  }
  const auto [summary, strict] =
      seco::macro::run_file({options.file, options.restart}, MPI_COMM_WORLD);
  return report_missed(summary) && strict ? missed : 0;
}

/// Of both dimensions; one that only one of them has says so.
void list_materials() {
  std::map<std::string, std::pair<std::string, std::set<int>>> list;
  const auto add = [&](int dim, const auto& materials) {
    for (const auto& material : materials) {
      list[material.name].first = material.description;
      list[material.name].second.insert(dim);
    }
  };
  add(2, seco::plugin::registered_materials<2>());
  add(3, seco::plugin::registered_materials<3>());
  for (const auto& [name, entry] : list)
    fmt::print("{:<20} {}{}\n", name, entry.first,
               entry.second.size() == 2 ? "" : fmt::format(" ({}D only)", *entry.second.begin()));
}

int describe(const Options& options) {
  if (!is_first_rank()) return 0;
  for (const auto& library : options.libraries) seco::plugin::load_shared_library(library, "");
  if (options.list_materials) list_materials();
  if (options.print_parameters)
    fmt::print("{}", options.dimension == 2 ? seco::macro::parameter_documentation<2>(1)
                                            : seco::macro::parameter_documentation<3>(1));
  return 0;
}

/// Refuses options that would have no effect, since whoever gives them expects one.
void check_options(const CLI::App& app, const Options& options) {
  const bool describes = options.print_parameters || options.list_materials;
  const auto refuse = [](const std::string& what) {
    throw CLI::ParseError(what, CLI::ExitCodes::ExcludesError);
  };
  if (!describes && options.file.empty()) throw CLI::RequiredError("parameters");
  if (describes)
    for (const auto& [given, what] :
         {std::pair(!options.file.empty(), "the parameter file " + options.file),
          std::pair(options.restart, std::string("--restart")),
          std::pair(options.validate, std::string("--validate")),
          std::pair(!options.rve.file.empty(), std::string("--write-rve"))})
      if (given)
        refuse(
            fmt::format("{} does not go with {}, which describes the program and runs nothing; "
                        "libraries are named by --library",
                        what, options.list_materials ? "--list-materials" : "--print-parameters"));
  if (app.count("--library") > 0 && !describes)
    refuse(
        "--library has an effect with --list-materials and --print-parameters only; a run loads "
        "what its parameter file names in the key 'Additional shared libraries'");
  const auto given = [&](const char* option) { return app.count(option) > 0; };
  if (given("--write-rve")) {
    if (given("--point") == given("--cell"))
      refuse("--write-rve needs the point whose RVE is meant: either --point or --cell");
    for (const char* other : {"--restart", "--validate"})
      if (given(other)) refuse(fmt::format("{} does not go with --write-rve", other));
    if (options.rve.file == options.file)
      refuse("--write-rve names the parameter file; name another file");
  }
  for (const char* of_rve : {"--point", "--cell"})
    if (given(of_rve) && !given("--write-rve"))
      refuse(fmt::format("{} has an effect with --write-rve only", of_rve));
  if (given("--quadrature-point") && !given("--cell"))
    refuse("--quadrature-point has an effect with --cell only; --point takes the nearest one");
  if (app.count("--dimension") > 0 && !options.print_parameters)
    refuse(
        "--dimension has an effect with --print-parameters only; a run has the key 'Dimension' "
        "of its parameter file");
}

/// Of the libraries that only this program uses.
seco::surrogate::Versions library_versions() {
  std::array<char, 256> petsc{};
  PetscGetVersion(petsc.data(), petsc.size());
  return {{"deal.II", DEAL_II_PACKAGE_VERSION},
          {"p4est", fmt::format("{}.{}.{}", DEAL_II_P4EST_VERSION_MAJOR,
                                DEAL_II_P4EST_VERSION_MINOR, DEAL_II_P4EST_VERSION_SUBMINOR)},
          {"PETSc", petsc.data()},
          {"Trilinos", TRILINOS_VERSION_STRING},
          {"Boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                                BOOST_VERSION % 100)},
          {"CLI11", CLI11_VERSION}};
}

}  // namespace

// CLI11 throws outside of `parse` only if the options above are declared wrongly.
int main(int argc, char** argv) {  // NOLINT(bugprone-exception-escape)
  seco::surrogate::wait_passively(argv);
  seco::surrogate::keep_freed_memory();
  Options options;
  CLI::App app{"Two-scale elasticity: a deal.II simulation whose materials are plugins"};
  app.set_version_flag(
      "--version", [] { return seco::surrogate::version_report(SECO_VERSION, library_versions()); },
      "prints the versions of all libraries, the BLAS in use and the devices");
  app.add_option("parameters", options.file, "parameter file (.prm)");
  app.add_flag(
      "--restart", options.restart,
      "continues from the checkpoint that the section 'Checkpoint' names, if there is one");
  app.add_flag("--validate", options.validate,
               "checks all that can be checked without computing, and prints every problem");
  app.add_option("--write-rve", options.rve.file,
                 "writes the RVE of a point to this file (HDF5), which seco homogenize and seco "
                 "deform read, and runs nothing");
  app.add_option("--point", options.rve.position,
                 "for --write-rve: the quadrature point nearest to this position in its cell, "
                 "coordinates separated by commas")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--cell", options.rve.cell,
                 "for --write-rve: a cell, by its id in local_quantities.csv");
  app.add_option("--quadrature-point", options.rve.quadrature_point,
                 "for --write-rve: of the cell, from 0")
      ->capture_default_str();
  app.add_flag("--print-parameters", options.print_parameters,
               "prints all parameters, documented, as a .prm");
  app.add_flag("--list-materials", options.list_materials,
               "prints the registered materials of 2D and 3D");
  app.add_option("--dimension", options.dimension, "2 or 3, for --print-parameters")
      ->check(CLI::IsMember({2, 3}))
      ->capture_default_str();
  app.add_option("--library", options.libraries,
                 "loads a shared library before --list-materials and --print-parameters print");
  try {
    app.parse(argc, argv);
    check_options(app, options);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : failure;
  }

  dealii::Utilities::MPI::MPI_InitFinalize mpi(argc, argv, 1);
  // What MPI and PETSc have installed for themselves is replaced.
  seco::macro::note_signals();
  int status = 0;
  try {
    // A rank that fails alone would leave the others waiting: whatever is not collective fails on
    // all ranks.
    status = options.file.empty() ? describe(options) : run(options);
  } catch (const seco::macro::Interrupted& interrupted) {
    if (is_first_rank()) std::cerr << "seco-macro: " << interrupted.what() << std::endl;
    status = stopped + interrupted.signal;
  } catch (const std::exception& error) {
    if (is_first_rank()) std::cerr << "seco-macro: " << error.what() << std::endl;
    status = failure;
  }
  return status;
}
