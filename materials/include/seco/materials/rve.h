#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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
  /// Unit of the stiffness, for example "MPa".
  std::string unit = "MPa";

  int dimension() const { return static_cast<int>(shape.size()); }
  std::size_t n_voxels() const;
};

/// Checks that the RVE is usable: 2 or 3 axes, positive sizes and finite positive lengths, a phase
/// index for every voxel and a stiffness for every index used, every stiffness finite, symmetric
/// and positive definite. A stiffness of exactly zero is a void and is accepted. Orientations are
/// finite and given for all phases or for none.
/// @param origin names the RVE in the message, usually the file it came from.
/// @throws std::invalid_argument with a sentence naming origin, phase, value and what is allowed.
void check(const Rve& rve, const std::string& origin);

/// A 64-bit hash of everything that determines the homogenized stiffness (shape, lengths, phases,
/// stiffnesses, unit), and of the orientations where there are any. Equal RVEs have equal hashes on
/// every platform of one byte order.
std::uint64_t hash(const Rve& rve);
bool operator==(const Rve& a, const Rve& b);

}  // namespace seco::materials
