#include <cmath>

#include "read_or_refuse.h"
#include "seco/materials/generator_parameters.h"
#include "seco/materials/microstructure_parameters.h"
#include "seco/materials/parameter_file.h"

using namespace seco::test;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  read_or_refuse("fuzz.prm", [&] {
    seco::materials::ParameterFile file({reinterpret_cast<const char*>(data), size}, "fuzz.prm");
    const auto options = read_microstructure_options(file, "Microstructure file");
    for (const double threshold : options.thresholds)
      require(std::isfinite(threshold), "a threshold is not finite");
    const auto settings = read_generator_settings(file, "Microstructure");
    require(settings.shape.size() == settings.lengths.size(), "a grid has edges without a length");
    for (const auto& layer : settings.layers)
      require(layer.allFinite(), "a stiffness is not finite");
    for (const auto* phase : {&settings.crystal, &settings.matrix, &settings.inclusion})
      require(phase->allFinite(), "a stiffness is not finite");
    file.check_all_used();
  });
  return 0;
}
