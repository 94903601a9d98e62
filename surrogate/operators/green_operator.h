#pragma once

#include <memory>

#include "grid.h"
#include "kernel_table.h"
#include "reference_medium.h"

namespace seco::surrogate {

/// The discrete Green operator of homogeneous isotropic media for the operator pair of
/// difference_operator.h: `G0 = (D^T C0 D)^+`, by FFT. Differentiable.
///
/// With the symbol k_j of D_j, the acoustic tensor is `mu |k|^2 I + (lambda + mu) conj(k) k^T`, so
/// `G0 f = [f - (lambda + mu) / (lambda + 2 mu) conj(k) (k . f) / |k|^2] / (mu |k|^2)`. Modes with
/// k = 0 (the mean, and hourglass modes of even grids) are set to zero.
class GreenOperator {
 public:
  GreenOperator(const Grid& grid, const torch::TensorOptions& options);

  /// @param force `[B, L, d, n...]` @return displacement of the same shape, zero mean.
  torch::Tensor apply(const torch::Tensor& force, const ReferenceMedium& medium) const;

  const Grid& grid() const { return plan_->grid; }
  /// For kernels on fields of this type and device.
  const GreenPlan& plan() const { return *plan_; }

 private:
  std::shared_ptr<const GreenPlan> plan_;
};

/// The stress C0 : e of an isotropic medium, `lambda tr(e) I + 2 mu e`; differentiable in e.
/// @param e `[B, L, m, n...]`
torch::Tensor isotropic_stress(const torch::Tensor& e, const ReferenceMedium& medium,
                               const Grid& grid);

}  // namespace seco::surrogate
