#pragma once

#include <string>

#include "seco/materials/mandel.h"

namespace seco::materials {

/// The stiffness (6 x 6, Mandel, in `unit`) that a text describes:
///   `Cu`                        a name of the table of elastic constants;
///   `70e3, 0.34`                Young's modulus and Poisson's ratio;
///   `cubic: 168e3, 121e3, 75e3` a symmetry class and its Voigt constants in the order that all
///                               programs share: isotropic E, nu; cubic C11, C12, C44; hexagonal
///                               C11, C12, C13, C33, C44; tetragonal C11, C12, C13, C33, C44, C66;
///   `orthotropic: C11 = 20e3, C12 = 9e3, ...`  named Voigt constants of any class, also
///                               transversely isotropic, trigonal, monoclinic and triclinic;
///                               indices 1 to 6 are 11 22 33 23 13 12, or tensor indices as in
///                               D1122. More than the class needs have to agree with it;
///   `orthotropic: E1 = ..., E2 = ..., E3 = ..., nu12 = ..., nu13 = ..., nu23 = ..., G12 = ...,
///   G13 = ..., G23 = ...`       engineering constants, nu_ij the contraction along j under tension
///                               along i, nu_ij / E_i = nu_ji / E_j; for transversely isotropic the
///                               five whose names tell the axis, as E1, E2, nu12, G12, nu23 (axis
///                               1) or E3, E1, nu31, G13, nu12 (axis 3);
///   `orthotropic (ORDER): 20e3, 9e3, ...`  the same without names in an order that is said: the
///                               names, `rows` (upper triangle of the Voigt matrix row by row),
///                               `Abaqus` or `Abaqus engineering constants`;
///   `matrix mandel: ...`        36 numbers, rows and columns 11 22 33 23 13 12; `matrix voigt` for
///                               stresses over engineering strains, `matrix abaqus` for these in
///                               the order 11 22 33 12 13 23. In 2D also 9 numbers, 11 22 12, plane
///                               strain.
/// Bare numbers of the other classes are refused, since programs list them in different orders.
/// @param dimension if 2, a plane strain matrix is taken and returned, 3 x 3
/// @throws std::invalid_argument saying what is wrong with the text, or that the stiffness is not
///   symmetric or not positive definite.
MandelMatrix stiffness_from_text(const std::string& text, const std::string& unit,
                                 int dimension = 3);

/// The syntax of `stiffness_from_text` in some sentences, for the documentation of parameters.
std::string stiffness_help();

}  // namespace seco::materials
