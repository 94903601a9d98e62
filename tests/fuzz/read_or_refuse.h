#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <stdexcept>
#include <string>

namespace seco::test {

/// Calls a reader on input that may be malformed. It has to return, or to refuse by a
/// std::runtime_error or std::invalid_argument whose message names the input. Everything else,
/// other exceptions too, ends the program and is a finding.
/// @return whether the input was accepted
inline bool read_or_refuse(const std::string& name, const std::function<void()>& read) {
  std::string message;
  try {
    read();
    return true;
  } catch (const std::runtime_error& error) {
    message = error.what();
  } catch (const std::invalid_argument& error) {
    message = error.what();
  }
  if (message.find(name) != std::string::npos) return false;
  std::fprintf(stderr, "the refusal of %s does not name it: %s\n", name.c_str(), message.c_str());
  std::abort();
}

/// Ends the program where an input was accepted that should not have been.
inline void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "accepted, but %s\n", what);
  std::abort();
}

/// The input of a fuzzer as a file in memory, always the same one of this process.
inline std::string file_of(const std::uint8_t* data, std::size_t size,
                           const std::string& extension) {
  static const std::string path = "/dev/shm/seco_fuzz_" + std::to_string(::getpid()) + extension;
  static const int removed_at_exit = std::atexit([] { std::remove(path.c_str()); });
  static_cast<void>(removed_at_exit);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  return path;
}

}  // namespace seco::test
