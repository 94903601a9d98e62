#include "green_operator.h"

#include <torch/fft.h>

#include <cmath>
#include <complex>

namespace seco::surrogate {
namespace {

torch::Tensor per_rve(const torch::Tensor& values, const torch::Tensor& field) {
  std::vector<std::int64_t> shape(field.dim(), 1);
  shape[0] = values.size(0);
  return values.to(field.device(), torch::real(field).scalar_type()).reshape(shape);
}

}  // namespace

GreenOperator::GreenOperator(const Grid& grid, const torch::TensorOptions& options) : grid_(grid) {
  const int d = grid.dimension();
  // Built in double precision and rounded once.
  std::vector<torch::Tensor> shift;  // exp(i 2 pi q / n) along each axis, broadcastable
  for (int j = 0; j < d; ++j) {
    const auto frequencies = j == d - 1 ? torch::fft::rfftfreq(grid.shape[j], torch::kDouble)
                                        : torch::fft::fftfreq(grid.shape[j], torch::kDouble);
    std::vector<std::int64_t> shape(d, 1);
    shape[j] = frequencies.numel();
    const auto angle = (2. * M_PI * frequencies).reshape(shape);
    shift.push_back(torch::complex(torch::cos(angle), torch::sin(angle)));
  }
  std::vector<torch::Tensor> symbol;
  for (int j = 0; j < d; ++j) {
    auto k = (shift[j] - 1.) / grid.spacing[j];
    for (int i = 0; i < d; ++i)
      if (i != j) k = k * (shift[i] + 1.) * 0.5;
    symbol.push_back(k);
  }
  const auto k = torch::stack(torch::broadcast_tensors(symbol));
  const auto square = torch::abs(k).square().sum(0);
  const auto live = square > 1e-12 * square.max();
  inverse_square_ =
      torch::where(live, torch::where(live, square, torch::ones_like(square)).reciprocal(),
                   torch::zeros_like(square))
          .to(options);
  symbol_ = k.to(options.dtype(options.dtype() == torch::kDouble ? torch::kComplexDouble
                                                                 : torch::kComplexFloat));
}

torch::Tensor GreenOperator::apply(const torch::Tensor& force,
                                   const ReferenceMedium& medium) const {
  const auto axes = grid_.axes();
  auto f = torch::fft::rfftn(force, c10::nullopt, axes);
  const int d = grid_.dimension();
  const auto mu = per_rve(medium.mu, f);
  const auto coupling = per_rve((medium.lambda + medium.mu) / (medium.lambda + 2. * medium.mu), f);
  const auto along = (symbol_ * f).sum(-d - 1, /*keepdim=*/true) * (inverse_square_ * coupling);
  f = (f - torch::conj(symbol_) * along) * (inverse_square_ / mu);
  return torch::fft::irfftn(f, grid_.shape, axes);
}

torch::Tensor isotropic_stress(const torch::Tensor& e, const ReferenceMedium& medium,
                               const Grid& grid) {
  const int d = grid.dimension();
  const auto trace = e.narrow(2, 0, d).sum(2, /*keepdim=*/true) * per_rve(medium.lambda, e);
  auto stress = e * (2. * per_rve(medium.mu, e));
  stress.narrow(2, 0, d).add_(trace);
  return stress;
}

}  // namespace seco::surrogate
