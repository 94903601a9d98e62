#pragma once

#include <functional>
#include <stdexcept>

namespace seco::materials {

/// Work was given up because its caller asked for that.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("the work was interrupted") {}
};

/// While it lives, long work on this thread asks from time to time whether to go on, and ends with
/// Interrupted if not. For programs that hand over control to a library and want it back, such as
/// Python after Ctrl-C. The one that was made last counts.
class InterruptionCheck {
 public:
  /// @param wanted whether to give up; asked no more often than twenty times a second
  explicit InterruptionCheck(std::function<bool()> wanted);
  ~InterruptionCheck();
  InterruptionCheck(const InterruptionCheck&) = delete;
  InterruptionCheck& operator=(const InterruptionCheck&) = delete;

 private:
  friend void check_interruption();
  std::function<bool()> wanted_;
  InterruptionCheck* outer_;
};

/// For the loops of long work, once per step; it costs nothing where nobody has made an
/// InterruptionCheck on this thread.
/// @throws Interrupted
void check_interruption();

}  // namespace seco::materials
