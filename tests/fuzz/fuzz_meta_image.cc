#include "voxel_array.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return seco::test::read_voxel_array(data, size, "metaimage", ".mha");
}
