#include "read_or_refuse.h"
#include "seco/materials/microstructure_file.h"

using namespace seco::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = file_of(data, size, ".dream3d");
  read_or_refuse(path, [&] {
    seco::materials::MicrostructureOptions options;
    options.format = "dream3d";
    options.stiffness = {{"1", "Al"}, {"2", "Ti"}};
    const auto read = seco::materials::read_microstructure(path, options);
    check(read.rve, "what was read");
  });
  return 0;
}
