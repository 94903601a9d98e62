#include "small_model.h"
#include "weights_file.h"

using namespace seco::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ModelFolder folder;
  const std::string name = "weights.safetensors", path = folder.path() + "/" + name;
  folder.replace(name, data, size);
  read_or_refuse(path, [&] {
    const auto content = seco::surrogate::read_weights(path);
    write_weights(path, content);
    const auto again = seco::surrogate::read_weights(path);
    require(again.metadata == content.metadata && again.tensors.size() == content.tensors.size(),
            "writing and reading changes the file");
  });
  folder.replace(name, data, size);
  folder.load();
  return 0;
}
