#include "launch.cuh"

namespace seco::surrogate::cuda {
namespace {

template <int dim, typename Number, bool per_voxel>
__global__ void __launch_bounds__(ActionThread<dim, Number>::n_threads, sizeof(Number) == 4 ? 2 : 1)
    action_kernel(const __grid_constant__ ActionArguments<dim, Number> arguments) {
  using Thread = ActionThread<dim, Number, per_voxel>;
  __shared__ typename Thread::Shared shared;
  Thread thread(arguments, blockIdx.x, threadIdx.x);
  for (int step = -1; step <= thread.n_planes(); ++step) {
#pragma unroll
    for (int load = 0; load < Thread::group; ++load) {
      if (load >= thread.n_loads()) continue;
      thread.store(step, load, shared);
      __syncthreads();
      thread.compute(step, load, shared);
      __syncthreads();
      thread.gather(step, load, shared);
    }
  }
  if (!arguments.partial_sums) return;
  constexpr int per_load = per_voxel ? 1 + Thread::m : 1, n = Thread::group * per_load;
  double sums[n];
  double* places[n];
#pragma unroll
  for (int load = 0; load < Thread::group; ++load) {
    const bool there = load < thread.n_loads();
    sums[load * per_load] = there ? thread.energy(load) : 0.;
    places[load * per_load] = there ? thread.partial_sum(load) : nullptr;
#pragma unroll
    for (int k = 0; k + 1 < per_load; ++k) {
      sums[load * per_load + 1 + k] = there ? thread.stress(load, k) : 0.;
      places[load * per_load + 1 + k] = there ? thread.partial_stress(load, k) : nullptr;
    }
  }
  block_sums<n, Thread::n_threads / 32>(sums, places);
}

template <bool per_voxel, int dim, typename Number>
void launch(const char* name, const ActionArguments<dim, Number>& arguments, std::int64_t batch,
            Stream stream) {
  using Thread = ActionThread<dim, Number, per_voxel>;
  const auto blocks = batch * arguments.n_tiles() * arguments.n_segments() * arguments.n_groups();
  action_kernel<dim, Number, per_voxel>
      <<<grid_blocks(blocks), Thread::n_threads, 0, stream>>>(arguments);
  check_launch(name);
}

}  // namespace

template <int dim, typename Number>
void stiffness_action(const ActionArguments<dim, Number>& arguments, std::int64_t batch,
                      Stream stream) {
  launch<false>("stiffness_action", arguments, batch, stream);
}

template <int dim, typename Number>
void tangent_action(const ActionArguments<dim, Number>& arguments, std::int64_t batch,
                    Stream stream) {
  launch<true>("tangent_action", arguments, batch, stream);
}

template void stiffness_action(const ActionArguments<2, float>&, std::int64_t, Stream);
template void stiffness_action(const ActionArguments<3, float>&, std::int64_t, Stream);
template void stiffness_action(const ActionArguments<2, double>&, std::int64_t, Stream);
template void stiffness_action(const ActionArguments<3, double>&, std::int64_t, Stream);
template void tangent_action(const ActionArguments<2, float>&, std::int64_t, Stream);
template void tangent_action(const ActionArguments<3, float>&, std::int64_t, Stream);
template void tangent_action(const ActionArguments<2, double>&, std::int64_t, Stream);
template void tangent_action(const ActionArguments<3, double>&, std::int64_t, Stream);

}  // namespace seco::surrogate::cuda
