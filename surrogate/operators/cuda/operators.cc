#include "operators.h"

#include <torch/torch.h>

#include "fourier.h"
#include "tensor_arguments.h"

namespace seco::surrogate::cuda {
namespace {

torch::Tensor with_components_of(const torch::Tensor& input, const Grid& grid, int components) {
  auto shape = input.sizes().vec();
  shape[shape.size() - grid.dimension() - 1] = components;
  return torch::empty(shape, input.options());
}

// Adds up the parts of each row.
torch::Tensor add_up(const torch::Tensor& partial_sums, std::vector<std::int64_t> shape) {
  auto sums = doubles(std::move(shape), partial_sums);
  add_partial_sums(sums.numel(), partial_sums.size(-1), partial_sums.data_ptr<double>(),
                   sums.data_ptr<double>(), current_stream());
  return sums;
}

// `a_i . b_j` of one group each, on the device.
torch::Tensor gram_of_groups(const torch::Tensor& a, const torch::Tensor& b) {
  const c10::cuda::CUDAGuard guard(a.device());
  const auto left = a.contiguous(), right = b.contiguous();
  const auto batch = a.size(0), n_a = a.size(1), n_b = b.size(1);
  const auto length = a.numel() / (batch * n_a);
  auto parts = doubles({batch * n_a * n_b, gram_blocks(length)}, a);
  AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "gram", [&] {
    gram_matrices(batch, static_cast<int>(n_a), static_cast<int>(n_b), length,
                  left.const_data_ptr<scalar_t>(), right.const_data_ptr<scalar_t>(),
                  parts.data_ptr<double>(), current_stream());
  });
  return add_up(parts, {batch, n_a, n_b});
}

}  // namespace

torch::Tensor compact_phase(const torch::Tensor& phase) {
  // Phases beyond 2^15 turn negative and are read without a sign again.
  return phase.to(torch::kShort).contiguous();
}

torch::Tensor strain(const torch::Tensor& displacement, const Grid& grid) {
  const c10::cuda::CUDAGuard guard(displacement.device());
  const auto u = displacement.contiguous();
  auto e = with_components_of(u, grid, grid.n_components());
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "strain", [&] {
    with_dimension(grid, [&](auto dim) {
      constexpr int d = decltype(dim)::value;
      strain(lattice<d, scalar_t>(grid), u.numel() / (d * grid.n_voxels()),
             u.const_data_ptr<scalar_t>(), e.data_ptr<scalar_t>(), current_stream());
    });
  });
  return e;
}

torch::Tensor divergence(const torch::Tensor& stress, const Grid& grid) {
  const c10::cuda::CUDAGuard guard(stress.device());
  const auto s = stress.contiguous();
  auto f = with_components_of(s, grid, grid.dimension());
  AT_DISPATCH_FLOATING_TYPES(s.scalar_type(), "divergence", [&] {
    with_dimension(grid, [&](auto dim) {
      constexpr int d = decltype(dim)::value;
      divergence(lattice<d, scalar_t>(grid), s.numel() / (grid.n_components() * grid.n_voxels()),
                 s.const_data_ptr<scalar_t>(), f.data_ptr<scalar_t>(), current_stream());
    });
  });
  return f;
}

torch::Tensor multiply(const PhaseTables& tables, Moduli moduli, const torch::Tensor& field) {
  const c10::cuda::CUDAGuard guard(field.device());
  const auto& compact = tables.compact;
  const auto& upper = moduli == Moduli::stiffness ? compact.stiffness : compact.compliance;
  const auto x = field.contiguous();
  auto y = torch::empty(x.sizes(), x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "multiply", [&] {
    with_components(x.size(2), [&](auto m) {
      apply_matrices<decltype(m)::value>(phase_table<scalar_t>(compact.phase, upper), x.size(0),
                                         static_cast<int>(x.size(1)), x.const_data_ptr<scalar_t>(),
                                         y.data_ptr<scalar_t>(), current_stream());
    });
  });
  return y;
}

torch::Tensor quadratic_form(const KernelEntries&, const PhaseTables& tables,
                             const torch::Tensor& matrices, const torch::Tensor& field) {
  const c10::cuda::CUDAGuard guard(field.device());
  const auto& phase = tables.compact.phase;
  const auto upper = upper_triangles(matrices.to(field.options()));
  const auto x = field.contiguous();
  auto parts = doubles({x.size(0) * x.size(1), blocks_of(phase.size(1))}, x);
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "quadratic_form", [&] {
    with_components(x.size(2), [&](auto m) {
      quadratic_forms<decltype(m)::value>(phase_table<scalar_t>(phase, upper), x.size(0),
                                          static_cast<int>(x.size(1)), x.const_data_ptr<scalar_t>(),
                                          parts.data_ptr<double>(), current_stream());
    });
  });
  return add_up(parts, {x.size(0), x.size(1)}).cpu() / static_cast<double>(tables.grid.n_voxels());
}

torch::Tensor expand(const PhaseTables& tables, const torch::Tensor& values) {
  const auto& phase = tables.compact.phase;
  const c10::cuda::CUDAGuard guard(phase.device());
  const auto table = values.contiguous();
  std::vector<std::int64_t> shape{phase.size(0), table.size(2)};
  shape.insert(shape.end(), tables.grid.shape.begin(), tables.grid.shape.end());
  auto channels = torch::empty(shape, table.options());
  AT_DISPATCH_FLOATING_TYPES(table.scalar_type(), "expand", [&] {
    expand_phases(phase_table<scalar_t>(phase, table), phase.size(0),
                  static_cast<int>(table.size(2)), channels.data_ptr<scalar_t>(), current_stream());
  });
  return channels;
}

