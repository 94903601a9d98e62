#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <fstream>
#include <string>

namespace seco::test {

/// Writes the input of the fuzzer to a file in memory and calls the reader with its path. Refusals
/// are exceptions; anything else that goes wrong ends the program and is a finding.
template <typename Read>
int fuzz_file(const std::uint8_t* data, std::size_t size, const std::string& extension,
              const Read& read) {
  static const std::string path = "/dev/shm/seco_fuzz_" + std::to_string(::getpid()) + extension;
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  try {
    read(path);
  } catch (const std::exception&) {
  }
  return 0;
}

}  // namespace seco::test
