#include "fuzz_file.h"
#include "seco/materials/damask_material.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return seco::test::fuzz_file(data, size, ".yaml", [](const std::string& path) {
    seco::materials::read_damask_material(path);
  });
}
