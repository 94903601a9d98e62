#include "field_metrics.h"

#include <torch/fft.h>

#include <algorithm>
#include <cmath>

#include "difference_operator.h"

namespace seco::surrogate {
namespace {

// Sum of squares of every RVE; a load case at a time keeps the double-precision copies small.
torch::Tensor square_sum(const torch::Tensor& field) {
  auto sum = torch::zeros({field.size(0)}, torch::kDouble);
  for (std::int64_t load = 0; load < field.size(1); ++load)
    sum += field.select(1, load).flatten(1).to(torch::kDouble).square().sum(1).cpu();
  return sum;
}

torch::Tensor fluctuation(const torch::Tensor& field, const Grid& grid) {
  return field - with_grid_axes(grid_mean(field, grid).to(field.scalar_type()), grid);
}

// Quotient of non-negative numbers that is `otherwise` where both vanish.
torch::Tensor quotient(const torch::Tensor& a, const torch::Tensor& b, double default_value) {
  return torch::where(b > 0, a / b, torch::full_like(a, default_value));
}

// A value per mode of the half spectrum that rfftn returns.
struct Modes {
  // Wave number in cycles per longest edge, [f...], double.
  torch::Tensor wave_number;
  // Largest frequency over the axes, relative to the highest that the axis resolves.
  torch::Tensor relative_frequency;
  // 2 for modes whose conjugate is left out of the half spectrum, else 1.
  torch::Tensor weight;
};

Modes modes_of(const Grid& grid) {
  const int d = grid.dimension();
  double longest = 0;
  for (int j = 0; j < d; ++j)
    longest = std::max(longest, grid.spacing[j] * static_cast<double>(grid.shape[j]));
  Modes modes;
  auto square = torch::zeros({1}, torch::kDouble);
  auto relative = torch::zeros({1}, torch::kDouble);
  for (int j = 0; j < d; ++j) {
    const auto n = grid.shape[j];
    const bool last = j == d - 1;
    const auto count = last ? n / 2 + 1 : n;
    auto index = torch::arange(count, torch::kDouble);
    if (!last) index = torch::where(index > static_cast<double>(n / 2), index - n, index);
    std::vector<std::int64_t> shape(d, 1);
    shape[j] = count;
    const double length = grid.spacing[j] * static_cast<double>(n);
    square = square + (index * (longest / length)).square().reshape(shape);
    relative =
        torch::maximum(relative, (index.abs() * (2. / static_cast<double>(n))).reshape(shape));
    if (last) {
      // Frequency 0, and n / 2 of an even axis, are their own conjugates along this axis.
      const auto self = (index == 0) | (index * 2 == static_cast<double>(n));
      modes.weight = torch::where(self, torch::ones_like(index), 2. * torch::ones_like(index));
    }
  }
  modes.wave_number = square.sqrt();
  modes.relative_frequency = relative;
  modes.weight = modes.weight.expand_as(modes.wave_number).contiguous();
  return modes;
}

// Energy of every mode over loads and components, [B, f...], double, CPU; the mean is left out.
torch::Tensor mode_energy(const torch::Tensor& field, const Grid& grid, const Modes& modes) {
  torch::Tensor energy;
  const auto axes = grid.axes();
  for (std::int64_t load = 0; load < field.size(1); ++load) {
    const auto transformed = torch::fft_rfftn(field.select(1, load), c10::nullopt, axes);
    const auto part =
        torch::view_as_real(transformed).square().sum(-1).to(torch::kDouble).sum(1).cpu();
    energy = energy.defined() ? energy + part : part;
  }
  const auto n = static_cast<double>(grid.n_voxels());
  energy = energy * modes.weight / (n * n);
  energy.flatten(1).select(1, 0).zero_();
  return energy;
}

torch::Tensor energy_where(const torch::Tensor& energy, const torch::Tensor& chosen) {
  return (energy * chosen.to(torch::kDouble)).flatten(1).sum(1);
}

}  // namespace

torch::Tensor relative_error(const torch::Tensor& field, const torch::Tensor& reference,
                             const Grid&) {
  return quotient(square_sum(field - reference), square_sum(reference), 0.).sqrt();
}

torch::Tensor fluctuation_error(const torch::Tensor& field, const torch::Tensor& reference,
                                const Grid& grid) {
  const auto whole = square_sum(reference), part = square_sum(fluctuation(reference, grid));
  return quotient(square_sum(field - reference), torch::maximum(part, 1e-18 * whole), 0.).sqrt();
}

torch::Tensor divergence_measure(const torch::Tensor& stress, const Grid& grid) {
  const double h = *std::min_element(grid.spacing.begin(), grid.spacing.end());
  return quotient(square_sum(divergence_of(stress, grid)), square_sum(stress), 0.).sqrt() * h;
}

torch::Tensor energy_spectrum(const torch::Tensor& field, const Grid& grid) {
  const auto modes = modes_of(grid);
  const auto bins = modes.wave_number.round().to(torch::kLong).flatten();
  const auto count = bins.max().item<std::int64_t>() + 1;
  return torch::zeros({field.size(0), count}, torch::kDouble)
      .index_add_(1, bins, mode_energy(field, grid, modes).flatten(1));
}

double nyquist_wave_number(const Grid& grid, int factor) {
  double longest = 0;
  for (int j = 0; j < grid.dimension(); ++j)
    longest = std::max(longest, grid.spacing[j] * static_cast<double>(grid.shape[j]));
  const double h = *std::max_element(grid.spacing.begin(), grid.spacing.end());
  return longest / (2. * factor * h);
}

torch::Tensor energy_beyond(const torch::Tensor& field, double wave_number, const Grid& grid) {
  const auto modes = modes_of(grid);
  // Round-off of the wave number must not decide about modes that lie on the limit.
  return energy_where(mode_energy(field, grid, modes),
                      modes.wave_number > wave_number * (1. + 1e-12));
}

torch::Tensor high_frequency_share(const torch::Tensor& field, const Grid& grid) {
  const auto modes = modes_of(grid);
  const auto energy = mode_energy(field, grid, modes);
  return quotient(energy_where(energy, modes.relative_frequency > 2. / 3. + 1e-12),
                  energy.flatten(1).sum(1), 0.);
}

torch::Tensor boundary_voxels(const torch::Tensor& phase, const Grid& grid) {
  auto boundary = torch::zeros_like(phase, torch::kBool);
  for (const auto axis : grid.axes())
    for (const std::int64_t shift : {-1, 1})
      boundary = boundary | (torch::roll(phase, shift, axis) != phase);
  return boundary;
}

torch::Tensor boundary_error_ratio(const torch::Tensor& error, const torch::Tensor& boundary,
                                   const Grid& grid) {
  const auto square = error.square().to(torch::kDouble).sum({1, 2});
  const auto inside = boundary.to(square.device());
  const auto mean_square = [&](const torch::Tensor& chosen) {
    const auto weight = chosen.to(torch::kDouble);
    return quotient(grid_sum(square * weight, grid).cpu(), grid_sum(weight, grid).cpu(), NAN);
  };
  const auto ratio = (mean_square(inside) / mean_square(inside.logical_not())).sqrt();
  return torch::where(torch::isfinite(ratio), ratio, torch::ones_like(ratio));
}

torch::Tensor stiffness_error(const torch::Tensor& stiffness, const torch::Tensor& reference) {
  const auto exact = reference.to(torch::kCPU, torch::kDouble);
  return (stiffness.to(torch::kCPU, torch::kDouble) - exact).norm(2, {1, 2}) /
         exact.norm(2, {1, 2});
}

torch::Tensor bound_violation(const torch::Tensor& lower, const torch::Tensor& upper,
                              const torch::Tensor& reference) {
  const auto largest = [](const torch::Tensor& matrix) {
    return std::get<0>(torch::linalg_eigvalsh(matrix).max(1));
  };
  const auto worst = torch::maximum(largest(reference - upper), largest(lower - reference));
  return worst.clamp_min(0.) / largest(reference);
}

}  // namespace seco::surrogate
