#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "seco/materials/mandel.h"

namespace seco::materials {

/// A representative volume element: a regular periodic grid of voxels with a phase index per voxel
/// and one stiffness per phase.
struct Rve {
  /// Number of voxels along each axis, n1 n2 [n3]; its size (2 or 3) is the dimension.
  std::vector<int> shape;
  /// Edge lengths along each axis, in any unit of length.
  std::vector<double> lengths;
  /// Phase index of each voxel, n1 x n2 [x n3], last axis fastest.
  std::vector<std::uint16_t> phase;
  /// Stiffness of each phase, Mandel notation, 6 x 6 (3 x 3 in 2D), in `unit`.
  std::vector<MandelMatrix> stiffness;
  /// Bunge Euler angles phi1, Phi, phi2 of the crystal of each phase in radians (see rotation.h),
  /// or empty where they are not known. They describe the stiffness but do not enter any
  /// computation with it.
  std::vector<Eigen::Vector3d> orientation;
  /// In 2D, the 6 x 6 stiffness of each phase whose plane strain part is its `stiffness`, or empty
  /// where that is not known. It tells the stress normal to the plane (`spatial_stiffness`) and
  /// enters no homogenized stiffness. Not used in 3D.
  std::vector<MandelMatrix> stiffness_3d;
  /// Unit of the stiffness, for example "MPa".
  std::string unit = "MPa";

  int dimension() const { return static_cast<int>(shape.size()); }
  std::size_t n_voxels() const;
};

/// Checks that the RVE is usable: 2 or 3 axes, positive sizes and finite positive lengths, a phase
/// index for every voxel and a stiffness for every index used, every stiffness finite, symmetric
/// and positive definite. A stiffness of exactly zero is a void and is accepted. Orientations are
/// finite and given for all phases or for none, and so are 6 x 6 stiffnesses in 2D.
/// @param origin names the RVE in the message, usually the file it came from.
/// @throws std::invalid_argument with a sentence naming origin, phase, value and what is allowed.
void check(const Rve& rve, const std::string& origin);

/// The 6 x 6 stiffness of a phase: in 3D that of the table, in 2D that of `stiffness_3d` if it is
/// there and its plane strain part is that of the table, and zero for a void.
std::optional<MandelMatrix> spatial_stiffness(const Rve& rve, std::size_t phase);

/// A 64-bit hash of everything that determines the homogenized stiffness (shape, lengths, phases,
/// stiffnesses, unit), and of the orientations where there are any. Equal RVEs have equal hashes on
/// every platform of one byte order.
std::uint64_t hash(const Rve& rve);
bool operator==(const Rve& a, const Rve& b);

}  // namespace seco::materials
