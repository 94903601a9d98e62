#include "guarded.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace seco::c_interface {
namespace {

/// An array, not a string: keeping a message must not fail.
thread_local std::array<char, 2048> last_message{};

}  // namespace

void keep_message(const char* text) noexcept {
  std::size_t i = 0;
  for (; text[i] != '\0' && i + 1 < last_message.size(); ++i) last_message[i] = text[i];
  last_message[i] = '\0';
}

const char* kept_message() noexcept {
  return last_message.data();
}

void require(bool condition, const char* message) {
  if (!condition) throw std::invalid_argument(message);
}

std::mutex& creation_mutex() {
  static std::mutex mutex;
  return mutex;
}

void check_strains(const char* argument, const double* strain, int n_points, int n_components) {
  for (int p = 0; p < n_points; ++p)
    for (int i = 0; i < n_components; ++i)
      if (const double value = strain[static_cast<std::ptrdiff_t>(p) * n_components + i];
          !std::isfinite(value))
        throw std::invalid_argument(
            fmt::format("argument {}: component {} of point {} is {}; allowed are finite numbers",
                        argument, i, p, value));
}

}  // namespace seco::c_interface
