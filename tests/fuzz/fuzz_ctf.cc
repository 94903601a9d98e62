#include "read_format.h"

using seco::test::read_format;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const double grain_angle : {0., 5.})
    read_format(data, size, ".ctf", "ctf", seco::test::options_of_maps(grain_angle));
  return 0;
}
