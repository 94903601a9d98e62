#include "read_format.h"

using seco::test::read_format;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seco::materials::MicrostructureOptions options;
  options.thresholds = {2};
  options.stiffness = {{"0", "Al"}, {"1", "Ti"}};
  read_format(data, size, ".vtk", "vtk", options);
  return 0;
}
