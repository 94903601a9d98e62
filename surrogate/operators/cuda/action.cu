#include "launch.cuh"

namespace seco::surrogate::cuda {
namespace {

template <int dim, typename Number>
__global__ void __launch_bounds__(ActionThread<dim, Number>::n_threads, sizeof(Number) == 4 ? 2 : 1)
    action_kernel(const __grid_constant__ ActionArguments<dim, Number> arguments) {
  using Thread = ActionThread<dim, Number>;
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
  double energy[Thread::group];
  double* places[Thread::group];
#pragma unroll
  for (int load = 0; load < Thread::group; ++load) {
    const bool there = load < thread.n_loads();
    energy[load] = there ? thread.energy(load) : 0.;
    places[load] = there ? thread.partial_sum(load) : nullptr;
  }
  block_sums<Thread::group, Thread::n_threads / 32>(energy, places);
}

}  // namespace

template <int dim, typename Number>
void stiffness_action(const ActionArguments<dim, Number>& arguments, std::int64_t batch,
                      Stream stream) {
  using Thread = ActionThread<dim, Number>;
  const auto blocks = batch * arguments.n_tiles() * arguments.n_segments() * arguments.n_groups();
  action_kernel<dim, Number><<<grid_blocks(blocks), Thread::n_threads, 0, stream>>>(arguments);
  check_launch("stiffness_action");
}

template void stiffness_action(const ActionArguments<2, float>&, std::int64_t, Stream);
template void stiffness_action(const ActionArguments<3, float>&, std::int64_t, Stream);
template void stiffness_action(const ActionArguments<2, double>&, std::int64_t, Stream);
template void stiffness_action(const ActionArguments<3, double>&, std::int64_t, Stream);

}  // namespace seco::surrogate::cuda
