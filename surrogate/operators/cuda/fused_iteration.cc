#include "fused_iteration.h"

#include <algorithm>

#include "tensor_arguments.h"

namespace seco::surrogate::cuda {
namespace {

// Enough blocks for every multiprocessor to hold several, in segments as long as that allows: each
// segment reads two planes more.
template <int dim, typename Number>
int planes_per_block(const ActionArguments<dim, Number>& arguments, std::int64_t batch,
                     const torch::Device& device) {
  int processors = 0;
  if (cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device.index()) !=
      cudaSuccess)
    processors = 128;
  const int n = arguments.grid.size[0];
  const auto whole = batch * arguments.n_tiles() * arguments.n_groups();
  const auto wanted = (4 * static_cast<std::int64_t>(processors) + whole - 1) / whole;
  const auto segments = std::min<std::int64_t>(wanted, std::max(n / 8, 1));
  return static_cast<int>((n + segments - 1) / segments);
}

struct Action {
  // With a factor beta, the vector is displacement + beta direction and kept in new_direction.
  torch::Tensor displacement, direction{}, beta{}, new_direction{};
  bool unit_loads = false;
  double sign = 1.;
};

/// @return partial sums of e : C : e, `[B L, parts]`
torch::Tensor act(const PhaseTables& tables, const Action& action, torch::Tensor& force) {
  const Grid& grid = tables.grid;
  torch::Tensor parts;
  AT_DISPATCH_FLOATING_TYPES(force.scalar_type(), "stiffness_action", [&] {
    with_dimension(grid, [&](auto dim) {
      constexpr int d = decltype(dim)::value;
      const auto table = phase_table<scalar_t>(tables.compact.phase, tables.compact.stiffness);
      ActionArguments<d, scalar_t> arguments{lattice<d, scalar_t>(grid)};
      arguments.n_loads = static_cast<int>(force.size(1));
      arguments.n_phases = table.n_phases;
      arguments.phase = table.phase;
      arguments.table = table.values;
      arguments.displacement = action.displacement.const_data_ptr<scalar_t>();
      if (action.beta.defined()) {
        arguments.direction = action.direction.const_data_ptr<scalar_t>();
        arguments.beta = action.beta.const_data_ptr<double>();
        arguments.new_direction = action.new_direction.data_ptr<scalar_t>();
      }
      arguments.force = force.data_ptr<scalar_t>();
      arguments.sign = static_cast<scalar_t>(action.sign);
      arguments.unit_loads = action.unit_loads;
      arguments.planes = planes_per_block(arguments, force.size(0), force.device());
      parts = doubles({force.size(0) * force.size(1), arguments.n_partial_sums()}, force);
      arguments.partial_sums = parts.data_ptr<double>();
      stiffness_action(arguments, force.size(0), current_stream());
    });
  });
  return parts;
}

}  // namespace

Residual residual_of(const KernelEntries&, const PhaseTables& tables, const GreenPlan& plan,
                     const ReferenceMedium& medium, const torch::Tensor& displacement) {
  const c10::cuda::CUDAGuard guard(displacement.device());
  const auto u = displacement.contiguous();
  Residual result{torch::empty_like(u), torch::empty_like(u), doubles({u.size(0), u.size(1)}, u),
                  doubles({u.size(0), u.size(1)}, u)};
  const auto energies =
      act(tables, {.displacement = u, .unit_loads = true, .sign = -1.}, result.residual);
  add_partial_sums(result.energy.numel(), energies.size(1), energies.data_ptr<double>(),
                   result.energy.data_ptr<double>(), current_stream());
  result.energy /= static_cast<double>(plan.grid.n_voxels());
  const auto parts =
      green_into(result.residual, medium_on_device(medium, u), plan.grid, result.preconditioned);
  add_partial_sums(result.product.numel(), parts.size(1), parts.data_ptr<double>(),
                   result.product.data_ptr<double>(), current_stream());
  return result;
}

