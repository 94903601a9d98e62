#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "seco/materials/rotation.h"
#include "seco/materials/rve.h"

namespace seco::materials {

/// Settings of the microstructure generators. Every microstructure is periodic and determined by
/// the settings and the seed; geometry is drawn in real space, so a finer grid shows the same
/// microstructure more sharply. Stiffnesses are 6 x 6; in 2D their plane strain part is used.
struct GeneratorSettings {
  /// `polycrystal`: Voronoi grains, one phase each. `inclusions`: non-overlapping spheres or
  /// prolate ellipsoids (discs or ellipses in 2D) in a matrix. `fibres`: parallel cylinders through
  /// a 3D cell, their sections as the inclusions in 2D. `laminate`: layers. `homogeneous`: the
  /// matrix alone.
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
  /// Factor on the stiffness of the inclusion.
  double inclusion_factor = 1.;
  double volume_fraction = 0.16;
  int n_inclusions = 8;
  /// Smallest over largest radius; radii are spread uniformly between. The radius of an ellipsoid
  /// is that of the sphere of its volume.
  double radius_ratio = 1.;
  /// Largest over smallest semi-axis. Long axes point in uniformly random directions, the other
  /// semi-axes are equal.
  double aspect_ratio = 1.;
  /// Inclusions are shared out to this many clusters at random places: their centres lie within the
  /// radius, in the unit of `lengths`, of the centre of their cluster. 0: no clusters.
  int n_clusters = 0;
  double cluster_radius = 0.2;

  /// Axis of the fibres or normal of the layers, 0, 1 or 2.
  int axis = 0;
  /// Laminate: stiffness and thickness fraction of each layer.
  std::vector<MandelMatrix> layers;
  std::vector<double> fractions;
};

/// The inclusions of these settings were not placed without overlap; another seed may succeed.
class PackingError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Generates one RVE.
/// @throws std::invalid_argument naming the setting, its value and what is allowed, and
/// PackingError
///   where the volume fraction is not reached without overlap.
Rve generate(const GeneratorSettings& settings);

/// The names that `GeneratorSettings::type` takes.
std::vector<std::string> generator_names();

}  // namespace seco::materials
