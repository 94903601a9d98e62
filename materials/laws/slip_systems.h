#pragma once

#include <string>
#include <vector>

#include "seco/materials/mandel.h"
#include "seco/materials/rotation.h"

/// Slip systems of crystal lattices.
namespace seco::materials {

struct CrystalViscoplasticity;

/// Unit vectors in crystal axes: cubic axes, or for hexagonal lattices x along [2 -1 -1 0] and z
/// along [0 0 0 1].
struct SlipSystem {
  Eigen::Vector3d direction, normal;
};

/// `fcc`, `bcc`, `hcp`.
const std::vector<std::string>& lattice_names();

/// Names of the families of slip systems of a lattice:
///   fcc `{111}<110>` (12 systems);
///   bcc `{110}<111>` (12), `{112}<111>` (12);
///   hcp `basal <a>` (0001)[2-1-10] (3), `prismatic <a>` (01-10)[2-1-10] (3), `pyramidal <a>`
///   (01-11)[2-1-10] (6), `pyramidal <c+a>` (10-11)[-1-123] (12), `second-order pyramidal <c+a>`
///   (11-22)[-1-123] (6).
/// @throws std::invalid_argument for an unknown lattice
std::vector<std::string> slip_family_names(const std::string& lattice);

/// Whether the systems of a family depend on the axial ratio c/a.
bool depends_on_axial_ratio(const std::string& family);

/// All systems of a family, one for slip forth and back. @param axial_ratio c/a, for hcp
/// @throws std::invalid_argument for an unknown lattice or family, or an axial ratio that is not
///   positive
std::vector<SlipSystem> slip_systems(const std::string& lattice, const std::string& family,
                                     double axial_ratio);

/// Symmetric part of `direction x normal`, Mandel: its product with a stress is the resolved shear
/// stress, its multiple by a slip the strain.
MandelVector schmid_tensor(const SlipSystem& system);

/// Sets the slip systems of a law and what follows from the stiffness.
/// @param families in the order of CrystalViscoplasticity::family @param axial_ratio see
/// slip_systems
/// @param orientation from crystal axes to those of the RVE
/// @param stiffness in the axes of the RVE, 6 x 6
void set_slip_systems(const std::string& lattice, const std::vector<std::string>& families,
                      double axial_ratio, const Rotation& orientation,
                      const MandelMatrix& stiffness, CrystalViscoplasticity& law);

}  // namespace seco::materials
