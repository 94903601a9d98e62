#include "field_kernels.h"

#include "voxel_loops.h"

namespace seco::surrogate::cpu {
namespace {

// Calls f(kernel arguments) for slabs of all fields: f(field, first plane, last plane).
template <typename Number, typename Function>
void for_fields(const Voxels<Number>& v, std::int64_t n_fields, const Function& f) {
  for_all(n_fields, [&](std::int64_t field) {
    for_slabs(v, [&](std::int64_t first, std::int64_t last) { f(field, first, last); });
  });
}

torch::Tensor output_for(const torch::Tensor& input, const Grid& grid, int components) {
  auto shape = input.sizes().vec();
  shape[shape.size() - grid.dimension() - 1] = components;
  return torch::empty(shape, input.options());
}

}  // namespace

torch::Tensor strain(const torch::Tensor& displacement, const Grid& grid) {
  const auto u = displacement.contiguous();
  auto result = output_for(u, grid, grid.n_components());
  const auto n_in = grid.dimension() * grid.n_voxels(),
             n_out = grid.n_components() * grid.n_voxels();
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "strain", [&] {
    const auto v = voxels<scalar_t>(grid);
    const auto* in = u.data_ptr<scalar_t>();
    auto* out = result.data_ptr<scalar_t>();
    const auto plane = v.n[1] * v.n[2];
    for_fields(v, u.numel() / n_in, [&](std::int64_t field, std::int64_t first, std::int64_t last) {
      kernels<scalar_t>().strain(v, 1, in + field * n_in, out + field * n_out + first * plane,
                                 v.count(), first, last);
    });
  });
  return result;
}

torch::Tensor strain_of_planes(const torch::Tensor& u, const Grid& grid, std::int64_t first,
                               std::int64_t last) {
  auto shape = u.sizes().vec();
  const auto axes = shape.size() - grid.dimension();
  shape[axes - 1] = grid.n_components();
  shape[axes] = last - first;
  auto result = torch::empty(shape, u.options());
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "strain_of_planes", [&] {
    const auto v = voxels<scalar_t>(grid);
    kernels<scalar_t>().strain(v, u.numel() / (grid.dimension() * grid.n_voxels()),
                               u.data_ptr<scalar_t>(), result.data_ptr<scalar_t>(),
                               (last - first) * v.n[1] * v.n[2], first, last);
  });
  return result;
}

torch::Tensor divergence(const torch::Tensor& stress, const Grid& grid) {
  const auto s = stress.contiguous();
  auto result = output_for(s, grid, grid.dimension());
  const auto n_in = grid.n_components() * grid.n_voxels(),
             n_out = grid.dimension() * grid.n_voxels();
  AT_DISPATCH_FLOATING_TYPES(s.scalar_type(), "divergence", [&] {
    const auto v = voxels<scalar_t>(grid);
    const auto* in = s.data_ptr<scalar_t>();
    auto* out = result.data_ptr<scalar_t>();
    for_fields(v, s.numel() / n_in, [&](std::int64_t field, std::int64_t first, std::int64_t last) {
      kernels<scalar_t>().divergence(v, 1, {0, 1}, in + field * n_in, out + field * n_out, first,
                                     last, nullptr);
    });
  });
  return result;
}

torch::Tensor compact_phase(const torch::Tensor& phase) {
  return phase.to(torch::kInt).contiguous();
}

torch::Tensor compact_matrices(const torch::Tensor& matrices) {
  return upper_triangles(matrices).transpose(1, 2).contiguous();
}

torch::Tensor multiply(const PhaseTables& tables, Moduli moduli, const torch::Tensor& field) {
  const auto x = field.contiguous();
  auto y = torch::empty(x.sizes(), x.options());
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "multiply", [&] {
    const auto size = x[0].numel();
    for_all(x.size(0), [&](std::int64_t b) {
      const auto v = voxels<scalar_t>(tables, b);
      for_slabs(v, [&](std::int64_t first, std::int64_t last) {
        kernels<scalar_t>().multiply(v, matrices(v, moduli), x.size(1),
                                     x.data_ptr<scalar_t>() + b * size,
                                     y.data_ptr<scalar_t>() + b * size, first, last);
      });
    });
  });
  return y;
}

FieldForms forms(const KernelEntries&, const PhaseTables& tables, Moduli moduli,
                 const torch::Tensor& field) {
  const Grid& grid = tables.grid;
  const auto x = field.contiguous();
  const auto batch = x.size(0), loads = x.size(1), m = x.size(2), n = grid.shape[0];
  auto gram = torch::zeros({batch, n, loads * loads}, torch::kDouble);
  auto mean = torch::zeros({batch, n, loads * m}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "forms", [&] {
    const auto size = x[0].numel();
    for_all(batch, [&](std::int64_t b) {
      const auto v = voxels<scalar_t>(tables, b);
      for_slabs(v, [&](std::int64_t first, std::int64_t last) {
        for (auto i = first; i < last; ++i)
          kernels<scalar_t>().forms(v, matrices(v, moduli), loads,
                                    x.data_ptr<scalar_t>() + b * size, i, i + 1,
                                    gram.data_ptr<double>() + (b * n + i) * loads * loads,
                                    mean.data_ptr<double>() + (b * n + i) * loads * m);
      });
    });
  });
  return {mirrored(mean_over_planes(gram, grid, loads)), mean_over_planes(mean, grid, loads)};
}

}  // namespace seco::surrogate::cpu
