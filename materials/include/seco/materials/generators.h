#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "seco/materials/rotation.h"
#include "seco/materials/rve.h"

namespace seco::materials {

/// Settings of the microstructure generators. Every microstructure is periodic and determined by
/// the settings and the seed; geometry is drawn in real space, so a finer grid shows the same
/// microstructure more sharply. Stiffnesses are 6 x 6; in 2D their plane strain part is used.
struct GeneratorSettings {
  /// `polycrystal`: Voronoi grains, one phase each. `inclusions`: non-overlapping spheres (discs in
  /// 2D) in a matrix. `fibres`: parallel cylinders through a 3D cell. `laminate`: layers.
  /// `homogeneous`: the matrix alone.
  std::string type = "polycrystal";
  std::vector<int> shape{32, 32, 32};
  std::vector<double> lengths{1., 1., 1.};
  std::string unit = "MPa";
  std::uint64_t seed = 1;

  /// Polycrystal.
  int n_grains = 64;
  MandelMatrix crystal;
  Texture texture;

  /// Inclusions and fibres: phase 0 is the matrix, phase 1 the inclusion.
  MandelMatrix matrix;
  MandelMatrix inclusion;
  double volume_fraction = 0.16;
  int n_inclusions = 8;
  /// Smallest over largest radius; radii are spread uniformly between.
  double radius_ratio = 1.;

  /// Axis of the fibres or normal of the layers, 0, 1 or 2.
  int axis = 0;
  /// Laminate: stiffness and thickness fraction of each layer.
  std::vector<MandelMatrix> layers;
  std::vector<double> fractions;
};

/// Generates one RVE.
/// @throws std::invalid_argument naming the setting, its value and what is allowed, also where the
///   volume fraction cannot be reached without overlap.
Rve generate(const GeneratorSettings& settings);

/// The names that `GeneratorSettings::type` takes.
std::vector<std::string> generator_names();

}  // namespace seco::materials
