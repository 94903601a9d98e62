#include "fuzz_file.h"
#include "seco/materials/microstructure_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return seco::test::fuzz_file(data, size, ".png", [](const std::string& path) {
    seco::materials::MicrostructureOptions options;
    options.format = "png";
    options.thresholds = {50};
    options.stiffness = {{"0", "Al"}, {"1", "Cu"}};
    seco::materials::read_microstructure(path, options);
  });
}
