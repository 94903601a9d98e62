#include "launch.cuh"
#include "law_answers.h"
#include "laws.h"

namespace seco::surrogate::cuda {
namespace {

enum class Ask { response, gap, accept };

template <Ask ask, int dim, typename Model>
__global__ void __launch_bounds__(law_block_size)
    law_kernel(const __grid_constant__ Lattice<dim, double> grid,
               const __grid_constant__ LawArguments a, const __grid_constant__ LawGroup group) {
  constexpr int n = ask == Ask::response ? n_response_sums(dim) : 1;
  const LawBlock block = group.blocks[blockIdx.x];
  const int thread = static_cast<int>(threadIdx.x);
  double sums[n] = {};
  double* places[n];
  for (int k = 0; k < n; ++k)
    places[k] = a.partial_sums + k * a.n_blocks + group.first_block + blockIdx.x;
  if (a.active[block.rve] && thread < block.count) {
    if constexpr (ask == Ask::response) respond_at<dim, Model>(grid, a, group, block, thread, sums);
    if constexpr (ask == Ask::gap) gap_at<dim, Model>(grid, a, group, block, thread, sums);
    if constexpr (ask == Ask::accept) accept_at<dim, Model>(grid, a, group, block, thread, sums);
  }
  block_sums<n, law_block_size / 32>(sums, places);
}

/// One warp per RVE and number.
__global__ void sum_kernel(const __grid_constant__ LawArguments a, int n) {
  const std::int64_t row = (static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x) / 32;
  if (row >= static_cast<std::int64_t>(a.n_rves) * n) return;
  const std::int64_t b = row / n, k = row % n;
  double sum = 0;
  for (std::int64_t i = a.first_of_rve[b] + threadIdx.x % 32; i < a.first_of_rve[b + 1]; i += 32)
    sum += a.partial_sums[k * a.n_blocks + a.order[i]];
  for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, offset);
  if (threadIdx.x % 32 == 0) a.sums[row] = sum;
}

template <Ask ask, int dim>
void launch_all(const char* name, const std::vector<LawGroup>& groups, const LawArguments& a,
                Stream stream) {
  using namespace materials;
  const Lattice<dim, double> grid(a.shape, a.spacing);
  for (const auto& group : groups) {
    const auto blocks = grid_blocks(group.n_blocks);
    switch (static_cast<ModelKind>(group.kind)) {
#define SECO_LAUNCH(...)                                                                      \
  case __VA_ARGS__::kind:                                                                     \
    law_kernel<ask, dim, __VA_ARGS__><<<blocks, law_block_size, 0, stream>>>(grid, a, group); \
    break;
      SECO_FOR_EACH_MODEL(SECO_LAUNCH)
#undef SECO_LAUNCH
    }
    check_launch(name);
  }
  constexpr int n = ask == Ask::response ? n_response_sums(dim) : 1;
  sum_kernel<<<blocks_for(32 * static_cast<std::int64_t>(a.n_rves) * n), block_threads, 0,
               stream>>>(a, n);
  check_launch(name);
}

template <Ask ask>
void launch(const char* name, const std::vector<LawGroup>& groups, const LawArguments& a,
            Stream stream) {
  if (a.dimension == 2)
    launch_all<ask, 2>(name, groups, a, stream);
  else
    launch_all<ask, 3>(name, groups, a, stream);
}

}  // namespace

bool knows_law(int kind, std::size_t n_bytes) {
  using namespace materials;
  switch (static_cast<ModelKind>(kind)) {
#define SECO_SIZE(...)    \
  case __VA_ARGS__::kind: \
    return n_bytes == sizeof(__VA_ARGS__);
    SECO_FOR_EACH_MODEL(SECO_SIZE)
#undef SECO_SIZE
  }
  return false;
}

void respond_by_laws(const std::vector<LawGroup>& groups, const LawArguments& a, Stream stream) {
  launch<Ask::response>("respond_by_laws", groups, a, stream);
}

void gap_of_laws(const std::vector<LawGroup>& groups, const LawArguments& a, Stream stream) {
  launch<Ask::gap>("gap_of_laws", groups, a, stream);
}

void accept_by_laws(const std::vector<LawGroup>& groups, const LawArguments& a, Stream stream) {
  launch<Ask::accept>("accept_by_laws", groups, a, stream);
}

}  // namespace seco::surrogate::cuda
