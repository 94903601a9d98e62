#include "run_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "run.h"
#include "seco/plugin/shared_library.h"

namespace seco::macro {
namespace {

using plugin::ParameterProblem;

/// Loads the libraries, and notes in the header what the user should know of them. @return what is
/// wrong with them
std::vector<ParameterProblem> load_libraries(const std::string& file, RunHeader& header) {
  const auto folder = std::filesystem::path(file).parent_path().string();
  std::vector<ParameterProblem> problems;
  for (const auto& library : header.libraries) try {
      if (const auto note = plugin::load_shared_library(library, folder); !note.empty())
        header.notes.push_back(note);
    } catch (const std::exception& error) {
      problems.push_back({"", "Additional shared libraries",
                          fmt::format("{}: key 'Additional shared libraries' at the top level: {}",
                                      file, error.what())});
    }
  return problems;
}

/// Whether what follows from the mesh can be checked although something is wrong: not if the mesh
/// may be another one than was meant.
bool mesh_is_known(const std::vector<ParameterProblem>& problems) {
  return std::none_of(problems.begin(), problems.end(), [](const auto& problem) {
    const auto& section = problem.section;
    return section == "Geometry" || section == "Discretization" ||
           (section.empty() && problem.key != "Additional shared libraries");
  });
}

materials::ParameterFile read(const std::string& file) {
  if (std::filesystem::is_directory(file))
    throw std::invalid_argument(
        fmt::format("{}: is a folder; allowed is the name of a parameter file (.prm)", file));
  return materials::ParameterFile::read(file);
}

template <int dim>
FinishedRun run(const materials::ParameterFile& file, const RunHeader& header,
                const RunRequest& request, MPI_Comm communicator, std::ostream& out) {
  auto parameters = read_parameters<dim>(file, header);
  parameters.checkpoint.restart = request.restart;
  const bool strict = parameters.strict;
  return {Run<dim>(std::move(parameters), communicator, out).run(), strict};
}

template <int dim>
std::vector<std::string> check(const materials::ParameterFile& file, const RunHeader& header,
                               const RunRequest& request, std::vector<ParameterProblem> problems,
                               MPI_Comm communicator, std::ostream& out) {
  auto parameters = read_parameters<dim>(file, header, problems);
  parameters.checkpoint.restart = request.restart;
  std::vector<std::string> texts;
  for (const auto& problem : problems) texts.push_back(problem.text);
  if (!mesh_is_known(problems)) return texts;
  for (const auto& problem : Run<dim>(std::move(parameters), communicator, out).check())
    texts.push_back(problem);
  return texts;
}

}  // namespace

FinishedRun run_file(const RunRequest& request, MPI_Comm communicator, std::ostream& out) {
  const auto file = read(request.file);
  auto header = read_header(file);
  for (const auto& problem : load_libraries(request.file, header))
    throw std::invalid_argument(problem.text);
  return header.dimension == 2 ? run<2>(file, header, request, communicator, out)
                               : run<3>(file, header, request, communicator, out);
}

void write_rve_of(const RunRequest& request, const RveRequest& rve, MPI_Comm communicator,
                  std::ostream& out) {
  const auto file = read(request.file);
  auto header = read_header(file);
  header.checked_only = true;
  for (const auto& problem : load_libraries(request.file, header))
    throw std::invalid_argument(problem.text);
  if (header.dimension == 2)
    Run<2>(read_parameters<2>(file, header), communicator, out).write_rve(rve);
  else
    Run<3>(read_parameters<3>(file, header), communicator, out).write_rve(rve);
}

std::vector<std::string> check_file(const RunRequest& request, MPI_Comm communicator,
                                    std::ostream& out) {
  const auto file = read(request.file);
  auto header = read_header(file);
  header.checked_only = true;
  const auto problems = load_libraries(request.file, header);
  return header.dimension == 2 ? check<2>(file, header, request, problems, communicator, out)
                               : check<3>(file, header, request, problems, communicator, out);
}

}  // namespace seco::macro
