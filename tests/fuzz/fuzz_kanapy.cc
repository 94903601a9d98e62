#include "read_format.h"

using seco::test::read_format;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seco::materials::MicrostructureOptions options;
  options.stiffness = {{"0", "Al"}};
  read_format(data, size, ".json", "kanapy", options);
  return 0;
}
