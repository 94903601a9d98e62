#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "seco/materials/mandel.h"

namespace seco::materials {

/// A phase as a microstructure file describes it.
struct FilePhase {
  /// Name in the file; empty where it gives none.
  std::string name;
  /// Symmetry of the crystal as the file names it: cubic, hexagonal, trigonal, tetragonal or
  /// orthotropic, where it has settings with the setting, `trigonal -3m1` (two-fold axes along a,
  /// axis 1) or `-31m` (perpendicular to a), `monoclinic 2/m11`, `12/m1` or `112/m` (two-fold axis
  /// along axis 1, 2, 3); empty where it is not known.
  std::string symmetry;
  /// Stiffness in crystal axes, 6 x 6, Mandel, MPa, where the file gives one.
  std::optional<MandelMatrix> stiffness;
  /// Why there is no stiffness, for messages.
  std::string remark;
  /// What the stiffness of the file was evaluated at, in a sentence; empty for constants.
  std::string note;
};

/// What a label of a voxel stands for: a grain, or a whole phase.
struct Crystal {
  /// Number of its phase in the file.
  std::int64_t phase = 0;
  /// From crystal to sample axes; see rotation.h.
  std::optional<Rotation> orientation;
  /// Stiffness in sample axes in the unit of the file, where the file holds that instead of a phase
  /// with an orientation; 3 x 3 in 2D.
  std::optional<MandelMatrix> stiffness;
};

/// A regular grid of labelled voxels with the meaning of the labels: what the readers of
/// microstructure files have in common, before every phase has a stiffness.
struct LabelledGrid {
  /// Voxels along each axis; a plane image has one along the third axis.
  std::array<int, 3> shape{};
  /// Edge lengths of the grid.
  std::array<double, 3> lengths{};
  /// Label of every voxel, n1 x n2 x n3, last axis fastest, whatever the order on file.
  std::vector<std::int32_t> label;
  std::map<std::int32_t, Crystal> crystals;
  std::map<std::int64_t, FilePhase> phases;
  /// Unit of the stiffnesses of crystals, where the file holds those.
  std::string unit;
  /// What was assumed or done, in sentences.
  std::vector<std::string> notes;

  std::size_t n_voxels() const;
};

/// Part of an axis: voxels `from` to before `to`; `to` = -1 for the end of the axis.
struct Interval {
  int from = 0;
  int to = -1;
};

/// Keeps a block of voxels. Axes without an interval are kept whole.
/// @throws std::invalid_argument naming the axis, the interval and what is allowed.
void crop(LabelledGrid& grid, const std::vector<Interval>& block);

/// Replaces blocks of `factors[i]` voxels along axis i by one voxel of the label that most of them
/// have, the smallest of equally frequent ones. Lengths stay.
/// @throws std::invalid_argument if a factor does not divide the grid.
void coarsen(LabelledGrid& grid, const std::array<int, 3>& factors);

/// Appends the mirror image of the grid along every axis given, so that it becomes periodic along
/// them. Only the geometry is mirrored: a grain and its image have the same crystal orientation, so
/// that grains at the mirror planes stay whole and the texture is that of the sample.
/// @param axes of 0, 1, 2
/// @throws std::invalid_argument for another axis.
void mirror(LabelledGrid& grid, const std::vector<int>& axes);

/// Fraction of the pairs of voxels of different label, across the two opposite faces of an axis
/// (which a periodic grid makes neighbours) and between neighbours inside. Where the first is much
/// larger, the grid is not periodic along the axis.
std::pair<double, double> mismatch_across_faces_and_inside(const LabelledGrid& grid, int axis);

}  // namespace seco::materials
