#include "read_or_refuse.h"
#include "seco/materials/grey_image.h"

using namespace seco::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = file_of(data, size, ".png");
  read_or_refuse(path, [&] {
    const auto image = seco::materials::read_png(path);
    require(image.width > 0 && image.height > 0 &&
                image.level.size() ==
                    static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height),
            "the image does not hold width times height levels");
  });
  return 0;
}
