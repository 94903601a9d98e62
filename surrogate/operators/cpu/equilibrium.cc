#include "equilibrium.h"

#include "green.h"
#include "voxel_loops.h"

namespace seco::surrogate::cpu {
namespace {

template <typename Number>
Isotropic<Number> isotropic(const ReferenceMedium& law, std::int64_t b, double sign) {
  return {static_cast<Number>(sign * value(law.lambda, b)),
          static_cast<Number>(2. * sign * value(law.mu, b))};
}

template <typename Number>
StressOutput<Number> output(const StressAndStrain& result, const torch::Tensor& constant,
                            std::int64_t b) {
  const auto size = result.stress[0].numel();
  return {constant.data_ptr<Number>() + b * constant[0].numel(),
          result.stress.data_ptr<Number>() + b * size,
          result.strain.defined() ? result.strain.data_ptr<Number>() + b * size : nullptr};
}

// `D^T law : s` and the means of s, [B, L, m].
std::pair<torch::Tensor, torch::Tensor> force_and_mean(const ReferenceMedium& law,
                                                       const torch::Tensor& s, const Grid& grid) {
  const auto batch = s.size(0), loads = s.size(1), n = grid.shape[0];
  auto shape = s.sizes().vec();
  shape[2] = grid.dimension();
  auto force = torch::empty(shape, s.options());
  auto sums = torch::zeros({batch, n, loads * s.size(2)}, torch::kDouble);
  AT_DISPATCH_FLOATING_TYPES(s.scalar_type(), "force_and_mean", [&] {
    const auto v = voxels<scalar_t>(grid);
    for_all(batch, [&](std::int64_t b) {
      for_slabs(v, [&](std::int64_t first, std::int64_t last) {
        kernels<scalar_t>().divergence(v, loads, isotropic<scalar_t>(law, b, 1.),
                                       s.data_ptr<scalar_t>() + b * s[0].numel(),
                                       force.data_ptr<scalar_t>() + b * force[0].numel(), first,
                                       last, sums.data_ptr<double>() + b * sums[0].numel());
      });
    });
  });
  return {force, mean_over_planes(sums, grid, loads)};
}

torch::Tensor applied(const ReferenceMedium& law, const torch::Tensor& values, int dimension) {
  auto result = values * (2. * law.mu).reshape({-1, 1, 1});
  result.narrow(2, 0, dimension) +=
      law.lambda.reshape({-1, 1, 1}) * values.narrow(2, 0, dimension).sum(2, /*keepdim=*/true);
  return result;
}

StressAndStrain empty_result(const std::vector<std::int64_t>& shape,
                             const torch::TensorOptions& options, bool with_strain) {
  return {torch::empty(shape, options),
          with_strain ? torch::empty(shape, options) : torch::Tensor()};
}

// `law : s + constant - C0 : sym D z`, and its strain.
void write_stress(const Grid& grid, const PhaseTables* tables, const ReferenceMedium& law,
                  const torch::Tensor& s, const ReferenceMedium& medium, const torch::Tensor& z,
                  const torch::Tensor& constant, const StressAndStrain& result) {
  AT_DISPATCH_FLOATING_TYPES(s.scalar_type(), "write_stress", [&] {
    for_all(s.size(0), [&](std::int64_t b) {
      const auto v = tables ? voxels<scalar_t>(*tables, b) : voxels<scalar_t>(grid);
      const auto* z_b = z.defined() ? z.data_ptr<scalar_t>() + b * z[0].numel() : nullptr;
      for_slabs(v, [&](std::int64_t first, std::int64_t last) {
        kernels<scalar_t>().stress_with_correction(
            v, s.size(1), isotropic<scalar_t>(law, b, 1.),
            s.data_ptr<scalar_t>() + b * s[0].numel(), isotropic<scalar_t>(medium, b, -1.), z_b,
            output<scalar_t>(result, constant, b), first, last);
      });
    });
  });
}

// The law that changes nothing.
ReferenceMedium identity(const ReferenceMedium& medium) {
  return {torch::zeros_like(medium.mu), torch::full_like(medium.mu, 0.5)};
}

}  // namespace

StressAndStrain equilibrated_part(const KernelEntries&, const ReferenceMedium* given_law,
                                  const torch::Tensor& field, const GreenPlan& plan,
                                  const ReferenceMedium& medium, const PhaseTables* tables) {
  const auto law = given_law ? *given_law : identity(medium);
  const auto s = field.contiguous();
  const auto [force, mean] = force_and_mean(law, s, plan.grid);
  const auto z = green(plan, medium, force);
  const auto constant = (-applied(law, mean, plan.grid.dimension())).to(s.options()).contiguous();
  auto result = empty_result(s.sizes().vec(), s.options(), tables != nullptr);
  write_stress(plan.grid, tables, law, s, medium, z, constant, result);
  return result;
}

torch::Tensor isotropic_stress(const ReferenceMedium& law, const torch::Tensor& field,
                               const Grid& grid) {
  const auto s = field.contiguous();
  const auto constant = torch::zeros({s.size(0), s.size(1), s.size(2)}, s.options());
  const auto result = empty_result(s.sizes().vec(), s.options(), /*with_strain=*/false);
  write_stress(grid, nullptr, law, s, law, {}, constant, result);
  return result.stress;
}

StressAndStrain equilibrated_stress(const KernelEntries&, const PhaseTables& tables,
                                    const ReferenceMedium& medium,
                                    const torch::Tensor& displacement,
                                    const torch::Tensor& preconditioned_residual,
                                    const torch::Tensor& mean) {
  const auto u = displacement.contiguous(), z = preconditioned_residual.contiguous();
  auto shape = u.sizes().vec();
  shape[2] = tables.grid.n_components();
  auto result = empty_result(shape, u.options(), /*with_strain=*/true);
  const auto constant = (-mean).to(u.options()).contiguous();
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "equilibrated_stress", [&] {
    const auto size = u[0].numel();
    for_all(u.size(0), [&](std::int64_t b) {
      const auto v = voxels<scalar_t>(tables, b);
      for_slabs(v, [&](std::int64_t first, std::int64_t last) {
        kernels<scalar_t>().stress_of_displacement(
            v, u.size(1), u.data_ptr<scalar_t>() + b * size, isotropic<scalar_t>(medium, b, 1.),
            z.data_ptr<scalar_t>() + b * size, output<scalar_t>(result, constant, b), first, last);
      });
    });
  });
  return result;
}

}  // namespace seco::surrogate::cpu
