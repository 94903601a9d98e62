#include "run_log.h"

#include <deal.II/base/utilities.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "interruption.h"
#include "program_time.h"

namespace seco::macro {

namespace MPI = dealii::Utilities::MPI;

RunLog::RunLog(MPI_Comm communicator, std::ostream& out)
    : communicator_(communicator),
      out_(out, MPI::this_mpi_process(communicator) == 0),
      timer_(out_, dealii::TimerOutput::never, dealii::TimerOutput::wall_times),
      seconds_before_start_(seconds_since_program_start()) {}

void RunLog::print(const std::string& lines) {
  out_ << lines << std::flush;
}

void RunLog::keep_note(const std::string& text) {
  kept_notes_.push_back(text);
  note(text);
}

std::function<void(std::size_t, std::size_t)> RunLog::progress_report() {
  return [this, start = std::chrono::steady_clock::now(), next_report = 5.](
             std::size_t done, std::size_t total) mutable {
    // An error of one rank ends the work of all.
    stop_if_noted();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (seconds < next_report || done == 0 || done == total) return;
    // A long stage needs no line every few seconds.
    next_report = seconds + std::max(5., 0.05 * seconds);
    const double left = seconds * static_cast<double>(total - done) / static_cast<double>(done);
    print(fmt::format(
        "   {:.0f} % of {} RVEs, {} left\n",
        std::floor(100. * static_cast<double>(done) / static_cast<double>(total)), total,
        left < 100 ? fmt::format("{:.0f} s", left)
                   : fmt::format("{}:{:02}:{:02}", static_cast<int>(left / 3600),
                                 static_cast<int>(left / 60) % 60, static_cast<int>(left) % 60)));
  };
}

RunLog::Seconds RunLog::seconds() const {
  auto result = earlier_;
  for (const auto& [section, own] : timer_.get_summary_data(dealii::TimerOutput::total_wall_time))
    result[section] += MPI::max(own, communicator_);
  result["program start"] += MPI::max(seconds_before_start_, communicator_);
  // Of all parts of the run, as the sections.
  result["total"] += MPI::max(seconds_since_program_start(), communicator_);
  double sum = 0;
  for (const auto& [section, value] : result)
    if (section != "total" && section != "other") sum += value;
  result["other"] = std::max(0., result["total"] - sum);
  return result;
}

RunLog::Memory RunLog::memory() const {
  dealii::Utilities::System::MemoryStats stats;
  dealii::Utilities::System::get_memory_stats(stats);
  const double own = 1024. * static_cast<double>(stats.VmHWM);
  return {MPI::max(own, communicator_), MPI::sum(own, communicator_)};
}

}  // namespace seco::macro
