#pragma once

#include <map>
#include <string>
#include <vector>

#include "seco/materials/labelled_grid.h"

namespace seco::materials {

/// Temperature in kelvin at which DAMASK solves mechanics alone (T_ROOM of its constants).
constexpr double damask_temperature = 293.15;

/// The parts of a DAMASK 3 material configuration (YAML) that elasticity needs.
struct DamaskMaterial {
  /// Section `phase`: name, lattice and stiffness of `mechanical: elastic` of the type Hooke, from
  /// C_11, C_12, C_44 [, C_13, C_33, C_66] in Pa; numbered in the order of the file. A constant may
  /// be a polynomial, `C_11 + Σ_i C_11,T^i (T - T_ref)^i`, i = 1 to 4. DAMASK's lattice axes are
  /// ours (c along axis 3).
  std::map<std::int64_t, FilePhase> phases;
  /// Section `material`, whose entries the voxels count from 0: phase and orientation of the one
  /// constituent. `O` is a unit quaternion, real part first, that turns the sample axes into the
  /// crystal axes in the convention P = -1 of Rowenhorst et al. 2015 (Modelling and Simulation in
  /// Materials Science and Engineering 23, 083501); its usual rotation matrix, `from_quaternion`,
  /// is the map from crystal to sample axes. Empty if the file has phases only.
  std::vector<Crystal> materials;
  std::vector<std::string> notes;
};

/// Reads a material configuration. Merge keys (`<<`) are followed, keys that are given twice and
/// constants that contradict the symmetry of the lattice refused.
/// @param temperature in kelvin, of polynomials
/// @throws std::runtime_error naming file, line, key, value and what is expected.
DamaskMaterial read_damask_material(const std::string& path,
                                    double temperature = damask_temperature);

}  // namespace seco::materials
