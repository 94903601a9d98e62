#include "seco/materials/elastic_symmetry.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <Eigen/Dense>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "positive_definite.h"

namespace seco::materials {

void require_positive_definite(const MandelMatrix& stiffness, const std::string& what) {
  const auto refuse = [&](const std::string& why) {
    throw std::invalid_argument(fmt::format("{}: {}", what, why));
  };
  if (!stiffness.allFinite()) refuse("the stiffness is not finite");
  if (relative_smallest_eigenvalue(stiffness) > 1e-14) return;
  const Eigen::SelfAdjointEigenSolver<MandelMatrix> solver(stiffness, Eigen::EigenvaluesOnly);
  refuse(
      fmt::format("the stiffness is not positive definite: its eigenvalues (Mandel) are {:.4g} to "
                  "{:.4g}, allowed are positive ones",
                  solver.eigenvalues().minCoeff(), solver.eigenvalues().maxCoeff()));
}

namespace {

MandelMatrix checked(const std::string& name, const std::vector<double>& constants,
                     const MandelMatrix& stiffness) {
  require_positive_definite(stiffness,
                            fmt::format("{} constants {}", name, fmt::join(constants, ", ")));
  return stiffness;
}

/// Voigt stiffness to Mandel: shear rows and columns times sqrt(2).
MandelMatrix from_voigt(const std::array<double, 21>& upper) {
  MandelMatrix c(6, 6);
  std::size_t entry = 0;
  for (int i = 0; i < 6; ++i)
    for (int j = i; j < 6; ++j)
      c(i, j) = c(j, i) =
          upper[entry++] * (i < 3 ? 1. : std::sqrt(2.)) * (j < 3 ? 1. : std::sqrt(2.));
  return c;
}

std::array<double, 21> orthotropic_triangle(double c11, double c12, double c13, double c22,
                                            double c23, double c33, double c44, double c55,
                                            double c66) {
  return {c11, c12, c13, 0, 0, 0, c22, c23, 0, 0, 0, c33, 0, 0, 0, c44, 0, 0, c55, 0, c66};
}

}  // namespace

MandelMatrix isotropic(double e, double nu) {
  if (!(nu > -1.) || !(nu < 0.5) || !(e > 0))
    throw std::invalid_argument(
        fmt::format("isotropic constants {}, {}: Young's modulus must be positive and Poisson's "
                    "ratio between -1 "
                    "and 0.5",
                    e, nu));
  const double mu = e / (2. * (1. + nu)), lambda = e * nu / ((1. + nu) * (1. - 2. * nu));
  MandelMatrix c = 2. * mu * MandelMatrix::Identity(6, 6);
  c.topLeftCorner(3, 3).array() += lambda;
  return checked("isotropic", {e, nu}, c);
}

MandelMatrix cubic(double c11, double c12, double c44) {
  return checked("cubic", {c11, c12, c44},
                 from_voigt(orthotropic_triangle(c11, c12, c12, c11, c12, c11, c44, c44, c44)));
}

MandelMatrix hexagonal(double c11, double c12, double c13, double c33, double c44) {
  return checked(
      "hexagonal", {c11, c12, c13, c33, c44},
      from_voigt(orthotropic_triangle(c11, c12, c13, c11, c13, c33, c44, c44, 0.5 * (c11 - c12))));
}

MandelMatrix tetragonal(double c11, double c12, double c13, double c33, double c44, double c66) {
  return checked("tetragonal", {c11, c12, c13, c33, c44, c66},
                 from_voigt(orthotropic_triangle(c11, c12, c13, c11, c13, c33, c44, c44, c66)));
}

MandelMatrix orthotropic(const std::array<double, 9>& c) {
  return checked(
      "orthotropic", {c.begin(), c.end()},
      from_voigt(orthotropic_triangle(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8])));
}

MandelMatrix triclinic(const std::array<double, 21>& constants) {
  return checked("triclinic", {constants.begin(), constants.end()}, from_voigt(constants));
}

MandelMatrix transversely_isotropic(double axial_modulus, double transverse_modulus,
                                    double axial_poissons_ratio, double axial_shear,
                                    double transverse_shear) {
  const double transverse_ratio = transverse_modulus / (2. * transverse_shear) - 1.;
  MandelMatrix s = MandelMatrix::Zero(6, 6);
  s(0, 0) = s(1, 1) = 1. / transverse_modulus;
  s(2, 2) = 1. / axial_modulus;
  s(0, 1) = s(1, 0) = -transverse_ratio / transverse_modulus;
  s(0, 2) = s(2, 0) = s(1, 2) = s(2, 1) = -axial_poissons_ratio / axial_modulus;
  s(3, 3) = s(4, 4) = 1. / (2. * axial_shear);
  s(5, 5) = 1. / (2. * transverse_shear);
  const MandelMatrix c = s.inverse();
  return checked(
      "transversely isotropic",
      {axial_modulus, transverse_modulus, axial_poissons_ratio, axial_shear, transverse_shear},
      0.5 * (c + c.transpose()));
}

}  // namespace seco::materials
