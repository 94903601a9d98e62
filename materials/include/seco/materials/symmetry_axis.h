#pragma once

#include <optional>
#include <string>

#include "seco/materials/rotation.h"

namespace seco::materials {

/// What leaves a stiffness unchanged, to 1e-3 of its largest entry.
struct ElasticSymmetry {
  /// "isotropic", "cubic", "transversely isotropic" (also hexagonal), "tetragonal", "trigonal",
  /// "orthotropic" or "of lower symmetry"; about any axis, but orthotropic and cubic only if their
  /// axes are those of the constants.
  std::string name;
  /// The one axis about which turns by 90 or 120 degrees leave it unchanged, length 1; none for the
  /// classes without such an axis, or with several (isotropic, cubic).
  std::optional<Eigen::Vector3d> axis;
};

/// Finds the symmetry of a stiffness (6 x 6, Mandel) from its numbers. Candidates for the axis are
/// the axes of the constants and the eigenvectors of C_ijkk and C_ikjk that have an eigenvalue of
/// their own (Cowin and Mehrabadi 1987, Quarterly Journal of Mechanics and Applied Mathematics 40,
/// 451-476).
ElasticSymmetry elastic_symmetry(const MandelMatrix& stiffness);

/// A rotation that takes one direction to another, both of length 1: the cyclic permutation of the
/// axes if both are coordinate axes, else the smallest rotation.
Rotation rotation_between(const Eigen::Vector3d& from, const Eigen::Vector3d& to);

}  // namespace seco::materials
