#pragma once

#include <deal.II/base/mpi.h>
#include <deal.II/lac/solver_control.h>

#include <exception>
#include <string>

namespace seco::macro {

/// A run that was told by a signal to stop, and has stopped.
/// No std::runtime_error, since those may stand for a failure that somebody can do something about.
class Interrupted : public std::exception {
 public:
  Interrupted(int signal, const std::string& what) : signal(signal), what_(what) {}
  const char* what() const noexcept override { return what_.c_str(); }
  int signal;

 private:
  std::string what_;
};

/// From now on SIGINT and SIGTERM are noted, for the run to stop at its next safe point; another
/// one, a second later or more, ends the program at once. A signal that is ignored, as SIGINT in
/// the background of a shell, stays ignored. SIGXFSZ no longer ends the program: writing fails.
void note_signals();

/// The signal that this rank was sent, or 0.
int noted_signal();

/// The signal that any rank was sent, or 0; the same on all ranks. Collective.
int noted_signal(MPI_Comm communicator);

/// A safe point. @throws Interrupted if this rank was sent a signal. On several ranks it must stand
/// where an error of one rank is agreed on by all (plugin::run_together).
void stop_if_noted();

/// The signal for which `stop_if_noted` has thrown on any rank, or 0: what an error that has been
/// agreed on by all ranks comes from. Collective.
int stopped_for(MPI_Comm communicator);

/// Lets the iterations of a linear solver be stopped by a signal that any rank was sent.
class InterruptibleControl : public dealii::SolverControl {
 public:
  InterruptibleControl(unsigned int largest_steps, double tolerance, MPI_Comm communicator)
      : SolverControl(largest_steps, tolerance), communicator_(communicator) {}
  /// Collective. @throws Interrupted on all ranks together
  State check(unsigned int step, double value) override;

 private:
  MPI_Comm communicator_;
};

}  // namespace seco::macro
