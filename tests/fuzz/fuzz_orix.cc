#include "read_format.h"

using seco::test::read_format;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto options = seco::test::options_of_maps(5.);
  options.stiffness = {{"0", "cubic: 168.4e3, 121.4e3, 75.4e3"}};
  read_format(data, size, ".h5", "orix", options);
  return 0;
}
