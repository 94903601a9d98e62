#pragma once

#include "read_or_refuse.h"
#include "seco/materials/microstructure_file.h"

namespace seco::test {

/// Reads an array of grey levels of a format from input that may be malformed.
inline int read_voxel_array(const std::uint8_t* data, std::size_t size, const std::string& format,
                            const std::string& extension,
                            materials::MicrostructureOptions options = {}) {
  const auto path = file_of(data, size, extension);
  options.format = format;
  options.spacing = {1.};
  options.thresholds = {8.};
  options.stiffness = {{"0", "70e3, 0.3"}, {"1", "void"}};
  options.smallest_part = 2;
  read_or_refuse(path, [&] {
    const auto read = materials::read_microstructure(path, options);
    check(read.rve, "what was read");
    require(materials::phase_shares(read).size() <= 2,
            "it has more phases than the thresholds give");
  });
  return 0;
}

}  // namespace seco::test
