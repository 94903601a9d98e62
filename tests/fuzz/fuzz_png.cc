#include "fuzz_file.h"
#include "seco/materials/grey_image.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return seco::test::fuzz_file(data, size, ".png",
                               [](const std::string& path) { seco::materials::read_png(path); });
}
