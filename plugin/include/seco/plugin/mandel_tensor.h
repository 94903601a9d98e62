#pragma once

#include <deal.II/base/symmetric_tensor.h>

#include "seco/materials/mandel.h"
#include "seco/plugin/stiffness_table.h"

namespace seco::plugin {

/// Tensor of order 4 from its Mandel matrix (3 x 3 in 2D, 6 x 6 in 3D) and back.
template <int dim>
dealii::SymmetricTensor<4, dim> to_tensor(const materials::MandelMatrix& matrix);
template <int dim>
materials::MandelMatrix to_mandel(const dealii::SymmetricTensor<4, dim>& tensor);
template <int dim>
materials::MandelMatrix to_mandel(const StiffnessTriangle<dim>& triangle);

}  // namespace seco::plugin
