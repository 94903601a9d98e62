#pragma once

#include <array>

#include "seco/materials/mandel.h"

namespace seco::materials {

/// Stiffness (6 x 6, Mandel) of the elastic symmetry classes from their usual Voigt constants, any
/// unit. Symmetry axis of the hexagonal and tetragonal classes is axis 3.
/// All throw std::invalid_argument, naming the constants, if they are not finite or the stiffness
/// is not positive definite.

/// Young's modulus and Poisson's ratio, -1 < nu < 1/2.
MandelMatrix isotropic(double youngs_modulus, double poissons_ratio);
MandelMatrix cubic(double c11, double c12, double c44);
/// c66 = (c11 - c12) / 2.
MandelMatrix hexagonal(double c11, double c12, double c13, double c33, double c44);
MandelMatrix tetragonal(double c11, double c12, double c13, double c33, double c44, double c66);
/// c11 c12 c13 c22 c23 c33 c44 c55 c66.
MandelMatrix orthotropic(const std::array<double, 9>& constants);
/// The upper triangle of the Voigt matrix (order 11 22 33 23 13 12), row by row.
MandelMatrix triclinic(const std::array<double, 21>& constants);
/// From engineering constants with axis 3 as symmetry axis: axial and transverse Young's modulus,
/// axial Poisson's ratio (transverse contraction under axial load), axial and transverse shear
/// modulus.
MandelMatrix transversely_isotropic(double axial_modulus, double transverse_modulus,
                                    double axial_poissons_ratio, double axial_shear,
                                    double transverse_shear);

}  // namespace seco::materials
