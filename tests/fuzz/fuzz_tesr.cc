#include "read_format.h"

using seco::test::read_format;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seco::materials::MicrostructureOptions options;
  options.stiffness = {{"1", "Al"}};
  read_format(data, size, ".tesr", "tesr", options);
  options = seco::test::options_of_maps(5.);
  options.orientations = "oridata";
  read_format(data, size, ".tesr", "tesr", options);
  return 0;
}