torch::Tensor medium_on_device(const ReferenceMedium& medium, const torch::Tensor& field) {
  return torch::stack({medium.lambda, medium.mu})
      .to(field.device(), torch::kDouble, /*non_blocking=*/true)
      .contiguous();
}

torch::Tensor green_into(const torch::Tensor& force, const torch::Tensor& medium, const Grid& grid,
                         torch::Tensor& displacement) {
  const int d = grid.dimension();
  const auto batch = force.size(0), loads = force.size(1);
  auto shape = force.sizes().vec();
  shape.back() = shape.back() / 2 + 1;
  auto spectrum =
      torch::empty(shape, force.options().dtype(torch::toComplexType(force.scalar_type())));
  std::int64_t n_frequencies = 1;
  for (int j = 0; j < d; ++j) n_frequencies *= shape[shape.size() - 1 - j];
  auto parts = doubles({batch * loads, blocks_of(n_frequencies)}, force);
  AT_DISPATCH_FLOATING_TYPES(force.scalar_type(), "green", [&] {
    const FourierTransforms<scalar_t> transforms(grid.shape, loads * d, batch);
    auto work = torch::empty({static_cast<std::int64_t>(transforms.work_bytes())},
                             force.options().dtype(torch::kByte));
    auto* values = reinterpret_cast<Complex<scalar_t>*>(spectrum.data_ptr());
    transforms.forward(force.data_ptr<scalar_t>(), values, work.data_ptr(), current_stream());
    with_dimension(grid, [&](auto dim) {
      scale_by_green(lattice<decltype(dim)::value, scalar_t>(grid), batch, static_cast<int>(loads),
                     medium.data_ptr<double>(), 1. / static_cast<double>(grid.n_voxels()), values,
                     parts.data_ptr<double>(), current_stream());
    });
    transforms.inverse(values, displacement.data_ptr<scalar_t>(), work.data_ptr(),
                       current_stream());
  });
  return parts;
}

std::shared_ptr<const GreenPlan> make_green(const Grid& grid, const torch::TensorOptions&) {
  return std::make_shared<const GreenPlan>(grid);
}

torch::Tensor green(const GreenPlan& plan, const ReferenceMedium& medium,
                    const torch::Tensor& force) {
  const c10::cuda::CUDAGuard guard(force.device());
  auto displacement = torch::empty(force.sizes(), force.options());
  green_into(force.contiguous(), medium_on_device(medium, force), plan.grid, displacement);
  return displacement;
}

torch::Tensor inner_product(const torch::Tensor& a, const torch::Tensor& b) {
  const c10::cuda::CUDAGuard guard(a.device());
  const auto left = a.contiguous(), right = b.contiguous();
  const auto rows = a.size(0) * a.size(1), length = a.numel() / rows;
  auto parts = doubles({rows, blocks_of(length)}, a);
  AT_DISPATCH_FLOATING_TYPES(a.scalar_type(), "inner_product", [&] {
    inner_products(rows, length, left.const_data_ptr<scalar_t>(), right.const_data_ptr<scalar_t>(),
                   parts.data_ptr<double>(), current_stream());
  });
  return add_up(parts, {a.size(0), a.size(1)});
}

void advance(const torch::Tensor& alpha, const torch::Tensor& p, const torch::Tensor& q,
             torch::Tensor& u, torch::Tensor& r) {
  const c10::cuda::CUDAGuard guard(u.device());
  const auto factors = alpha.contiguous(), along = p.contiguous(), image = q.contiguous();
  TORCH_INTERNAL_ASSERT(u.is_contiguous() && r.is_contiguous());
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "advance", [&] {
    advance(alpha.numel(), u.numel() / alpha.numel(), factors.const_data_ptr<double>(),
            along.const_data_ptr<scalar_t>(), image.const_data_ptr<scalar_t>(),
            u.data_ptr<scalar_t>(), r.data_ptr<scalar_t>(), current_stream());
  });
}

void turn(const torch::Tensor& beta, const torch::Tensor& z, torch::Tensor& p) {
  const c10::cuda::CUDAGuard guard(p.device());
  const auto factors = beta.contiguous(), onto = z.contiguous();
  TORCH_INTERNAL_ASSERT(p.is_contiguous());
  AT_DISPATCH_FLOATING_TYPES(p.scalar_type(), "turn", [&] {
    turn(beta.numel(), p.numel() / beta.numel(), factors.const_data_ptr<double>(),
         onto.const_data_ptr<scalar_t>(), p.data_ptr<scalar_t>(), current_stream());
  });
}

torch::Tensor gram(const std::vector<torch::Tensor>& a, const std::vector<torch::Tensor>& b,
                   bool /*symmetric*/) {
  std::vector<torch::Tensor> rows;
  for (const auto& left : a) {
    std::vector<torch::Tensor> blocks;
    for (const auto& right : b) blocks.push_back(gram_of_groups(left, right));
    rows.push_back(torch::cat(blocks, 2));
  }
  return torch::cat(rows, 1).cpu();
}

}  // namespace seco::surrogate::cuda
