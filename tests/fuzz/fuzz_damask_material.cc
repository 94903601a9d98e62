#include "read_or_refuse.h"
#include "seco/materials/damask_material.h"

using namespace seco::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = file_of(data, size, ".yaml");
  read_or_refuse(path, [&] {
    const auto read = seco::materials::read_damask_material(path);
    for (const auto& material : read.materials)
      require(read.phases.count(material.phase) == 1, "a material has no phase");
    for (const auto& [number, phase] : read.phases)
      require(!phase.stiffness || phase.stiffness->allFinite(), "a stiffness is not finite");
  });
  return 0;
}
