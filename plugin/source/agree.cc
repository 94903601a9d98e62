#include "seco/plugin/agree.h"

#include <exception>
#include <stdexcept>
#include <string>

namespace seco::plugin {

void run_together(MPI_Comm communicator, const std::function<void()>& action) {
  std::string message;
  try {
    action();
  } catch (const std::exception& error) {
    message = error.what();
    if (message.empty()) message = "unknown error";
  }
  const auto n_ranks = dealii::Utilities::MPI::n_mpi_processes(communicator);
  const auto rank = dealii::Utilities::MPI::this_mpi_process(communicator);
  const auto first = dealii::Utilities::MPI::min(message.empty() ? n_ranks : rank, communicator);
  if (first == n_ranks) return;
  throw std::runtime_error(dealii::Utilities::MPI::broadcast(communicator, message, first));
}

}  // namespace seco::plugin
