#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>

#include "seco/materials/generator_parameters.h"
#include "seco/materials/microstructure_parameters.h"
#include "seco/materials/parameter_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    seco::materials::ParameterFile file({reinterpret_cast<const char*>(data), size}, "fuzz.prm");
    read_microstructure_options(file, "Microstructure file");
    read_generator_settings(file, "Microstructure");
    file.check_all_used();
  } catch (const std::exception&) {
  }
  return 0;
}
