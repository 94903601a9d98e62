#pragma once

#include <ATen/record_function.h>

#include <map>
#include <string>

namespace seco::benchmarks {

/// Wall time spent in the named parts of a network and its blocks (RECORD_USER_SCOPE), while the
/// object lives; one at a time. Parts in parts count in both. On a GPU every part waits for its
/// work, which costs some of the overlap.
class ScopeTimes {
 public:
  ScopeTimes();
  ~ScopeTimes();
  ScopeTimes(const ScopeTimes&) = delete;
  ScopeTimes& operator=(const ScopeTimes&) = delete;

  /// Seconds of every part since the start.
  const std::map<std::string, double>& seconds() const;

 private:
  at::CallbackHandle handle_;
};

}  // namespace seco::benchmarks
