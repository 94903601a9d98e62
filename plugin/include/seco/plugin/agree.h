#pragma once

#include <deal.II/base/mpi.h>

#include <functional>

namespace seco::plugin {

/// Runs an action on every rank and throws on all ranks if it throws on any: the message of the
/// lowest rank that failed. Without this, one rank would leave while the others wait for it for
/// ever. Collective. @throws std::runtime_error
void run_together(MPI_Comm communicator, const std::function<void()>& action);

}  // namespace seco::plugin
