// The operators one by one.
#include <torch/fft.h>
#include <torch/torch.h>

#include <cmath>

#include "differences.h"
#include "portable_kernels.h"

namespace seco::surrogate::portable {
namespace {

const double inverse_sqrt2 = std::sqrt(0.5);

torch::Tensor component(const torch::Tensor& field, int index, const Grid& grid) {
  return field.select(-grid.dimension() - 1, index);
}

/// The symbol of D, `[d, frequencies...]`, complex, and 1 / |k|^2, zero where k = 0.
struct SymbolPlan : GreenPlan {
  using GreenPlan::GreenPlan;
  torch::Tensor symbol, inverse_square;
};

// k_j of all frequencies of a real transform, double precision.
torch::Tensor symbol_of(const Grid& grid) {
  const int d = grid.dimension();
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
  return torch::stack(torch::broadcast_tensors(symbol));
}

}  // namespace

torch::Tensor strain(const torch::Tensor& u, const Grid& grid) {
  torch::NoGradGuard no_grad;
  const int d = grid.dimension();
  std::vector<torch::Tensor> gradient, result;
  for (int j = 0; j < d; ++j) gradient.push_back(difference(u, j, grid));
  for (const auto& [i, j] : mandel_pairs(d))
    result.push_back(i == j ? component(gradient[i], i, grid)
                            : (component(gradient[i], j, grid) + component(gradient[j], i, grid)) *
                                  inverse_sqrt2);
  return torch::stack(result, -d - 1);
}

torch::Tensor strain_of_planes(const torch::Tensor& u, const Grid& grid, std::int64_t first,
                               std::int64_t last) {
  torch::NoGradGuard no_grad;
  // The nodes behind the last plane of voxels belong to it, and wrap.
  const auto axis = u.dim() - grid.dimension();
  auto planes = torch::arange(first, last + 1, torch::kLong);
  planes = planes.remainder(grid.shape[0]).to(u.device());
  Grid slab = grid;
  slab.shape[0] = static_cast<int>(last - first + 1);
  return strain(u.index_select(axis, planes), slab).narrow(axis, 0, last - first).contiguous();
}

torch::Tensor divergence(const torch::Tensor& stress, const Grid& grid) {
  torch::NoGradGuard no_grad;
  const int d = grid.dimension();
  const auto pairs = mandel_pairs(d);
  std::vector<torch::Tensor> force(d);
  const auto add = [&](int i, const torch::Tensor& value) {
    force[i] = force[i].defined() ? force[i] + value : value;
  };
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const auto [i, j] = pairs[p];
    const auto s = component(stress, static_cast<int>(p), grid);
    if (i == j) {
      add(i, difference_adjoint(s, i, grid));
    } else {
      add(j, difference_adjoint(s, i, grid) * inverse_sqrt2);
      add(i, difference_adjoint(s, j, grid) * inverse_sqrt2);
    }
  }
  return torch::stack(force, -d - 1);
}

torch::Tensor compact_phase(const torch::Tensor&) {
  return {};
}

torch::Tensor compact_matrices(const torch::Tensor&) {
  return {};
}

torch::Tensor multiply(const PhaseTables& tables, Moduli moduli, const torch::Tensor& field) {
  torch::NoGradGuard no_grad;
  const auto& matrices = moduli == Moduli::stiffness ? tables.stiffness : tables.compliance;
  const auto& phase = tables.phase;
  const auto batch = field.size(0), loads = field.size(1), m = field.size(2);
  const auto x = field.reshape({batch, loads, m, -1});
  const auto index = phase.unsqueeze(-1).expand({batch, phase.size(1), m * m});
  const auto of_voxels = torch::gather(matrices.flatten(2), 1, index)
                             .transpose(1, 2)
                             .reshape({batch, m, m, phase.size(1)});
  std::vector<torch::Tensor> rows;
  for (std::int64_t i = 0; i < m; ++i)
    rows.push_back((of_voxels.select(1, i).unsqueeze(1) * x).sum(2));
  return torch::stack(rows, 2).reshape(field.sizes());
}

torch::Tensor expand(const PhaseTables& tables, const torch::Tensor& values) {
  torch::NoGradGuard no_grad;
  const auto& phase = tables.phase;
  const auto index = phase.unsqueeze(-1).expand({phase.size(0), phase.size(1), values.size(2)});
  std::vector<std::int64_t> shape{phase.size(0), values.size(2)};
  shape.insert(shape.end(), tables.grid.shape.begin(), tables.grid.shape.end());
  return torch::gather(values, 1, index).transpose(1, 2).reshape(shape);
}

torch::Tensor isotropic_stress(const ReferenceMedium& law, const torch::Tensor& e,
                               const Grid& grid) {
  torch::NoGradGuard no_grad;
  const int d = grid.dimension();
  const auto trace = e.narrow(2, 0, d).sum(2, /*keepdim=*/true) * with_field_axes(law.lambda, e);
  auto stress = (e * (2. * with_field_axes(law.mu, e))).contiguous();
  stress.narrow(2, 0, d).add_(trace);
  return stress;
}

std::shared_ptr<const GreenPlan> make_green(const Grid& grid, const torch::TensorOptions& options) {
  // Built in double precision and rounded once.
  const auto k = symbol_of(grid);
  const auto square = torch::abs(k).square().sum(0);
  const auto live = square > 1e-12 * square.max();
  auto plan = std::make_shared<SymbolPlan>(grid);
  plan->inverse_square =
      torch::where(live, torch::where(live, square, torch::ones_like(square)).reciprocal(),
                   torch::zeros_like(square))
          .to(options);
  const auto type = c10::typeMetaToScalarType(options.dtype());
  plan->symbol = k.to(options.dtype(c10::toComplexType(type)));
  return plan;
}

torch::Tensor green(const GreenPlan& plan, const ReferenceMedium& medium,
                    const torch::Tensor& force) {
  torch::NoGradGuard no_grad;
  const auto* known = dynamic_cast<const SymbolPlan*>(&plan);
  TORCH_INTERNAL_ASSERT(known, "the Green operator is of another device");
  const auto axes = plan.grid.axes();
  auto f = torch::fft::rfftn(force, c10::nullopt, axes);
  const auto mu = with_field_axes(medium.mu, f);
  const auto coupling =
      with_field_axes((medium.lambda + medium.mu) / (medium.lambda + 2. * medium.mu), f);
  const auto along = (known->symbol * f).sum(-plan.grid.dimension() - 1, /*keepdim=*/true) *
                     (known->inverse_square * coupling);
  f = (f - torch::conj(known->symbol) * along) * (known->inverse_square / mu);
  return torch::fft::irfftn(f, plan.grid.shape, axes).contiguous();
}

}  // namespace seco::surrogate::portable
