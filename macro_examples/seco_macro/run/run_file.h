#pragma once

#include <deal.II/base/mpi.h>

#include <iostream>
#include <string>
#include <vector>

#include "run_summary.h"
#include "rve_request.h"

namespace seco::macro {

/// A parameter file of `seco-macro`, and how it is to be run.
struct RunRequest {
  std::string file;
  /// Whether the run continues from the checkpoint that the file names, if there is one.
  bool restart = false;
};

struct FinishedRun {
  RunSummary summary;
  /// Whether the file asks for a failure if something misses what was asked.
  bool strict = false;
};

/// Loads the libraries that a parameter file names, reads it and runs it. Collective.
/// @throws as Run::run, and std::invalid_argument for the parameters, on all ranks together
FinishedRun run_file(const RunRequest& request, MPI_Comm communicator,
                     std::ostream& out = std::cout);

/// Writes the RVE of a point of such a run. Collective. @throws std::exception on all ranks
void write_rve_of(const RunRequest& request, const RveRequest& rve, MPI_Comm communicator,
                  std::ostream& out = std::cout);

/// Checks the whole file and all that can be checked without computing; nothing is written.
/// Collective. @return one sentence per problem
std::vector<std::string> check_file(const RunRequest& request, MPI_Comm communicator,
                                    std::ostream& out = std::cout);

}  // namespace seco::macro