TangentAction tangent_action(const KernelEntries&, const Grid& grid,
                             const torch::Tensor& coefficients, const torch::Tensor& displacement,
                             const torch::Tensor& mean) {
  const c10::cuda::CUDAGuard guard(displacement.device());
  const auto u = displacement.contiguous();
  const auto batch = u.size(0), loads = u.size(1), m = mean.size(2);
  const auto mean_strain = mean.to(u.options()).contiguous();
  TangentAction result;
  result.force = torch::empty_like(u);
  // The energy and the stress of every load, in one transfer.
  auto sums = doubles({batch * loads * (1 + m)}, u);
  AT_DISPATCH_FLOATING_TYPES(u.scalar_type(), "tangent_action", [&] {
    with_dimension(grid, [&](auto dim) {
      constexpr int d = decltype(dim)::value;
      ActionArguments<d, scalar_t> arguments{lattice<d, scalar_t>(grid)};
      arguments.n_loads = static_cast<int>(loads);
      arguments.coefficients = coefficients.const_data_ptr<scalar_t>();
      arguments.mean_strain = mean_strain.const_data_ptr<scalar_t>();
      arguments.displacement = u.const_data_ptr<scalar_t>();
      arguments.force = result.force.data_ptr<scalar_t>();
      arguments.planes = planes_per_block(arguments, batch, u.device());
      auto parts = doubles({batch * loads * (1 + m), arguments.n_partial_sums()}, u);
      arguments.partial_sums = parts.template data_ptr<double>();
      arguments.partial_stresses =
          parts.template data_ptr<double>() + batch * loads * arguments.n_partial_sums();
      tangent_action(arguments, batch, current_stream());
      add_partial_sums(sums.numel(), parts.size(1), parts.template data_ptr<double>(),
                       sums.template data_ptr<double>(), current_stream());
    });
  });
  const auto means = sums.cpu() / static_cast<double>(grid.n_voxels());
  result.energy = means.narrow(0, 0, batch * loads).reshape({batch, loads});
  result.stress_mean = means.narrow(0, batch * loads, batch * loads * m).reshape({batch, loads, m});
  return result;
}

torch::Tensor kinematic_step(const KernelEntries& kernels, const PhaseTables& tables,
                             const GreenPlan& plan, const ReferenceMedium& medium,
                             const torch::Tensor& floor, const KinematicState& state) {
  const c10::cuda::CUDAGuard guard(state.displacement.device());
  const auto rows = state.rz.numel();
  auto direction = torch::empty_like(state.displacement);
  auto image = torch::empty_like(state.displacement);
  const auto p_ap = act(tables,
                        {.displacement = state.preconditioned,
                         .direction = state.direction,
                         .beta = state.beta,
                         .new_direction = direction},
                        image);
  state.direction = direction;
  auto alpha = torch::empty_like(state.rz), decrease = torch::empty_like(state.rz);
  const IterationNumbers numbers{state.rz.data_ptr<double>(), alpha.data_ptr<double>(),
                                 state.beta.data_ptr<double>(), decrease.data_ptr<double>(),
                                 floor.const_data_ptr<double>()};
  const auto n_points = static_cast<double>(plan.grid.n_voxels());
  step_length(rows, p_ap.size(1), p_ap.data_ptr<double>(), n_points, numbers, current_stream());
  kernels.advance(alpha, direction, image, state.displacement, state.residual);
  const auto rz =
      green_into(state.residual, medium_on_device(medium, image), plan.grid, state.preconditioned);
  direction_factor(rows, rz.size(1), rz.data_ptr<double>(), numbers, current_stream());
  if (state.sum.defined()) {
    kernels.turn(state.beta, state.displacement, state.sum);
    if (state.preconditioned_sum.defined())
      kernels.turn(state.beta, state.preconditioned, state.preconditioned_sum);
    state.weight = state.beta * state.weight + 1.;
  }
  return decrease;
}

}  // namespace seco::surrogate::cuda
