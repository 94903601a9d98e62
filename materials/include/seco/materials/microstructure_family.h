#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "seco/materials/generators.h"
#include "seco/materials/parameter_reader.h"

namespace seco::materials {

/// A distribution of microstructures, from which datasets are drawn: the settings of a generator
/// and the ranges of those that vary. Grid, lengths and unit are those of `base`.
struct MicrostructureFamily {
  GeneratorSettings base;
  /// Generators, one of them drawn with equal chances; empty: that of `base`.
  std::vector<std::string> types;
  /// Crystals, one of them drawn with equal chances; empty: that of `base`.
  std::vector<MandelMatrix> crystals;
  /// Likewise constants of the matrix and of the inclusions.
  std::vector<MandelMatrix> matrices, inclusions;
  /// Uniform from that of `base` to this.
  double largest_volume_fraction = 0.16;
  /// Factor on the stiffness of the inclusions, log-uniform from that of `base` to this.
  double largest_inclusion_factor = 1;
  /// Uniform from those of `base` to these.
  int largest_n_grains = 64;
  int largest_n_inclusions = 8;
  /// Fibres and layers along any axis of the grid, instead of that of `base`.
  bool random_axis = false;
};

/// Member `index` of the family, determined by the seed of `base` and the index alone. A member
/// whose inclusions cannot be packed, or would not have a voxel, is drawn again with all its
/// properties, up to 20 times in all; close to the densest packing the dense members of a family
/// are rarer for that.
/// @throws PackingError if they cannot be packed even then, and as `generate` does.
Rve draw(const MicrostructureFamily& family, std::size_t index);

/// What `notes_on` says of the generators of the family: how phases lie, and the fractions that
/// voxels reach where the fraction does not vary.
std::vector<std::string> notes_on(const MicrostructureFamily& family);

/// Reads the settings of the generator (`read_generator_settings`) and the ranges from one section.
/// @throws ParameterError
MicrostructureFamily read_microstructure_family(ParameterReader& reader,
                                                const std::string& section);

}  // namespace seco::materials
