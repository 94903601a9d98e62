#include "difference_operator.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "../cpu/field_kernels.h"
#include "../cuda/operators.h"

namespace seco::surrogate {
namespace {

const double inverse_sqrt2 = std::sqrt(0.5);

// `shift` -1 reaches the next node (voxel from nodes), +1 the previous voxel (node from voxels).
torch::Tensor averaged(const torch::Tensor& f, std::int64_t axis, std::int64_t shift) {
  return (torch::roll(f, shift, axis) + f) * 0.5;
}
torch::Tensor differenced(const torch::Tensor& f, std::int64_t axis, double h) {
  return (torch::roll(f, -1, axis) - f) / h;
}
torch::Tensor differenced_adjoint(const torch::Tensor& f, std::int64_t axis, double h) {
  return (torch::roll(f, 1, axis) - f) / h;
}

torch::Tensor component(const torch::Tensor& field, int index, const Grid& grid) {
  return field.select(-grid.dimension() - 1, index);
}

bool has_kernel(const torch::Tensor& t) {
  return cuda::takes(t) ||
         (t.is_cpu() && (t.scalar_type() == torch::kFloat || t.scalar_type() == torch::kDouble));
}

Grid grid_from(const torch::autograd::AutogradContext* ctx) {
  return Grid{ctx->saved_data.at("shape").toIntVector(),
              ctx->saved_data.at("spacing").toDoubleVector()};
}

void save_grid(torch::autograd::AutogradContext* ctx, const Grid& grid) {
  ctx->saved_data["shape"] = grid.shape;
  ctx->saved_data["spacing"] = grid.spacing;
}

struct DivergenceFunction;

struct StrainFunction : torch::autograd::Function<StrainFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& u,
                               const Grid& grid) {
    save_grid(ctx, grid);
    return cuda::takes(u) ? cuda::strain(u, grid) : cpu::strain(u, grid);
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx,
                                               torch::autograd::tensor_list gradient) {
    return {divergence_of(gradient[0], grid_from(ctx)), torch::Tensor()};
  }
};

struct DivergenceFunction : torch::autograd::Function<DivergenceFunction> {
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& s,
                               const Grid& grid) {
    save_grid(ctx, grid);
    return cuda::takes(s) ? cuda::divergence(s, grid) : cpu::divergence(s, grid);
  }
  static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* ctx,
                                               torch::autograd::tensor_list gradient) {
    return {strain_of(gradient[0], grid_from(ctx)), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor difference(const torch::Tensor& field, int direction, const Grid& grid) {
  const int d = grid.dimension();
  auto f = differenced(field, direction - d, grid.spacing[direction]);
  for (int i = 0; i < d; ++i)
    if (i != direction) f = averaged(f, i - d, -1);
  return f;
}

torch::Tensor difference_adjoint(const torch::Tensor& field, int direction, const Grid& grid) {
  const int d = grid.dimension();
  auto f = differenced_adjoint(field, direction - d, grid.spacing[direction]);
  for (int i = 0; i < d; ++i)
    if (i != direction) f = averaged(f, i - d, 1);
  return f;
}

torch::Tensor strain_of_portable(const torch::Tensor& displacement, const Grid& grid) {
  const int d = grid.dimension();
  std::vector<torch::Tensor> gradient;
  for (int j = 0; j < d; ++j) gradient.push_back(difference(displacement, j, grid));
  std::vector<torch::Tensor> strain;
  for (const auto& [i, j] : mandel_pairs(d)) {
    if (i == j)
      strain.push_back(component(gradient[i], i, grid));
    else
      strain.push_back((component(gradient[i], j, grid) + component(gradient[j], i, grid)) *
                       inverse_sqrt2);
  }
  return torch::stack(strain, -d - 1);
}

torch::Tensor divergence_of_portable(const torch::Tensor& stress, const Grid& grid) {
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

torch::Tensor strain_of(const torch::Tensor& displacement, const Grid& grid) {
  return has_kernel(displacement) ? StrainFunction::apply(displacement, grid)
                                  : strain_of_portable(displacement, grid);
}

torch::Tensor divergence_of(const torch::Tensor& stress, const Grid& grid) {
  return has_kernel(stress) ? DivergenceFunction::apply(stress, grid)
                            : divergence_of_portable(stress, grid);
}

double relative_divergence(const torch::Tensor& stress, const Grid& grid) {
  const double norm = stress.detach().to(torch::kDouble).norm().item<double>();
  if (norm == 0.) return 0.;
  const double h = *std::min_element(grid.spacing.begin(), grid.spacing.end());
  return divergence_of(stress.detach(), grid).to(torch::kDouble).norm().item<double>() * h / norm;
}

}  // namespace seco::surrogate
