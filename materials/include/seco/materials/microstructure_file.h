#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "seco/materials/labelled_grid.h"
#include "seco/materials/rve.h"

namespace seco::materials {

/// How a microstructure file is read.
struct MicrostructureOptions {
  /// Name of a format of `microstructure_formats`, or `auto`: told from the content.
  std::string format = "auto";
  /// Array of labels or grey levels; empty for that of the format: `material` of DAMASK,
  /// `FeatureIds` of DREAM.3D, of image data the only one or the active one. DREAM.3D takes the
  /// name with or without its group; its `Phases` are crystals that are not turned.
  std::string array;
  /// DREAM.3D: data container or image geometry; empty for the only one with voxels.
  std::string container;
  /// DREAM.3D: table of the features that the labels count, by its group; `none` to read every
  /// label as a phase; empty for the only one with a row more than the largest label.
  std::string features;
  /// DREAM.3D: dataset of the orientations, with or without its group; empty for EulerAngles,
  /// AvgEulerAngles, AvgEulers, Eulers, AvgQuats or Quats, whichever is found first.
  std::string orientations;
  /// DREAM.3D: crystal axes are those of the sample, whatever orientations the file has.
  bool unrotated = false;
  /// DREAM.3D: unit of Euler angles, `radians` or `degrees`.
  std::string angles = "radians";
  /// Orientation maps: what points without an orientation are, `nearest` for the crystal of the
  /// nearest point that has one, `phase` for a phase `unindexed` of their own; empty to refuse them.
  std::string unindexed;
  /// Orientation maps: largest misorientation in degrees of neighbours of one grain; 0 for no grains,
  /// every orientation is a crystal.
  double grain_angle = 0.;
  /// Orientation maps: the axes of the map that angles refer to, three of x, y, z with signs, as
  /// `y, x, -z`; empty for those that the file tells.
  std::string sample_axes;
  /// Orientation maps: crystal direction along axis 1 of the angles in hexagonal and trigonal
  /// crystals, `a` or `a*`; empty for that of the program that writes the format.
  std::string hexagonal_axis;
  /// DAMASK material configuration (YAML): what the voxels of a DAMASK grid refer to, or elastic
  /// constants by the name of a phase for other formats.
  std::string material_file;
  /// Temperature in kelvin that polynomials of the material file are evaluated at; not set for that
  /// of DAMASK's own solver, `damask_temperature`.
  std::optional<double> temperature;
  /// Phases, by name or number, with their stiffness in the syntax of `stiffness_from_text`, or
  /// `void` for a stiffness of zero. These win over constants of a file. `name:KEY` and
  /// `number:KEY` tell a name from the number of another phase.
  std::vector<std::pair<std::string, std::string>> stiffness;
  /// Unit of the stiffness: of the texts above and of the RVE.
  std::string unit = "MPa";
  /// Grey levels, ascending: phase 0 is below the first, phase p from the p-th threshold. Needed
  /// for images of grey levels, of PNG or image data; without, image data are labels.
  std::vector<double> thresholds;
  /// Block of voxels that is kept.
  std::vector<Interval> crop;
  /// Voxels along each axis that become one; a single number counts for all axes.
  std::vector<int> coarsen;
  /// Axes (0, 1, 2) along which the mirror image is appended, for a microstructure that is not
  /// periodic; along the others it is treated as periodic.
  std::vector<int> mirror;
  /// 2 (plane strain) or 3; 0 for 2 where the grid has one voxel along axis 2, otherwise 3.
  int dimension = 0;
};

/// What was read, and what was assumed or done on the way, in sentences.
struct Microstructure {
  Rve rve;
  std::string format;
  std::vector<std::string> notes;
  /// Name of each phase of the RVE's phase in the file, or its number there; the phases of a
  /// polycrystal are its grains.
  std::vector<std::string> phase_of;
};

/// A known file format.
struct MicrostructureFormat {
  std::string name, description;
  /// With the dot, in lower case.
  std::vector<std::string> extensions;
};

std::vector<MicrostructureFormat> microstructure_formats();

/// Reads an RVE from a microstructure file: DREAM.3D (versions 7 and 8), DAMASK grids, VTK image
/// data, grey-level PNG images, and this library's own HDF5. The grid is cropped, coarsened and
/// mirrored in this order; every label in use becomes a phase with the stiffness `Q C Q^T` of its
/// crystal. Axis 0 is x of the file, axis 1 is y, axis 2 is z.
/// @throws std::runtime_error naming file, dataset, array or line, what was found and what is
///   expected, and std::invalid_argument naming an option, its value and what is allowed.
Microstructure read_microstructure(const std::string& path,
                                   const MicrostructureOptions& options = {});

}  // namespace seco::materials
