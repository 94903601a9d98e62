#pragma once

#include <array>

#include "seco/materials/mandel.h"

namespace seco::c_interface {

/// A seco_notation in one dimension, and how it follows from Mandel notation: component i of a
/// vector in it is component `order[i]` in Mandel notation, strains over and stresses times
/// `scale[i]`, `scale = 1/sqrt(2)` for shear in Voigt notations (engineering strains), else 1.
class Notation {
 public:
  /// @throws std::invalid_argument for a number that is no seco_notation
  Notation(int notation, int dimension);

  int n_components() const { return n_components_; }
  /// `scale_i C_(order i)(order j) scale_j`, from strains to stresses in this notation. Bounds keep
  /// their order, since this is a congruence.
  materials::MandelMatrix stiffness(const materials::MandelMatrix& mandel) const;
  /// The strain with these components, in Mandel notation: `e_(order i) = scale_i strain_i`.
  materials::MandelVector mandel_strain(const double* strain) const;
  /// The components of a stress: `stress_i = scale_i s_(order i)`.
  void write_stress(const materials::MandelVector& mandel, double* stress) const;

 private:
  int n_components_;
  std::array<int, 6> order_;
  std::array<double, 6> scale_;
};

/// A symmetric matrix, so that it does not matter which index is the faster one.
void copy_symmetric(const materials::MandelMatrix& matrix, double* values);

}  // namespace seco::c_interface
