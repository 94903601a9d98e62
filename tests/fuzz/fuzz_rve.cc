#include "read_or_refuse.h"
#include "seco/materials/rve_file.h"

using namespace seco::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto path = file_of(data, size, ".h5");
  read_or_refuse(path, [&] {
    const auto rve = seco::materials::read_rve(path);
    check(rve, "what was read");
    write_rve(path, rve);
    require(seco::materials::read_rve(path) == rve, "writing and reading changes the RVE");
  });
  return 0;
}
