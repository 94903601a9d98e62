#include "read_format.h"

using seco::test::read_format;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seco::materials::MicrostructureOptions options;
  options.stiffness = {{"1", "Al"}};
  options.spacing = {1.};
  read_format(data, size, ".txt", "evpfft", options);
  return 0;
}
