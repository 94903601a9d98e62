#include "read_or_refuse.h"
#include "seco/materials/image_data.h"
#include "seco/materials/microstructure_file.h"

using namespace seco::materials;
using namespace seco::test;

namespace {

/// All arrays, whether they are a microstructure or not.
void read_arrays(const std::string& path) {
  const auto image = ImageData::read(path);
  for (const auto& array : image.arrays()) {
    const auto shape = image.shape(array);
    std::size_t n = 1;
    for (const int size : shape) n *= static_cast<std::size_t>(size);
    require(image.values(array).size() == n, "an array does not fill the grid");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = file_of(data, size, ".vti");
  read_or_refuse(path, [&] { read_arrays(path); });
  read_or_refuse(path, [&] {
    MicrostructureOptions options;
    options.format = "vti";
    options.thresholds = {2};
    options.stiffness = {{"0", "Al"}, {"1", "Ti"}};
    check(read_microstructure(path, options).rve, "what was read");
  });
  return 0;
}
