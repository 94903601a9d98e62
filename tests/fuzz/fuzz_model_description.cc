#include "small_model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const seco::test::ModelFolder folder;
  folder.replace("model.json", data, size);
  folder.load();
  return 0;
}
