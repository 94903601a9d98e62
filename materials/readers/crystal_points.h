#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "seco/materials/labelled_grid.h"
#include "seco/materials/microstructure_file.h"
#include "seco/materials/rotation.h"

namespace seco::materials {

/// Of a map that orix has written and whose axes are not asked for.
inline constexpr const char* warning_on_orix =
    "warning: orix keeps the angles of the maps that it reads; if this one comes from a file of "
    "EDAX, Oxford Instruments or another program, they still refer to the axes of that program "
    "(--sample-axes, 'Sample axes')";

/// A phase and an orientation at every point of a grid, as orientation maps have them.
struct CrystalPoints {
  std::array<int, 3> shape{};
  std::array<double, 3> lengths{};
  /// n1 x n2 x n3, last axis fastest.
  std::vector<std::int64_t> phase;
  /// From crystal to sample axes, in the same order.
  std::vector<Rotation> orientation;
  /// 0 where the measurement has found neither phase nor orientation.
  std::vector<std::uint8_t> indexed;
  std::map<std::int64_t, FilePhase> phases;
  /// Laue group of each phase, as of laue_groups.h; empty or left out where the file does not tell
  /// it.
  std::map<std::int64_t, std::string> laue_groups;
  std::vector<std::string> notes;
  /// Where the file was written for a program that says so: axes x, y, z of the map that the angles
  /// refer to, in the syntax of `MicrostructureOptions::sample_axes`. Empty where it does not.
  std::string sample_axes;
  /// Why these axes may be wrong.
  std::string sample_axes_warning;
  /// What the axes usually are, for the question.
  std::string usual_sample_axes;
  /// Crystal direction along axis 1 of the angles in hexagonal and trigonal crystals: `a` or `a*`.
  std::string hexagonal_axis = "a";
  /// Who says so.
  std::string hexagonal_source;

  std::size_t n_points() const;
  /// Room for all points.
  void resize();
  /// Position of a point in these vectors.
  std::size_t position(int i, int j, int k) const;
};

/// Whether a coordinate on file is that of a grid point. Coordinates are rounded, as coarsely as to
/// 5 % in some files.
bool is_near_grid_point(double found, double expected, double step);

/// Length of a map along an axis, by the step of its header, or by its coordinates where these
/// contradict it by more than their rounding and 0.1 %, which is noted as a warning.
/// @param span from the first of n points to the last
/// @param rounding unit of the last digit of coordinates on file
double length_of_map(const std::string& axis, int n, double step, double span, double rounding,
                     std::vector<std::string>& notes);

/// The class of elastic symmetry of a Laue group, of those of `FilePhase::symmetry`; empty for
/// triclinic and unknown groups.
std::string symmetry_of_laue_group(const std::string& group);

/// Rotations of a Laue group in crystal axes with x along a, z along c, and in monoclinic crystals
/// y along b where it is the two-fold axis; the identity first, and alone for an unknown group.
std::vector<Rotation> rotations_of_laue_group(const std::string& group);

/// Columns are the axes, in axes of the map, that orientations refer to: of a text of three signed
/// axes as `y, x, -z`. @throws std::invalid_argument if they are no right-handed system
Rotation sample_axes_from_text(const std::string& text);

/// Points as crystals. Orientations are turned to the axes of the map, and crystal axes so that a
/// of hexagonal and trigonal crystals is axis 1 of their constants. Points of equal phase and
/// orientation are one crystal; with `grain_angle`, connected points (across faces of voxels) of
/// one phase whose misorientation under the symmetry of the crystal does not exceed it are, with
/// the mean orientation: the quaternion with the largest sum of squared scalar products with those
/// of the points (Markley et al. 2007, J. Guid. Control Dyn. 30), each the equivalent one nearest
/// to its neighbour's. Points that are not indexed become a phase of their own or take the crystal
/// of the nearest point in steps along the axes, as the options say.
/// @throws std::invalid_argument where the options have to say how points that are not indexed are
///   taken, or what axes the orientations refer to; std::runtime_error naming the file if no point
///   is indexed.
LabelledGrid crystals_of(CrystalPoints points, const std::string& path,
                         const MicrostructureOptions& options);

}  // namespace seco::materials
