#pragma once

#include "read_or_refuse.h"
#include "seco/materials/microstructure_file.h"

namespace seco::test {

/// Reads an input as a microstructure of a format; what is accepted has to be sound.
inline void read_format(const std::uint8_t* data, std::size_t size, const std::string& extension,
                        const std::string& format, materials::MicrostructureOptions options = {}) {
  const auto path = file_of(data, size, extension);
  options.format = format;
  read_or_refuse(path, [&] {
    const auto read = materials::read_microstructure(path, options);
    check(read.rve, "what was read");
  });
}

/// Options of orientation maps, under which nothing is asked.
inline materials::MicrostructureOptions options_of_maps(double grain_angle) {
  materials::MicrostructureOptions options;
  options.sample_axes = "y, x, -z";
  options.unindexed = "nearest";
  options.grain_angle = grain_angle;
  options.stiffness = {{"1", "cubic: 168.4e3, 121.4e3, 75.4e3"}};
  return options;
}

}  // namespace seco::test
