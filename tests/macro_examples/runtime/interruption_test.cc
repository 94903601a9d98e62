// Signals are noted; a second one, later, ends the program.
#include "interruption.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

using namespace seco::macro;

TEST(Interruption, ASignalIsNotedAndTheNextOneEndsTheProgram) {
  EXPECT_EQ(noted_signal(), 0);
  EXPECT_NO_THROW(stop_if_noted());
  const auto first = [] {
    note_signals();
    raise(SIGTERM);
    // As launchers do that send it to the program and to its group.
    raise(SIGTERM);
    if (noted_signal() != SIGTERM || stopped_for(MPI_COMM_SELF) != 0) _exit(1);
    try {
      stop_if_noted();
    } catch (const Interrupted& stopped) {
      if (stopped.signal != SIGTERM || stopped_for(MPI_COMM_SELF) != SIGTERM) _exit(2);
      return;
    }
    _exit(3);
  };
  EXPECT_EXIT((first(), _exit(0)), testing::ExitedWithCode(0), "");
  EXPECT_EXIT((first(), usleep(1100000), raise(SIGINT), _exit(0)), testing::KilledBySignal(SIGINT),
              "");
}

TEST(Interruption, ALinearSolverStops) {
  const auto iterate = [] {
    note_signals();
    InterruptibleControl control(1000, 1e-10, MPI_COMM_SELF);
    if (control.check(0, 1.) != dealii::SolverControl::iterate) _exit(1);
    raise(SIGINT);
    try {
      for (unsigned int step = 1; step < 100; ++step) control.check(step, 1.);
    } catch (const Interrupted& stopped) {
      _exit(stopped.signal);
    }
    _exit(0);
  };
  EXPECT_EXIT(iterate(), testing::ExitedWithCode(SIGINT), "");
}
