#include "program_time.h"

#include <time.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace seco::macro {
namespace {

double now(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Of CLOCK_BOOTTIME: field 22 of /proc/self/stat (proc(5)), in hundredths of a second.
double start_of_process() {
  std::ifstream file("/proc/self/stat");
  std::string text;
  std::getline(file, text);
  // The second field, the name, may hold spaces and ends with the last parenthesis.
  std::istringstream rest(text.substr(text.rfind(')') + 1));
  constexpr int field_after_name = 3, start_field = 22;
  std::string skipped;
  for (int field = field_after_name; field < start_field; ++field) rest >> skipped;
  double ticks = 0;
  if (!(rest >> ticks)) return now(CLOCK_BOOTTIME);
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

double seconds_since_program_start() {
  static const double start = start_of_process();
  return now(CLOCK_BOOTTIME) - start;
}

}  // namespace seco::macro
