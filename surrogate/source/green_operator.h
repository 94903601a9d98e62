#pragma once

#include <memory>

#include "grid.h"

namespace seco::surrogate {
namespace cpu {
template <typename Number>
class Green;
}

/// Isotropic reference media, one per RVE of a batch: Lame constants, each `[B]`.
struct ReferenceMedium {
  torch::Tensor lambda;
  torch::Tensor mu;
};

/// The discrete Green operator of homogeneous isotropic media for the operator pair of
/// difference_operator.h: `G0 = (D^T C0 D)^+`, by FFT. Differentiable; on the CPU in the passes of
/// ../cpu/green.h.
///
/// With the symbol k_j of D_j, the acoustic tensor is `mu |k|^2 I + (lambda + mu) conj(k) k^T`, so
/// `G0 f = [f - (lambda + mu) / (lambda + 2 mu) conj(k) (k . f) / |k|^2] / (mu |k|^2)`. Modes with
/// k = 0 (the mean, and hourglass modes of even grids) are set to zero.
class GreenOperator {
 public:
  GreenOperator(const Grid& grid, const torch::TensorOptions& options);

  /// @param force `[B, L, d, n...]` @return displacement of the same shape, zero mean.
  torch::Tensor apply(const torch::Tensor& force, const ReferenceMedium& medium) const;

  const Grid& grid() const { return grid_; }
  /// The operator for kernels on memory of the CPU, for fields there of this type only.
  template <typename Number>
  const cpu::Green<Number>& on_cpu() const;

 private:
  torch::Tensor apply_portable(const torch::Tensor& force, const ReferenceMedium& medium) const;

  Grid grid_;
  torch::Tensor symbol_;          // [d, frequencies...], complex
  torch::Tensor inverse_square_;  // 1 / |k|^2, zero where k = 0
  std::shared_ptr<const cpu::Green<float>> single_;
  std::shared_ptr<const cpu::Green<double>> double_;
};

/// The stress C0 : e of an isotropic medium, `lambda tr(e) I + 2 mu e`. @param e `[B, L, m, n...]`
torch::Tensor isotropic_stress(const torch::Tensor& e, const ReferenceMedium& medium,
                               const Grid& grid);

}  // namespace seco::surrogate
