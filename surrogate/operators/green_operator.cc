#include "green_operator.h"

#include "kernel_tables.h"
#include "linear_operator.h"

namespace seco::surrogate {

GreenOperator::GreenOperator(const Grid& grid, const torch::TensorOptions& options)
    : plan_(kernels_of(options).make_green(grid, options)) {}

torch::Tensor GreenOperator::apply(const torch::Tensor& force,
                                   const ReferenceMedium& medium) const {
  const auto green = kernels_of(force).green;
  if (!wants_gradient(force)) return green(*plan_, medium, force);
  return on_graph(
      force, [&](const torch::Tensor& f) { return green(*plan_, medium, f); },
      [self = *this, medium](const torch::Tensor& gradient) {
        return self.apply(gradient, medium);
      });
}

torch::Tensor isotropic_stress(const torch::Tensor& e, const ReferenceMedium& medium,
                               const Grid& grid) {
  const auto stress = kernels_of(e).isotropic_stress;
  if (!wants_gradient(e)) return stress(medium, e, grid);
  return on_graph(
      e, [&](const torch::Tensor& strain) { return stress(medium, strain, grid); },
      [medium, grid](const torch::Tensor& gradient) {
        return isotropic_stress(gradient, medium, grid);
      });
}

}  // namespace seco::surrogate
