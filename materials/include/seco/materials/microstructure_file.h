#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "seco/materials/connected_parts.h"
#include "seco/materials/labelled_grid.h"
#include "seco/materials/rve.h"

namespace seco::materials {

/// Labels of a file that make one phase.
struct PhaseLabels {
  std::int32_t phase = 0;
  /// First and last label of intervals.
  std::vector<std::pair<std::int32_t, std::int32_t>> labels;
  /// Has all labels that no phase lists.
  bool others = false;
};

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
  /// nearest point that has one, `phase` for a phase `unindexed` of their own; empty to refuse
  /// them.
  std::string unindexed;
  /// Orientation maps: largest misorientation in degrees of neighbours of one grain; 0 for no
  /// grains, every orientation is a crystal.
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
  /// Edges of a voxel along x, y and z, or one for all, for arrays whose file gives none; they win
  /// over those of a file.
  std::vector<double> spacing;
  /// Edges of the whole array along x, y and z, instead of `spacing`.
  std::vector<double> lengths;
  /// Axes of an array in the order in which it names or keeps them, the slowest of raw values
  /// first: `zyx` has x fastest. Empty for those of the format.
  std::string axes;
  /// Raw values: voxels along x, y and z.
  std::vector<int> shape;
  /// Raw values: int8, uint8, ... int64, uint64, float32 or float64.
  std::string type;
  /// Raw values: bytes before them.
  std::uint64_t offset = 0;
  /// Raw values and binary legacy VTK files: `little` or `big`; empty for little and big,
  /// respectively, where the values make sense in it.
  std::string byte_order;
  /// Grey levels, ascending: phase 0 is below the first, phase p from the p-th threshold. Needed
  /// for images of grey levels; without, values are labels.
  std::vector<double> thresholds;
  /// Phases of the labels of arrays; empty for a phase per label. With thresholds the labels are
  /// the numbers that these give.
  std::vector<PhaseLabels> phases;
  /// Connected parts of fewer voxels take the label of most of their neighbours; see
  /// `drop_small_parts`.
  std::size_t smallest_part = 0;
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
  /// Name of each phase of the RVE's phase in the file, or its number there, or both where phases
  /// have the same name, as `2 'Titanium'`; the phases of a polycrystal are its grains.
  std::vector<std::string> phase_of;
};

/// How much of a microstructure a phase of the file has, and in how many parts.
struct PhaseShare {
  /// As of `Microstructure::phase_of`.
  std::string phase;
  /// Of the voxels; parts are connected across faces, through the periodic boundaries too.
  ConnectedParts parts;
  double volume_fraction = 0.;
};

/// The phases of the file in a microstructure, with all grains of a phase taken together, in
/// alphabetical order. @throws as `connected_parts`
std::vector<PhaseShare> phase_shares(const Microstructure& microstructure);

/// A known file format.
struct MicrostructureFormat {
  std::string name, description;
  /// With the dot, in lower case.
  std::vector<std::string> extensions;
  /// Programs that write it.
  std::string written_by;
  /// Order of the axes, spacing, origin, unit, and what the values mean.
  std::string conventions;
  /// A command that imports such a file.
  std::string example;
};

std::vector<MicrostructureFormat> microstructure_formats();

/// Reads an RVE from a microstructure file of one of the formats above. Labels or grey levels
/// become phases, the grid is cropped and coarsened, loses its small parts and is mirrored, in this
/// order; every label in use becomes a phase with the stiffness `Q C Q^T` of its crystal. Axis 0 is
/// x of the file, axis 1 is y, axis 2 is z.
/// @throws std::runtime_error naming file, dataset, array or line, what was found and what is
///   expected, and std::invalid_argument naming an option, its value and what is allowed.
Microstructure read_microstructure(const std::string& path,
                                   const MicrostructureOptions& options = {});

}  // namespace seco::materials
