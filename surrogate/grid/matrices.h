#pragma once

#include <torch/types.h>

#include "seco/materials/mandel.h"

namespace seco::surrogate {

/// A matrix of order two, on any device, as the other libraries know it.
materials::MandelMatrix to_matrix(const torch::Tensor& values);

struct LameConstants {
  double lambda = 0, mu = 0;
};

/// The isotropic stiffness nearest to a stiffness in the Frobenius norm (in 2D: of plane strain):
/// with d dimensions and m Mandel components, `d^2 K = sum of the normal block` and
/// `2 (m - 1) mu = tr C - d K`, `lambda = K - 2 mu / d`.
LameConstants isotropic_part(const materials::MandelMatrix& stiffness);

/// `lambda I (x) I + 2 mu 1`, 3 x 3 in two dimensions, 6 x 6 in three.
materials::MandelMatrix isotropic_stiffness(const LameConstants& constants, int dimension);

}  // namespace seco::surrogate
