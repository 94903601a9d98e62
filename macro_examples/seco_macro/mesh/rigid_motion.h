#pragma once

#include <deal.II/base/tensor.h>

namespace seco::macro {

/// Component c of a rigid motion at x, relative to the centre of rotation: the translations along
/// the axes first, then the rotation in 2D or those about the axes in 3D. One unit, or one radian.
template <int dim>
double rigid_motion(unsigned int motion, unsigned int c, const dealii::Tensor<1, dim>& x) {
  if (motion < dim) return motion == c ? 1. : 0.;
  if (dim == 2) return c == 0 ? -x[1] : x[0];
  const unsigned int axis = motion - dim, first = (axis + 1) % dim, second = (axis + 2) % dim;
  return c == first ? -x[second] : c == second ? x[first] : 0.;
}

}  // namespace seco::macro
