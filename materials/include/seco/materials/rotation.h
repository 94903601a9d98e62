#pragma once

#include <string>

#include "seco/materials/mandel.h"
#include "seco/materials/random.h"

namespace seco::materials {

/// Orientations as rotations R that take crystal axes to sample axes: `v_sample = R v_crystal`.

/// Bunge Euler angles in radians, `R = Rz(phi1) Rx(Phi) Rz(phi2)` (Bunge 1982; his matrix g is
/// R^T).
Rotation from_euler(double phi1, double Phi, double phi2);
/// The angles of a rotation, phi1 and phi2 in (-pi, pi], Phi in [0, pi]; phi2 = 0 where Phi is 0 or
/// pi.
Eigen::Vector3d to_euler(const Rotation& rotation);

/// Quaternion w x y z, normalised here. @throws std::invalid_argument for a zero quaternion.
Rotation from_quaternion(double w, double x, double y, double z);
Eigen::Vector4d to_quaternion(const Rotation& rotation);

/// Uniform on the rotation group (Shoemake 1992, Graphics Gems III).
Rotation random_rotation(RandomStream& random);
/// Rotation by |N(0, spread)| radians about a uniformly random axis.
Rotation small_random_rotation(double spread, RandomStream& random);

/// Distribution of crystal orientations.
struct Texture {
  /// `random`; `component`: all crystals near one orientation; `fibre`: one crystal axis near one
  /// sample axis, free rotation about it.
  std::string type = "random";
  /// Mean orientation of `component`, Bunge angles in radians.
  Eigen::Vector3d euler{0, 0, 0};
  Eigen::Vector3d crystal_axis{0, 0, 1};
  Eigen::Vector3d sample_axis{0, 0, 1};
  /// Standard deviation in radians of the deviation of `component` and `fibre`.
  double spread = 0;
};

/// @throws std::invalid_argument for an unknown type, a negative spread or a zero axis.
Rotation draw_orientation(const Texture& texture, RandomStream& random);

}  // namespace seco::materials
