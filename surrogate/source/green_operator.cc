#include "green_operator.h"

#include <torch/csrc/autograd/custom_function.h>
#include <torch/fft.h>

#include <cmath>
#include <complex>

#include "../cpu/equilibrium.h"
#include "../cpu/field_kernels.h"
#include "../cpu/fused_iteration.h"
#include "../cpu/green.h"
#include "../cuda/operators.h"

namespace seco::surrogate {
namespace {

torch::Tensor per_rve(const torch::Tensor& values, const torch::Tensor& field) {
  std::vector<std::int64_t> shape(field.dim(), 1);
  shape[0] = values.size(0);
  return values.to(field.device(), torch::real(field).scalar_type()).reshape(shape);
}

torch::Tensor apply_on_cpu(const GreenOperator& green, const torch::Tensor& force,
                           const ReferenceMedium& medium) {
  auto displacement = torch::empty_like(force, c10::MemoryFormat::Contiguous);
  cpu::green(green, force.contiguous(), medium, displacement);
  return displacement;
}

/// What the way back needs, kept with the graph instead of made again.
struct GreenOnGraph : torch::CustomClassHolder {
  GreenOnGraph(const GreenOperator& g, const ReferenceMedium& m) : green(g), medium(m) {}
  GreenOperator green;
  ReferenceMedium medium;
};

// The operator is symmetric, so it is its own derivative.
struct GreenFunction : torch::autograd::Function<GreenFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& force,
                               const GreenOperator& green, const ReferenceMedium& medium) {
    ctx->saved_data["green"] =
        torch::IValue::make_capsule(c10::make_intrusive<GreenOnGraph>(green, medium));
    return apply_on_cpu(green, force, medium);
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx,
                                               torch::autograd::tensor_list gradient) {
    const auto saved = ctx->saved_data.at("green").toCapsule();
    const auto& kept = static_cast<const GreenOnGraph&>(*saved);
    return {apply_on_cpu(kept.green, gradient[0], kept.medium), torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

template <>
const cpu::Green<float>& GreenOperator::on_cpu<float>() const {
  TORCH_INTERNAL_ASSERT(single_, "the fields of this Green operator are not in single precision");
  return *single_;
}

template <>
const cpu::Green<double>& GreenOperator::on_cpu<double>() const {
  TORCH_INTERNAL_ASSERT(double_, "the fields of this Green operator are not in double precision");
  return *double_;
}

GreenOperator::GreenOperator(const Grid& grid, const torch::TensorOptions& options) : grid_(grid) {
  if (options.device().is_cpu()) {
    if (options.dtype() == torch::kDouble)
      double_ = std::make_shared<const cpu::Green<double>>(grid);
    else
      single_ = std::make_shared<const cpu::Green<float>>(grid);
    return;
  }
  if (cuda::takes(torch::empty({0}, options))) return;
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
  if (cuda::takes(force)) return cuda::green(force, medium, grid_);
  return single_ || double_ ? GreenFunction::apply(force, *this, medium)
                            : apply_portable(force, medium);
}

torch::Tensor GreenOperator::apply_portable(const torch::Tensor& force,
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
  if (cpu::takes(e)) return cpu::isotropic_stress(medium, e, grid);
  const int d = grid.dimension();
  const auto trace = e.narrow(2, 0, d).sum(2, /*keepdim=*/true) * per_rve(medium.lambda, e);
  auto stress = e * (2. * per_rve(medium.mu, e));
  stress.narrow(2, 0, d).add_(trace);
  return stress;
}

}  // namespace seco::surrogate
