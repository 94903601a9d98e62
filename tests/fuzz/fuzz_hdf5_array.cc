#include "voxel_array.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  seco::materials::MicrostructureOptions options;
  options.array = "/phase";
  options.axes = "zyx";
  return seco::test::read_voxel_array(data, size, "hdf5", ".h5", options);
}
