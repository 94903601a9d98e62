#pragma once

#include <deal.II/base/conditional_ostream.h>
#include <deal.II/base/mpi.h>
#include <deal.II/base/timer.h>

#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace seco::macro {

/// What a run prints, on the first rank, and how long its parts take.
class RunLog {
 public:
  using Seconds = std::map<std::string, double>;

  explicit RunLog(MPI_Comm communicator, std::ostream& out = std::cout);

  MPI_Comm communicator() const { return communicator_; }
  bool is_first_rank() const { return out_.is_active(); }

  /// Prints whole lines.
  void print(const std::string& lines);
  /// Prints "== note: " and a sentence for the user.
  void note(const std::string& text) { print("== note: " + text + '\n'); }
  /// Prints the same and keeps it for the summary.
  void keep_note(const std::string& text);
  const std::vector<std::string>& kept_notes() const { return kept_notes_; }

  /// A function that reports the progress of the RVEs of all ranks and the time left: nothing in
  /// the first seconds, then every few, later more rarely. It is a safe point (interruption.h).
  std::function<void(std::size_t, std::size_t)> progress_report();

  /// Elapsed time is that of the section until the result goes out of scope.
  [[nodiscard]] dealii::TimerOutput::Scope section(const std::string& name) {
    return {timer_, name};
  }
  dealii::TimerOutput& timer() { return timer_; }

  /// Elapsed time of every section, of the slowest rank, with that of the run that was continued.
  /// "program start" is what passed before this object was made, "other" what no section has,
  /// "total" all since the program was started. Collective.
  Seconds seconds() const;
  /// Largest memory of a process so far, and the sum over the ranks, in bytes; of the system's
  /// count of resident pages. Collective.
  struct Memory {
    double largest_process = 0, sum = 0;
  };
  Memory memory() const;
  /// Of the run that is continued.
  void add_earlier(Seconds seconds) { earlier_ = std::move(seconds); }

 private:
  MPI_Comm communicator_;
  dealii::ConditionalOStream out_;
  dealii::TimerOutput timer_;
  double seconds_before_start_ = 0;
  Seconds earlier_;
  std::vector<std::string> kept_notes_;
};

}  // namespace seco::macro
