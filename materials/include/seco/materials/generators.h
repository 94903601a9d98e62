#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "seco/materials/rotation.h"
#include "seco/materials/rve.h"

namespace seco::materials {

/// How the axes of a phase's constants lie in the grid.
struct PhaseOrientation {
  enum class Type {
    /// An axis of the constants lies along the geometry: along the fibres (all phases of `fibres`),
    /// along the normal of the layers, along the long axis of each ellipsoid, and in 2D, where
    /// inclusions are sections of fibres, normal to the plane. Spheres, the matrix around
    /// inclusions and `homogeneous` have no direction: as `grid`.
    geometry,
    /// Axes 1, 2, 3 of the constants are x, y, z of the grid.
    grid,
    /// Turned from there by Bunge angles.
    angles
  };
  Type type = Type::geometry;
  /// Which axis of the constants follows the geometry, 1, 2 or 3; 0 for the axis of symmetry
  /// (`elastic_symmetry`), if there is one, else as `grid`.
  int axis = 0;
  /// Radians.
  Eigen::Vector3d euler{0, 0, 0};
};

/// Settings of the microstructure generators. Every microstructure is periodic and determined by
/// the settings and the seed; geometry is drawn in real space, so a finer grid shows the same
/// microstructure more sharply. Stiffnesses are 6 x 6; in 2D their plane strain part is used, and a
/// plane strain stiffness (3 x 3) is taken too. The constants of phases other than crystals are
/// turned as their `PhaseOrientation` says.
struct GeneratorSettings {
  /// `polycrystal`: Voronoi grains, one phase each. `inclusions`: non-overlapping spheres or
  /// prolate ellipsoids (discs or ellipses in 2D) in a matrix. `overlapping`: the same at
  /// independent random places (the Boolean model: Chiu et al. 2013, Stochastic Geometry and its
  /// Applications, section 3), so that they touch and percolate. `grains`: Voronoi grains of two
  /// phases, matrix and inclusion. `fibres`: parallel cylinders through a 3D cell, their sections
  /// as the inclusions in 2D. `laminate`: layers. `homogeneous`: the matrix alone.
  std::string type = "polycrystal";
  std::vector<int> shape{32, 32, 32};
  std::vector<double> lengths{1., 1., 1.};
  std::string unit = "MPa";
  std::uint64_t seed = 1;

  /// Polycrystal and grains.
  int n_grains = 64;
  MandelMatrix crystal;
  Texture texture;

  /// Inclusions, fibres and grains: phase 0 is the matrix, phase 1 the inclusion. Ellipsoids whose
  /// constants follow their long axes are a phase each, 1 to `n_inclusions`. Grains of the
  /// inclusion phase are drawn until more would be farther from the volume fraction.
  MandelMatrix matrix;
  MandelMatrix inclusion;
  PhaseOrientation matrix_orientation, inclusion_orientation;
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
  /// Laminate: stiffness and thickness fraction of each layer, and how its constants lie: one for
  /// each layer, one for all, or none for `geometry`.
  std::vector<MandelMatrix> layers;
  std::vector<double> fractions;
  std::vector<PhaseOrientation> layer_orientations;
};

/// The inclusions of these settings were not placed without overlap, or would not have a voxel;
/// another seed, or in a family another member, may succeed.
class PackingError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

/// Generates one RVE.
/// @throws std::invalid_argument naming the setting, its value and what is allowed, also where a
///   phase or layer would not have a voxel, and PackingError where the volume fraction is not
///   reached without overlap or is less than half a voxel.
Rve generate(const GeneratorSettings& settings);

/// What a user would want to know of the microstructures of these settings, in sentences: how the
/// constants of anisotropic phases lie, and, where `with_fractions`, the fractions that the voxels
/// reach where they differ from those asked by more than 0.1 %, and inclusions or grains of few
/// voxels. Nothing is generated.
/// @param any_axis the axis of fibres and layers is not that of the settings alone
/// @throws std::invalid_argument as `generate` does
std::vector<std::string> notes_on(const GeneratorSettings& settings, bool with_fractions = true,
                                  bool any_axis = false);

/// The largest number of phases that an RVE of these settings has.
std::size_t n_phases(const GeneratorSettings& settings);

/// The names that `GeneratorSettings::type` takes.
std::vector<std::string> generator_names();

}  // namespace seco::materials
