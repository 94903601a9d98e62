#include "seco/plugin/material.h"

namespace seco::plugin {

template <int dim>
void MaterialResponse<dim>::resize(std::size_t n_points) {
  stress.resize(n_points);
  tangent.resize(n_points);
  lower.resize(n_points);
  upper.resize(n_points);
  gap.resize(n_points);
  status.resize(n_points);
}

template struct MaterialResponse<2>;
template struct MaterialResponse<3>;

}  // namespace seco::plugin
