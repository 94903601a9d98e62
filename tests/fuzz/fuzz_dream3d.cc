#include "fuzz_file.h"
#include "seco/materials/microstructure_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return seco::test::fuzz_file(data, size, ".dream3d", [](const std::string& path) {
    seco::materials::MicrostructureOptions options;
    options.format = "dream3d";
    options.stiffness = {{"1", "Al"}, {"2", "Ti"}};
    seco::materials::read_microstructure(path, options);
  });
}
