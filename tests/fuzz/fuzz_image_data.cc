#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>

#include "seco/materials/image_data.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const seco::materials::ImageData image({reinterpret_cast<const char*>(data), size}, "fuzz.vti");
    for (const auto& array : image.arrays()) image.values(array);
  } catch (const std::exception&) {
  }
  return 0;
}
